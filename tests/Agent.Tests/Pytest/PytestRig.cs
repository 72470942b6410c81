using System.Diagnostics;
using System.Text.Json;
using Orbit.Agent.Pytest;

namespace Orbit.Agent.Tests.Pytest;

/// <summary>A test suite in a directory of its own, run by the real pytest of the distribution with the installed plugin.</summary>
internal sealed class PytestRig : IDisposable
{
    public const string Python = "/usr/bin/python3";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);
    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("orbit-pytest-");

    public PytestRig()
    {
        Suite = Directory.CreateDirectory(Path.Combine(_home.FullName, "suite")).FullName;
        PytestFiles.Install(Plugin);
    }

    public string Suite { get; }

    public string Plugin => Path.Combine(_home.FullName, "plugin");

    public string Events => Path.Combine(_home.FullName, "events.jsonl");

    public string Allure => Path.Combine(_home.FullName, "allure");

    public string? Selection { get; set; }

    public Dictionary<string, string> Environment { get; } = new() { ["PATH"] = "/usr/bin:/bin", ["LANG"] = "C.UTF-8" };

    public PytestRig Has(string file, string content)
    {
        string path = Path.Combine(Suite, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return this;
    }

    public PytestRig Script(string file, string content)
    {
        Has(file, content);
        File.SetUnixFileMode(Path.Combine(Suite, file), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return this;
    }

    public Task<PytestRun> RunAsync(params string[] arguments) =>
        RunCommandAsync(Python, ["-m", "pytest", "-p", "no:cacheprovider", .. arguments]);

    public async Task<PytestRun> RunCommandAsync(string command, params string[] arguments)
    {
        using Process process = Start(command, arguments);
        return await EndAsync(process);
    }

    public Process Start(string command, params string[] arguments)
    {
        ProcessStartInfo start = new(command, arguments)
        {
            WorkingDirectory = Suite,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach ((string name, string value) in Environment.Concat(
            PytestEnvironment.For(Plugin, Events, Allure, Selection, Environment)))
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    public async Task<PytestRun> EndAsync(Process process)
    {
        using CancellationTokenSource limit = new(Limit);
        Task<string> output = process.StandardOutput.ReadToEndAsync(limit.Token);
        Task<string> errors = process.StandardError.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        PytestSession session = new();
        foreach (PytestEvent told in new PytestEvents(Events).ReadRest())
        {
            session.Apply(told);
        }

        return new(session, new PytestEnd(process.ExitCode), await output + await errors);
    }

    /// <summary>Waits until the events say so, then says which process it was.</summary>
    public async Task<int> UntilRunningAsync(string test, Process process)
    {
        PytestEvents events = new(Events);
        PytestSession session = new();
        using CancellationTokenSource limit = new(Limit);
        using CancellationTokenSource exited = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);
        await foreach (PytestEvent told in events.FollowAsync(
            TimeSpan.FromMilliseconds(10), process.WaitForExitAsync(limit.Token), TimeProvider.System, limit.Token))
        {
            session.Apply(told);
            if (session.Find(test)?.Progress is PytestProgress.Running)
            {
                return session.Processes[0].Started!.Pid;
            }
        }

        throw new InvalidOperationException($"{test} never began; {session.Tests.Count} tests are known.");
    }

    public static void Kill(string signal, int pid)
    {
        using Process kill = Process.Start("/bin/kill", ["-s", signal, pid.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }

    /// <summary>Allure results, all of which must be whole JSON.</summary>
    public List<JsonElement> Results() => Read("*-result.json");

    public List<JsonElement> Containers() => Read("*-container.json");

    private List<JsonElement> Read(string pattern) =>
        [.. new DirectoryInfo(Allure).GetFiles(pattern).Select(file =>
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file.FullName));
            return document.RootElement.Clone();
        })];

    public void Dispose() => _home.Delete(recursive: true);
}

/// <summary>What came of a run.</summary>
internal sealed record PytestRun(PytestSession Session, PytestEnd End, string Output)
{
    public PytestCounts Counts => Session.Count(ended: true);

    public PytestVerdict Verdict => PytestVerdict.Of(Session, End);

    public PytestTest Test(string id) => Session.Find(id) ?? throw new KeyNotFoundException(
        $"{id} is not among {string.Join(", ", Session.Tests.Select(test => test.Id).Take(20))}\n{Output}");

    /// <summary>Nothing was lost, nothing was unreadable, and the plugin had no complaint.</summary>
    public PytestRun Clean()
    {
        Assert.Empty(Session.Unreadable);
        Assert.Equal(0, Session.Lost);
        Assert.Empty(Session.PluginErrors);
        return this;
    }
}
