using System.Globalization;

namespace Orbit.Faults.Rig;

/// <summary>One thing that goes wrong.</summary>
/// <param name="Name">In words.</param>
/// <param name="DoAsync">Lets it go wrong, and ends when it is over.</param>
internal sealed record Fault(string Name, Func<Task> DoAsync);

/// <summary>All that goes wrong on a scene; dice decide for how long and how far.</summary>
internal sealed class FaultKinds(Scene scene, Random dice)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(6);
    private const string Syncs = "fsync,fdatasync";
    private const string Renames = "rename,renameat,renameat2";
    private readonly Stage _stage = scene.Stage;

    /// <summary>When the last one was over, before what it had ended was started again (<see cref="TimeProvider.GetTimestamp"/>).</summary>
    public long Over { get; private set; }

    /// <summary>True when the agent's disk was full at some time: runs may have failed of it.</summary>
    public bool AgentDiskWasFull { get; private set; }

    /// <summary>All kinds that there are on this database.</summary>
    public IEnumerable<Fault> All() => [.. OfProcesses(), .. OfLinks(), .. OfMachines(), .. scene.Postgres is null ? [] : OfPostgres()];

    /// <summary>Lets one go wrong.</summary>
    public async Task DoAsync(Fault fault)
    {
        Over = 0;
        await fault.DoAsync();
        Over = Over == 0 ? TimeProvider.System.GetTimestamp() : Over;
    }

    private IEnumerable<Fault> OfProcesses()
    {
        yield return new("kill -9 of the control plane", KillServerAsync);
        yield return new("the control plane dies after a commit, before anybody is told", () => ServerDiesAtAsync("commit.after"));
        yield return new("the control plane dies before a commit", () => ServerDiesAtAsync("commit.before"));
        yield return new("kill -9 of the agent", KillAgentAsync);
        yield return new("the agent dies once an offer is in its journal", () => AgentDiesAtAsync("accept.journaled"));
        yield return new("the agent dies once a test has been started", () => AgentDiesAtAsync("test.spawned"));
        yield return new("the agent dies once a result is in its journal", () => AgentDiesAtAsync("event.journaled"));
        yield return new("the agent dies at an fsync", () => AgentDiesInAsync(Syncs));
        yield return new("the agent dies at a rename", () => AgentDiesInAsync(Renames));
        if (scene.Postgres is null)
        {
            yield return new("the control plane dies at an fsync", ServerDiesInSyncAsync);
        }

        yield return new("the control plane is paused", () => FreezeAsync(_stage.Server));
        yield return new("the agent is paused for longer than its lease", () => FreezeAsync(_stage.Agent));
    }

    private IEnumerable<Fault> OfLinks()
    {
        yield return new("the agent's connections are cut", () => Task.Run(scene.Link.Cut));
        yield return new("nothing reaches the control plane from its agent", () => StallAsync(Stalled.Up));
        yield return new("nothing reaches the agent", () => StallAsync(Stalled.Down));
        yield return new("some bytes of the agent come twice", RepeatAsync);
        yield return new("the agent's cable is pulled out", UnplugAsync);
    }

    private IEnumerable<Fault> OfMachines()
    {
        yield return new("the clock of the control plane jumps", () => JumpAsync(scene.ServerClock));
        yield return new("the clock of the agent jumps", () => JumpAsync(scene.AgentClock));
        yield return new("the agent's disk is full", AgentDiskFullAsync);
        if (scene.ServerHost is not null)
        {
            yield return new("the control plane's disk is full", () => FillAsync(scene.ServerHost, () => _stage.Server));
        }
    }

    private IEnumerable<Fault> OfPostgres()
    {
        yield return new("PostgreSQL is stopped at once and started again", RestartPostgresAsync);
        yield return new("PostgreSQL dies at an fsync", PostgresDiesInSyncAsync);
        yield return new("the disk of PostgreSQL is full", PostgresDiskFullAsync);
        yield return new("the answers to three commits are lost", SwallowAsync);
        yield return new("connections to PostgreSQL are cut", () => Task.Run(scene.Database!.Cut));
    }

    private async Task KillServerAsync()
    {
        _stage.Server.Kill();
        await PauseAsync(0, 1500);
        ItIsOver();
        await _stage.StartServerAsync();
    }

    private async Task ServerDiesAtAsync(string point)
    {
        _stage.Server.Kill();
        await _stage.StartServerAsync($"{point}:{dice.Next(1, 12)}");
        await DeathAsync(_stage.Server);
        await _stage.StartServerAsync();
    }

    private async Task ServerDiesInSyncAsync()
    {
        _stage.Server.Kill();
        _stage.ServerIn.Tracer = KillAt(Syncs, dice.Next(2, 30));
        await _stage.StartServerAsync();
        await DeathAsync(_stage.Server);
        _stage.ServerIn.Tracer = [];
        await _stage.StartServerAsync();
    }

    private async Task KillAgentAsync()
    {
        _stage.Agent.Kill();
        await PauseAsync(0, 1500);
        ItIsOver();
        _stage.StartAgent();
    }

    private async Task AgentDiesAtAsync(string point)
    {
        _stage.Agent.Kill();
        _stage.StartAgent($"{point}:{dice.Next(1, 4)}");
        await DeathAsync(_stage.Agent);
        _stage.StartAgent();
    }

    private async Task AgentDiesInAsync(string calls)
    {
        _stage.Agent.Kill();
        _stage.AgentIn.Tracer = KillAt(calls, dice.Next(1, 10));
        _stage.StartAgent();
        await DeathAsync(_stage.Agent);
        _stage.AgentIn.Tracer = [];
        _stage.StartAgent();
    }

    /// <summary>Waits until it has died of what it was started with; when that does not come, a kill must do.</summary>
    private async Task DeathAsync(ChildProgram program)
    {
        await Task.WhenAny(program.ExitAsync(TimeSpan.FromMinutes(1)), Task.Delay(LongestWait));
        program.Kill();
        ItIsOver();
    }

    private async Task StallAsync(Stalled direction)
    {
        scene.Link.Stalled = direction;
        await PauseAsync(2000, 5000); // about as long as a missing heartbeat is borne
        scene.Link.Stalled = Stalled.None;
    }

    private async Task RepeatAsync()
    {
        scene.Link.Repeat(dice.Next(1, 6));
        await PauseAsync(1000, 2500);
        scene.Link.Repeat(0);
    }

    private async Task UnplugAsync()
    {
        await scene.AgentHost.UnplugAsync();
        await PauseAsync(1000, 8000);
        await scene.AgentHost.PlugAsync();
    }

    private Task JumpAsync(WallClock clock)
    {
        clock.Jump(TimeSpan.FromSeconds(dice.Next(-7200, 7200)));
        return Task.CompletedTask;
    }

    private Task AgentDiskFullAsync()
    {
        AgentDiskWasFull = true;
        return FillAsync(scene.AgentHost, () => _stage.Agent);
    }

    private async Task FillAsync(SmallHost host, Func<ChildProgram> program)
    {
        await host.FillAsync();
        await PauseAsync(1000, 5000);
        await host.FreeAsync();
        Assert.False(program().HasExited, $"It ended of a full disk: {program().Output}");
    }

    private async Task FreezeAsync(ChildProgram program)
    {
        await program.SignalAsync("STOP");
        await PauseAsync(1000, 8000);
        await program.SignalAsync("CONT");
    }

    private async Task RestartPostgresAsync()
    {
        await scene.Postgres!.StopAsync();
        await PauseAsync(200, 2000);
        ItIsOver();
        await scene.Postgres.RestartAsync();
    }

    /// <summary>Whichever of its processes is killed, the others end with it, and it recovers from its journal.</summary>
    private async Task PostgresDiesInSyncAsync()
    {
        IReadOnlyList<string> processes = await scene.Postgres!.ProcessesAsync();
        using (ChildProgram.Start("/usr/bin/strace", ["-f", "-qq", "-o", "/dev/null", .. KillIn(Syncs, dice.Next(1, 6)), .. processes.SelectMany(pid => new[] { "-p", pid })]))
        {
            await Task.Delay(LongestWait);
        }

        ItIsOver();
        await ReviveAsync(scene.Postgres);
    }

    private async Task PostgresDiskFullAsync()
    {
        await scene.PostgresHost!.FillAsync();
        await PauseAsync(2000, 6000);
        await scene.PostgresHost.FreeAsync();
        ItIsOver();
        await ReviveAsync(scene.Postgres!);
    }

    /// <summary>PostgreSQL ends itself when it can write no journal, and gives up when it cannot start again; somebody starts it then.</summary>
    private static Task ReviveAsync(OwnPostgres postgres) => Eventually.HoldsAsync(
        async () =>
        {
            if (!await postgres.LivesAsync())
            {
                await postgres.RestartAsync();
            }

            return await postgres.AnswersAsync();
        },
        TimeSpan.FromMinutes(1));

    private async Task SwallowAsync()
    {
        scene.Database!.SwallowCommits(3);
        await PauseAsync(1000, 2000);
        scene.Database.SwallowCommits(0);
    }

    /// <summary>strace in the background, which ends the program by SIGKILL when one of its threads makes the n-th of these calls.</summary>
    private static string[] KillAt(string calls, int n) =>
        ["/usr/bin/strace", "-D", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", .. KillIn(calls, n)];

    private static string[] KillIn(string calls, int n) => ["-e", $"trace={calls}", "-e", string.Create(CultureInfo.InvariantCulture, $"inject={calls}:signal=KILL:when={n}")];

    private void ItIsOver() => Over = TimeProvider.System.GetTimestamp();

    private Task PauseAsync(int least, int most) => Task.Delay(dice.Next(least, most));
}
