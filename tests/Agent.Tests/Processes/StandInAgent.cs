using Orbit.Agent.Processes;

namespace Orbit.Agent.Tests.Processes;

/// <summary>Starts one command, prints step and identity, and waits for it, until it is killed.</summary>
internal static class StandInAgent
{
    public static async Task RunAsync(string directory, string script)
    {
        ProcessSpec spec = new()
        {
            StepId = Guid.CreateVersion7(),
            FileName = "/bin/sh",
            Arguments = ["-c", script],
            WorkingDirectory = directory,
            Environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" },
            OutputFile = Path.Combine(directory, "output"),
            ExitFile = Path.Combine(directory, "exit"),
        };
        RunningProcess running = StepProcess.Start(spec);
        Console.WriteLine($"{spec.StepId} {running.Identity}");
        await running.WaitAsync(CancellationToken.None);
        await Task.Delay(Timeout.Infinite);
    }
}
