using System.CommandLine;

namespace Orbit.Cli.Commands;

/// <summary>Options that every command takes.</summary>
internal sealed class GlobalOptions
{
    public Option<string> Server { get; } = new("--server")
    {
        Description = "The server's gRPC address, e.g. http://127.0.0.1:8081. Else $ORBIT_SERVER, else where you signed in last.",
        HelpName = "URL",
        Recursive = true,
    };

    public Option<bool> Json { get; } = new("--json")
    {
        Description = "Write JSON: one document, or one line an event when watching.",
        Recursive = true,
    };
}
