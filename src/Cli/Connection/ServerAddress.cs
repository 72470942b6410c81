namespace Orbit.Cli.Connection;

/// <summary>Which server a command talks to: <c>--server</c>, then <c>ORBIT_SERVER</c>, then the last sign-in, then this machine.</summary>
internal static class ServerAddress
{
    /// <summary>Where a control plane listens for gRPC when nothing was configured.</summary>
    public const string Default = "http://127.0.0.1:8081";

    public static Uri Choose(string? option, Shell shell, SessionFile sessions)
    {
        if (!string.IsNullOrEmpty(option))
        {
            return Parse(option, "--server");
        }

        string? variable = shell.Variable("ORBIT_SERVER");
        return !string.IsNullOrEmpty(variable)
            ? Parse(variable, "ORBIT_SERVER")
            : Parse(sessions.Current ?? Default, "the stored session");
    }

    /// <summary>One name a server, however its address was typed.</summary>
    public static string Key(Uri server) => server.GetLeftPart(UriPartial.Authority).ToLowerInvariant();

    private static Uri Parse(string text, string source)
    {
        string full = text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text;
        if (!Uri.TryCreate(full, UriKind.Absolute, out Uri? server)
            || (server.Scheme != Uri.UriSchemeHttp && server.Scheme != Uri.UriSchemeHttps)
            || server.AbsolutePath != "/" || server.Query.Length > 0 || server.UserInfo.Length > 0)
        {
            throw new UsageException($"{source} must be an address like {Default} or https://orbit.example:8081, not '{text}'");
        }

        return server;
    }
}
