using System.Globalization;
using System.Text;

namespace Orbit.Agent.Identity;

/// <summary>
/// <c>connected</c> in the data directory: there while the control plane has welcomed this agent, for the script that installed it and for
/// whoever looks at the host. Nothing depends on it.
/// </summary>
internal sealed class ConnectedFile(string dataDirectory, TimeProvider time)
{
    private string FilePath => Path.Combine(dataDirectory, "connected");

    /// <summary>The session has begun.</summary>
    public void Online(string agent, Uri server) =>
        PrivateFile.Write(FilePath, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{agent} is online at {server} since {time.GetUtcNow():yyyy-MM-dd HH:mm:ss} UTC\n")));

    /// <summary>The session has ended, or none has begun yet.</summary>
    public void Offline() => File.Delete(FilePath);
}
