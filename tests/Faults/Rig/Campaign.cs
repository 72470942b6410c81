using System.Globalization;
using System.Text.Json.Nodes;

namespace Orbit.Faults.Rig;

/// <summary>Real programs under load, faults in an order that a seed decides, and at the end a comparison of what was told with what is.</summary>
internal sealed class Campaign : IAsyncDisposable
{
    private const int MostSaid = 10_000;

    /// <summary>For all that was under way when the last fault was over.</summary>
    private static readonly TimeSpan Healing = TimeSpan.FromSeconds(150);

    /// <summary>For asking after everything again: a thousand runs in half an hour.</summary>
    private static readonly TimeSpan Comparing = TimeSpan.FromMinutes(10);

    private readonly List<string> _story = [];
    private readonly Random _dice;
    private readonly Scene _scene;
    private readonly Stage _stage;
    private readonly FaultKinds _faults;
    private readonly EffectSuite _effects;
    private readonly PatientCaller _caller;
    private readonly long _item;

    private Campaign(int seed, Scene scene, EffectSuite effects, long item)
    {
        (_dice, _scene, _stage, _effects, _item) = (new(seed), scene, scene.Stage, effects, item);
        (_faults, _caller) = (new(scene, _dice), new(_stage.Address, _stage.User.Token));
    }

    /// <summary>What was done, one line each.</summary>
    public string Story => string.Join('\n', _story);

    /// <summary>The end of the control plane's log, for a failure.</summary>
    public string ServerSaid => _stage.Server.Output is { Length: > MostSaid } all ? all[^MostSaid..] : _stage.Server.Output;

    public static async Task<Campaign> StartAsync(string provider, int seed)
    {
        Scene scene = await Scene.StartAsync(provider);
        EffectSuite effects = new(scene.Stage.Suites);
        effects.LetGo();
        return new(seed, scene, effects, await scene.Stage.ItemAsync("effects", effects.Parameters));
    }

    /// <summary>Faults for so long, then peace, then the comparison.</summary>
    public async Task RunAsync(TimeSpan length)
    {
        using var load = new CancellationTokenSource();
        Task work = Task.WhenAll(TriggerAsync(load.Token), AnnounceAsync(load.Token));
        Fault[] faults = [.. _faults.All()];
        await OneMoreAsync();
        long started = TimeProvider.System.GetTimestamp();
        for (int number = 0; TimeProvider.System.GetElapsedTime(started) < length; number++)
        {
            if (number % faults.Length == 0)
            {
                _dice.Shuffle(faults); // each once before one comes again
            }

            Fault fault = faults[number % faults.Length];
            Tell(started, fault.Name);
            await _faults.DoAsync(fault);
            await Task.Delay(_dice.Next(200, 1500));
            await OneMoreAsync(); // what comes next meets work again
        }

        await load.CancelAsync();
        await _scene.HealAsync();
        await work;
        await CompareAsync();
    }

    /// <summary>Each fault so many times, one after the other, each time until a run that was triggered afterwards has passed.</summary>
    public async Task MeasureAsync(int times)
    {
        string only = Environment.GetEnvironmentVariable("ORBIT_FAULTS_ONLY") ?? "";
        Fault[] faults = [new("nothing", () => Task.CompletedTask), .. _faults.All().Where(fault => fault.Name.Contains(only, StringComparison.Ordinal))];
        foreach (Fault fault in faults)
        {
            List<(double Acknowledged, double Passed)> took = [];
            for (int turn = 0; turn < times; turn++)
            {
                await _caller.TriggerAsync(_item, $"{fault.Name}, before {turn}", CancellationToken.None); // it meets work, and no queue
                await _faults.DoAsync(fault);
                took.Add(await WholeAgainAsync($"{fault.Name}, after {turn}"));
            }

            Tell(string.Create(CultureInfo.InvariantCulture, $"{fault.Name}: acknowledges after {Median(took.Select(t => t.Acknowledged)):f1} s, a run has passed after {Median(took.Select(t => t.Passed)):f1} s (longest {took.Max(t => t.Passed):f1})"));
        }

        await _scene.HealAsync();
        await CompareAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _caller.Dispose();
        await _scene.DisposeAsync();
    }

    /// <summary>Seconds since the fault was over until a trigger was acknowledged, and until its run has passed.</summary>
    private async Task<(double Acknowledged, double Passed)> WholeAgainAsync(string key)
    {
        while (true)
        {
            await _caller.TriggerAsync(_item, key, CancellationToken.None);
            double acknowledged = TimeProvider.System.GetElapsedTime(_faults.Over).TotalSeconds;
            if ((string)(await EndOfAsync(_caller.Runs[key], Healing))["verdict"]! == "PASSED")
            {
                return (acknowledged, TimeProvider.System.GetElapsedTime(_faults.Over).TotalSeconds);
            }

            key += " again";
        }
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    private void Tell(long started, string what) => Tell(string.Create(CultureInfo.InvariantCulture, $"{TimeProvider.System.GetElapsedTime(started).TotalSeconds:f1} s: {what}"));

    private void Tell(string line)
    {
        _story.Add(line);
        if (Environment.GetEnvironmentVariable("ORBIT_FAULTS_STORY") is { Length: > 0 } file)
        {
            File.AppendAllText(file, $"{_scene.Provider}: {line}\n");
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

    private async Task CompareAsync()
    {
        Assert.Empty(_caller.Refusals);
        long healing = TimeProvider.System.GetTimestamp();
        Dictionary<long, JsonNode> ends = [];
        foreach (long id in _caller.Runs.Values)
        {
            ends[id] = await EndOfAsync(id, Healing - TimeProvider.System.GetElapsedTime(healing));
        }

        using var limit = new CancellationTokenSource(Comparing);
        var verdicts = new Dictionary<string, int>();
        foreach ((string key, long id) in _caller.Runs)
        {
            JsonNode run = ends[id];
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
        Tell($"{_caller.Runs.Count} runs: {string.Join(", ", verdicts.Select(v => $"{v.Value} {v.Key}"))}; {_caller.Builds.Count} builds; {_scene.Database?.Swallowed ?? 0} commits unanswered, {_scene.Link.Repeated} pieces twice");
        await _caller.TriggerAsync(_item, "peace", limit.Token);
        Assert.Equal("PASSED", (string)(await EndOfAsync(_caller.Runs["peace"], Healing))["verdict"]!);
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
            bool ofDisk = _faults.AgentDiskWasFull && verdict is "INFRASTRUCTURE_ERROR" or "TESTS_FAILED" or "NO_TESTS"; // a command that cannot write fails as it may
            Assert.True(verdict is "UNKNOWN" or "INTERRUPTED" || ofDisk, $"Run {id}: {run.ToJsonString()}");
        }

        RunEvents.AssertWhole(await _stage.EventsAsync(id));
    }

    /// <summary>A run that has ended; one that does not within the limit is told as it stands.</summary>
    private async Task<JsonNode> EndOfAsync(long id, TimeSpan limit)
    {
        JsonNode? run = null;
        using var over = new CancellationTokenSource(limit > TimeSpan.Zero ? limit : TimeSpan.FromSeconds(1));
        try
        {
            while (true)
            {
                run = await _caller.ReadAsync($"/api/v1/deploy-test-runs/{id}", over.Token);
                if ((string)run["status"]! is "COMPLETED" or "FAILED" or "CANCELLED")
                {
                    return run;
                }

                await Task.Delay(20, over.Token);
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            throw new TimeoutException($"Run {id} has not ended within {limit}: {run?.ToJsonString() ?? "it could not be read"}");
        }
    }

    private async Task AssertSoundAsync()
    {
        JsonNode found = await _stage.Admin.GetAsync("/api/v1/doctor");
        // Nothing builds reports here, and a clock that jumped by two hours makes those that wait old.
        JsonNode?[] wrong = [.. found["checks"]!.AsArray().Where(check => check!["objects"]!.AsArray().Count > 0 && (string)check["name"]! != "REPORT_WAITS_LONG")];
        Assert.True(wrong.Length == 0, string.Join('\n', wrong.Select(check => check!.ToJsonString())));
    }

    /// <summary>Waits until a further trigger was acknowledged.</summary>
    private Task OneMoreAsync()
    {
        int before = _caller.Runs.Count;
        return Eventually.HoldsAsync(
            () =>
            {
                Assert.Empty(_caller.Refusals);
                return _caller.Runs.Count > before;
            },
            TimeSpan.FromSeconds(90));
    }

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
