using Orbit.Agent.Processes;

namespace Orbit.Agent.Tests.Processes;

/// <summary>A directory with one step's files, and short ways to start commands in it. Kills whatever a test leaves behind.</summary>
internal sealed class StepRoom : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(30));
    private readonly List<RunningProcess> _started = [];
    private int _steps;

    public Guid StepId { get; private set; } = Guid.CreateVersion7();

    /// <summary>Ends every wait of a test.</summary>
    public CancellationToken Limit => _limit.Token;

    public string Directory => _directory.Root;

    public string OutputFile => _directory["output"];

    public string ExitFile { get; private set; } = "";

    public string Output => File.ReadAllText(OutputFile);

    public ProcessSpec Spec(string file, params string[] arguments)
    {
        StepId = Guid.CreateVersion7();
        ExitFile = _directory[$"exit-{++_steps}"];
        return new ProcessSpec
        {
            StepId = StepId,
            FileName = file,
            Arguments = arguments,
            WorkingDirectory = Directory,
            Environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" },
            OutputFile = OutputFile,
            ExitFile = ExitFile,
        };
    }

    public RunningProcess Start(string file, params string[] arguments)
    {
        RunningProcess running = StepProcess.Start(Spec(file, arguments));
        _started.Add(running);
        return running;
    }

    public RunningProcess Shell(string script) => Start("/bin/sh", "-c", script);

    /// <summary>Writes an executable file.</summary>
    public string Script(string text)
    {
        string path = _directory[$"script-{++_steps}"];
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
        return path;
    }

    /// <summary>Waits until the output holds the text.</summary>
    public Task PrintedAsync(string text) => UntilAsync(() => File.Exists(OutputFile) && Output.Contains(text, StringComparison.Ordinal), () => $"'{text}' in: {Output}");

    public async Task UntilAsync(Func<bool> condition, Func<string> what)
    {
        while (!condition())
        {
            try
            {
                await Task.Delay(5, Limit);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"gave up waiting for {what()}");
            }
        }
    }

    public void Dispose()
    {
        foreach (RunningProcess running in _started)
        {
            foreach (ProcessStatus left in new ProcessTree(running.Identity, running.StepId).Members())
            {
                ProcessTree.Signal(left, Native.SigKill);
            }
        }

        _limit.Dispose();
        _directory.Dispose();
    }
}
