using System.Globalization;
using System.Text.Json.Nodes;

namespace Orbit.Faults.Rig;

/// <summary>Real programs under load, faults in an order that a seed decides, and at the end a comparison of what was told with what is.</summary>
internal sealed class Campaign : IAsyncDisposable
{
    private static readonly TimeSpan Healing = TimeSpan.FromSeconds(150);
    private readonly List<string> _story = [];
    private readonly Random _dice;
    private readonly Stage _stage;
    private readonly TcpProxy _link;
    private readonly TcpProxy? _database;
    private readonly OwnPostgres? _postgres;
    private readonly EffectSuite _effects;
    private readonly PatientCaller _caller;
    private readonly long _item;

    private Campaign(int seed, Stage stage, TcpProxy link, TcpProxy? database, OwnPostgres? postgres, EffectSuite effects, PatientCaller caller, long item)
    {
        (_dice, _stage, _link, _database) = (new(seed), stage, link, database);
        (_postgres, _effects, _caller, _item) = (postgres, effects, caller, item);
    }

    /// <summary>What was done, one line each.</summary>
    public string Story => string.Join('\n', _story);

    public static async Task<Campaign> StartAsync(string provider, int seed)
    {
        OwnPostgres? postgres = provider == Databases.Postgres ? await OwnPostgres.StartAsync(FreePort.Next()) : null;
        TcpProxy? database = postgres is null ? null : new TcpProxy(postgres.Port);
        TcpProxy? link = null;
        Stage stage = await Stage.StartAsync(
            provider,
            database: postgres is null ? null : TestDatabase.On($"Host=127.0.0.1;Port={database!.Port};Username=postgres;Database=postgres;Timeout=5;Command Timeout=10"),
            dial: grpc => (link = new TcpProxy(grpc)).Port);
        EffectSuite effects = new(stage.Suites);
        effects.LetGo();
        long item = await stage.ItemAsync("effects", effects.Parameters);
        return new(seed, stage, link!, database, postgres, effects, new PatientCaller(stage.Address, stage.User.Token), item);
    }

    /// <summary>Faults for so long, then peace, then the comparison.</summary>
    public async Task RunAsync(TimeSpan length)
    {
        using var load = new CancellationTokenSource();
        Task work = Task.WhenAll(TriggerAsync(load.Token), AnnounceAsync(load.Token));
        (string Name, Func<Task> Do)[] faults = [.. Faults()];
        await OneMoreAsync();
        long started = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(started) < length)
        {
            (string name, Func<Task> fault) = faults[_dice.Next(faults.Length)];
            _story.Add(string.Create(CultureInfo.InvariantCulture, $"{TimeProvider.System.GetElapsedTime(started).TotalSeconds:f1} s: {name}"));
            await fault();
            await PauseAsync(200, 1500);
            await OneMoreAsync(); // what comes next meets work again
        }

        await load.CancelAsync();
        await HealAsync();
        await work;
        await CompareAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _caller.Dispose();
        await _link.DisposeAsync();
        await _stage.DisposeAsync();
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }

        if (_postgres is not null)
        {
            await _postgres.DisposeAsync();
        }
    }

    private IEnumerable<(string, Func<Task>)> Faults()
    {
        yield return ("kill -9 of the control plane", KillServerAsync);
        yield return ("the control plane dies after a commit, before anybody is told", () => ServerDiesAtAsync("commit.after"));
        yield return ("the control plane dies before a commit", () => ServerDiesAtAsync("commit.before"));
        yield return ("kill -9 of the agent", KillAgentAsync);
        yield return ("the agent dies once an offer is in its journal", () => AgentDiesAtAsync("accept.journaled"));
        yield return ("the agent dies once a test has been started", () => AgentDiesAtAsync("test.spawned"));
        yield return ("the agent dies once a result is in its journal", () => AgentDiesAtAsync("event.journaled"));
        yield return ("the agent's connections are cut", CutLinkAsync);
        yield return ("nothing reaches the control plane from its agent", () => StallAsync(Stalled.Up));
        yield return ("nothing reaches the agent", () => StallAsync(Stalled.Down));
        yield return ("the control plane is paused", () => FreezeAsync(_stage.Server));
        yield return ("the agent is paused for longer than its lease", () => FreezeAsync(_stage.Agent));
        if (_database is not null)
        {
            yield return ("PostgreSQL is stopped at once and started again", RestartPostgresAsync);
            yield return ("the answers of three commits are lost", SwallowAsync);
            yield return ("connections to PostgreSQL are cut", () => Task.Run(_database.Cut));
        }
    }

    private async Task TriggerAsync(CancellationToken ct)
    {
        for (int number = 1; !ct.IsCancellationRequested; number++)
        {
            await _caller.TriggerAsync(_item, $"key-{number}", ct);
            if (number % 3 == 0)
            {
                await _caller.TriggerAsync(_item, $"key-{number}", ct); // as a sender does that did not hear the answer
            }

            await WaitAsync(TimeSpan.FromSeconds(1.2), ct);
        }
    }

    private async Task AnnounceAsync(CancellationToken ct)
    {
        for (int number = 1; !ct.IsCancellationRequested; number++)
        {
            string build = number.ToString(CultureInfo.InvariantCulture);
            await Task.WhenAll(_caller.AnnounceAsync(build, ct), _caller.AnnounceAsync(build, ct));
            await WaitAsync(TimeSpan.FromSeconds(0.3), ct);
        }
    }

    private async Task KillServerAsync()
    {
        _stage.Server.Kill();
        await PauseAsync(0, 1500);
        await _stage.StartServerAsync();
    }

    private async Task ServerDiesAtAsync(string point)
    {
        _stage.Server.Kill();
        await _stage.StartServerAsync($"{point}:{_dice.Next(1, 12)}");
        await Task.WhenAny(_stage.Server.ExitAsync(TimeSpan.FromMinutes(1)), Task.Delay(TimeSpan.FromSeconds(6)));
        _stage.Server.Kill();
        await _stage.StartServerAsync();
    }

    private async Task KillAgentAsync()
    {
        _stage.Agent.Kill();
        await PauseAsync(0, 1500);
        _stage.StartAgent();
    }

    private async Task AgentDiesAtAsync(string point)
    {
        _stage.Agent.Kill();
        _stage.StartAgent($"{point}:{_dice.Next(1, 4)}");
        await Task.WhenAny(_stage.Agent.ExitAsync(TimeSpan.FromMinutes(1)), Task.Delay(TimeSpan.FromSeconds(6)));
        _stage.Agent.Kill();
        _stage.StartAgent();
    }

    private Task CutLinkAsync()
    {
        _link.Cut();
        return Task.CompletedTask;
    }

    private async Task StallAsync(Stalled direction)
    {
        _link.Stalled = direction;
        await PauseAsync(2000, 5000); // about as long as a missing heartbeat is borne
        _link.Stalled = Stalled.None;
    }

    private async Task FreezeAsync(ChildProgram program)
    {
        await program.SignalAsync("STOP");
        await PauseAsync(1000, 8000);
        await program.SignalAsync("CONT");
    }

    private async Task RestartPostgresAsync()
    {
        await _postgres!.StopAsync();
        await PauseAsync(200, 2000);
        await _postgres.RestartAsync();
    }

    private async Task SwallowAsync()
    {
        _database!.SwallowCommits(3);
        await PauseAsync(1000, 2000);
        _database.SwallowCommits(0);
    }

    private async Task HealAsync()
    {
        (_link.Stalled, _link.Refuses) = (Stalled.None, false);
        if (_stage.Agent.HasExited)
        {
            _stage.StartAgent();
        }

        if (_stage.Server.HasExited)
        {
            await _stage.StartServerAsync();
        }

        await _stage.OnlineAsync();
    }

    private async Task CompareAsync()
    {
        Assert.Empty(_caller.Refusals);
        using var limit = new CancellationTokenSource(Healing);
        var verdicts = new Dictionary<string, int>();
        foreach ((string key, long id) in _caller.Runs)
        {
            JsonNode run = await EndOfAsync(id, limit.Token);
            string verdict = (string)run["verdict"]!;
            verdicts[verdict] = verdicts.GetValueOrDefault(verdict) + 1;
            await CompareAsync(id, verdict, run);
            await _caller.TriggerAsync(_item, key, limit.Token); // the key still means the same run
        }

        foreach (string number in _caller.Builds.Keys)
        {
            await _caller.AnnounceAsync(number, limit.Token);
        }

        JsonNode builds = await _caller.ReadAsync("/api/v1/builds?page_size=200", limit.Token);
        string[] twice = [.. builds["builds"]!.AsArray().GroupBy(b => (string)b!["build_number"]!).Where(g => g.Count() > 1).Select(g => g.Key)];
        Assert.Empty(twice);
        await AssertSoundAsync();
        _story.Add($"{_caller.Runs.Count} runs: {string.Join(", ", verdicts.Select(v => $"{v.Value} {v.Key}"))}; {_caller.Builds.Count} builds; {_database?.Swallowed ?? 0} commits unanswered");
        await _caller.TriggerAsync(_item, "peace", limit.Token);
        Assert.Equal("PASSED", (string)(await EndOfAsync(_caller.Runs["peace"], limit.Token))["verdict"]!);
    }

    /// <summary>What a run tells against what its command wrote down.</summary>
    private async Task CompareAsync(long id, string verdict, JsonNode run)
    {
        int begun = _effects.Begun.Count(one => one == id);
        Assert.True(begun <= 1, $"Run {id} was begun {begun} times: {run.ToJsonString()}");
        if (verdict == "PASSED")
        {
            Assert.True(begun == 1, $"Run {id} passed and was never begun.");
            string log = await _stage.User.TextAsync($"/api/v1/deploy-test-runs/{id}/logs?step=test");
            Assert.Equal(1, log.Split('\n').Count(line => line == $"effect of {id}"));
        }
        else
        {
            Assert.True(verdict is "UNKNOWN" or "INTERRUPTED", $"Run {id}: {run.ToJsonString()}");
        }

        RunEvents.AssertWhole(await _stage.EventsAsync(id));
    }

    private Task<JsonNode> EndOfAsync(long id, CancellationToken ct) => Eventually.ReadAsync(
        () => _caller.ReadAsync($"/api/v1/deploy-test-runs/{id}", ct), state => (string)state["status"]! is "COMPLETED" or "FAILED" or "CANCELLED", Healing);

    private async Task AssertSoundAsync()
    {
        JsonNode found = await _stage.Admin.GetAsync("/api/v1/doctor");
        JsonNode?[] wrong = [.. found["checks"]!.AsArray().Where(check => check!["objects"]!.AsArray().Count > 0)];
        Assert.True(wrong.Length == 0, string.Join('\n', wrong.Select(check => check!.ToJsonString())));
    }

    /// <summary>Waits until a further trigger was acknowledged.</summary>
    private Task OneMoreAsync()
    {
        int before = _caller.Runs.Count;
        return Eventually.HoldsAsync(() => _caller.Runs.Count > before, TimeSpan.FromSeconds(90));
    }

    private Task PauseAsync(int least, int most) => Task.Delay(_dice.Next(least, most));

    private static async Task WaitAsync(TimeSpan time, CancellationToken ct)
    {
        try
        {
            await Task.Delay(time, ct);
        }
        catch (OperationCanceledException)
        {
            // enough
        }
    }
}
