namespace Orbit.Agent.Tests;

/// <summary>
/// The test assembly is also the program that tests start in order to kill it: <c>dotnet Orbit.Agent.Tests.dll NAME ARGUMENT…</c>.
/// </summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        switch (args)
        {
            case ["journal-loop", string directory]:
                await Journal.JournalLoop.RunAsync(directory);
                return 0;
            case ["start-and-wait", string directory, string script]:
                await Processes.StandInAgent.RunAsync(directory, script);
                return 0;
            default:
                await Console.Error.WriteLineAsync($"no part named {string.Join(' ', args)}");
                return 2;
        }
    }
}
