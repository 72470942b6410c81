using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Orbit.Agent.Identity;

/// <summary>
/// <c>connected</c> in the data directory: there while the control plane has welcomed this agent, for the script that installed it and for
/// whoever looks at the host. The agent does not depend on it: on a full disk it works on without.
/// </summary>
internal sealed class ConnectedFile(string dataDirectory, TimeProvider time, ILogger<ConnectedFile> logger)
{
    private string FilePath => Path.Combine(dataDirectory, "connected");

    /// <summary>The session has begun.</summary>
    public void Online(string agent, Uri server)
    {
        string text = string.Create(CultureInfo.InvariantCulture, $"{agent} is online at {server} since {time.GetUtcNow():yyyy-MM-dd HH:mm:ss} UTC\n");
        try
        {
            PrivateFile.Write(FilePath, Encoding.UTF8.GetBytes(text));
        }
        catch (IOException full)
        {
            logger.ConnectedNotTold(FilePath, full.Message);
        }
    }

    /// <summary>The session has ended, or none has begun yet.</summary>
    public void Offline() => File.Delete(FilePath);
}
