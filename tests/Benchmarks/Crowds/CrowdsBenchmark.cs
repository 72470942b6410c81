using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Orbit.Benchmarks.Rig;
using Orbit.Contracts.V1;

namespace Orbit.Benchmarks.Crowds;

/// <summary>How large crowds are.</summary>
/// <param name="Idle">Connected and without work.</param>
/// <param name="Returning">Connected when the control plane is killed.</param>
/// <param name="Working">With a run of theirs, of those that return.</param>
internal sealed record CrowdSize(int Idle, int Returning, int Working);

/// <summary>
/// Many agents, each on a connection of its own with the real protocol: connected and idle; at work; and coming back at once after a kill -9 of
/// the control plane. Meanwhile somebody reads pages of runs and agents.
/// </summary>
internal static class CrowdsBenchmark
{
    private const int First = 20; // connected before the first look, so that code and caches are not counted
    private const int AtATime = 32;
    private const double MostKilobytes = 60;
    private const double MostReadMilliseconds = 100;
    private const double MostSecondsBack = 30;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    /// <summary>On PostgreSQL.</summary>
    public static async Task<IReadOnlyList<Figure>> RunAsync(Scale scale, Scratch scratch)
    {
        OrbitSystem orbit = await OrbitSystem.StartAsync(scratch, postgres: true);
        AgentIdentity[] identities = await IdleAgents.EnrolAsync(
            orbit, [.. Enumerable.Range(1, First + scale.Crowd.Idle).Select(id => new AgentIdentity(id, ECDsa.Create(ECCurve.NamedCurves.nistP256)))]);
        List<CrowdAgent> agents = [.. identities.Select(identity => new CrowdAgent(orbit.Address, identity))];
        try
        {
            List<Figure> figures = [.. await IdleAsync(scale, orbit, agents)];
            await LeaveAsync(agents, scale.Crowd.Returning);
            figures.AddRange(await WorkAsync(scale, orbit, agents));
            figures.AddRange(await ReturnAsync(scale, orbit, agents));
            figures.AddRange(await EndAsync(scale, orbit, agents));
            return figures;
        }
        finally
        {
            await LeaveAsync(agents, 0);
        }
    }

    private static async Task<Figure[]> IdleAsync(Scale scale, OrbitSystem orbit, List<CrowdAgent> agents)
    {
        await StartAsync(agents[..First]);
        await Task.Delay(scale.Settle);
        long before = orbit.Server.Memory().Resident;
        long clock = Stopwatch.GetTimestamp();
        await StartAsync(agents[First..]);
        double connected = Stopwatch.GetElapsedTime(clock).TotalSeconds;
        await Task.Delay(scale.Settle / 2);
        TimeSpan processor = orbit.Server.ProcessorTime();
        await Task.Delay(scale.Settle);
        double percent = 100 * (orbit.Server.ProcessorTime() - processor) / scale.Settle;
        double kilobytes = (orbit.Server.Memory().Resident - before) / 1e3 / scale.Crowd.Idle;
        Samples reads = await ReadAsync(orbit, scale);
        Require(agents.Count(a => a.Connected) == agents.Count, $"only {agents.Count(a => a.Connected)} of {agents.Count} agents are connected");
        string crowd = Number(scale.Crowd.Idle);
        return
        [
            new($"{crowd} idle agents: server memory of each", kilobytes, "kB") { Limit = MostKilobytes },
            new("  all connected after", connected, "s"),
            new("  processor of the server meanwhile idle", percent, "% of one"),
            new("  reads, p99", reads.Percentile(99), "ms") { Limit = MostReadMilliseconds },
        ];
    }

    private static async Task<Figure[]> WorkAsync(Scale scale, OrbitSystem orbit, List<CrowdAgent> agents)
    {
        long item = await orbit.CreateCommandItemAsync("crowd", "true");
        var runs = new RunService.RunServiceClient(orbit.Calls);
        long clock = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, scale.Crowd.Working),
            new ParallelOptions { MaxDegreeOfParallelism = AtATime },
            async (_, ct) => await runs.TriggerDeployTestAsync(new TriggerDeployTestRequest { TestItemId = item }, cancellationToken: ct));
        await UntilAsync(() => agents.Count(a => a.Work is { Confirmed: true }) == scale.Crowd.Working, () => $"{agents.Count(a => a.Work is { Confirmed: true })} runs are confirmed");
        double begun = Stopwatch.GetElapsedTime(clock).TotalSeconds;
        await using var pulse = new Pulse(agents);
        Samples reads = await ReadAsync(orbit, scale);
        return
        [
            new($"{Number(scale.Crowd.Working)} runs, from the first trigger until all are confirmed", begun, "s"),
            new("  reads while each tells an event a second, p99", reads.Percentile(99), "ms") { Limit = MostReadMilliseconds },
        ];
    }

    private static async Task<Figure[]> ReturnAsync(Scale scale, OrbitSystem orbit, List<CrowdAgent> agents)
    {
        await using var pulse = new Pulse(agents);
        int attempts = agents.Sum(a => a.Attempts);
        await orbit.Server.KillAsync();
        await UntilAsync(() => agents.All(a => !a.Connected), () => "agents do not notice");
        long clock = Stopwatch.GetTimestamp();
        orbit.Restart();
        double listening = 0;
        await using var probe = new ReadProbe(orbit.Calls);
        await UntilAsync(
            () =>
            {
                listening = listening == 0 && probe.Milliseconds.Count > 0 ? Stopwatch.GetElapsedTime(clock).TotalSeconds : listening;
                return agents.All(a => a.Connected);
            },
            () => $"{agents.Count(a => a.Connected)} of {agents.Count} agents are back");
        double back = Stopwatch.GetElapsedTime(clock).TotalSeconds;
        long[] told = [.. agents.Select(a => a.Work?.Known ?? 0)];
        await UntilAsync(() => agents.Zip(told).All(a => a.First.Work is null || a.First.Work.Acked >= a.Second), () => "what was told in the meantime is not stored");
        double whole = Stopwatch.GetElapsedTime(clock).TotalSeconds;
        Samples reads = probe.Milliseconds;
        return
        [
            new($"{Number(scale.Crowd.Returning)} agents after a kill -9: first read answered after", listening, "s"),
            new("  all agents are back after", back, "s") { Limit = MostSecondsBack },
            new("  all that happened meanwhile is stored after", whole, "s"),
            new("  attempts of an agent", (agents.Sum(a => a.Attempts) - attempts) / (double)agents.Count, ""),
            new("  reads meanwhile, p99", reads.Percentile(99), "ms") { Limit = MostReadMilliseconds },
            new("  the longest", reads.Percentile(100), "ms"),
        ];
    }

    /// <summary>Every run ends as its agent told it, and no agent was told to stop.</summary>
    private static async Task<Figure[]> EndAsync(Scale scale, OrbitSystem orbit, List<CrowdAgent> agents)
    {
        await Task.WhenAll(agents.Select(a => a.TickAsync(last: true)));
        await UntilAsync(() => agents.All(a => a.Work is null or { Forgotten: true }), () => $"{agents.Count(a => a.Work is { Forgotten: false })} runs have not ended");
        Require(agents.Find(a => a.Problem is not null) is not { } wrong, $"{agents.Find(a => a.Problem is not null)?.Problem}");
        var runs = new RunService.RunServiceClient(orbit.Calls);
        var request = new ListRunsRequest { PageSize = 1000 };
        request.Verdict.Add(Verdict.Passed);
        await UntilAsync(async () => (await runs.ListRunsAsync(request)).Runs.Count == scale.Crowd.Working, () => "not every run has passed");
        return [new("  of their runs have passed", scale.Crowd.Working, "runs")];
    }

    private static async Task<Samples> ReadAsync(OrbitSystem orbit, Scale scale)
    {
        await using var probe = new ReadProbe(orbit.Calls);
        await Task.Delay(scale.Settle);
        return probe.Milliseconds;
    }

    private static async Task StartAsync(List<CrowdAgent> agents)
    {
        foreach (CrowdAgent[] group in agents.Chunk(AtATime))
        {
            await Task.WhenAll(group.Select(agent => agent.StartAsync()));
        }
    }

    private static async Task LeaveAsync(List<CrowdAgent> agents, int stay)
    {
        CrowdAgent[] gone = [.. agents.Skip(stay)];
        agents.RemoveRange(Math.Min(stay, agents.Count), gone.Length);
        await Task.WhenAll(gone.Select(agent => agent.DisposeAsync().AsTask()));
    }

    private static Task UntilAsync(Func<bool> done, Func<string> state) => UntilAsync(() => Task.FromResult(done()), state);

    private static async Task UntilAsync(Func<Task<bool>> done, Func<string> state)
    {
        long clock = Stopwatch.GetTimestamp();
        while (!await done())
        {
            Require(Stopwatch.GetElapsedTime(clock) < Longest, $"{state()} after {Longest}");
            await Task.Delay(20);
        }
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"Crowds: {otherwise}.");
        }
    }

    private static string Number(int count) => count.ToString("#,##0", CultureInfo.InvariantCulture);

    /// <summary>Lets something happen in each work once a second.</summary>
    private sealed class Pulse : IAsyncDisposable
    {
        private readonly CancellationTokenSource _enough = new();
        private readonly Task _beating;

        public Pulse(List<CrowdAgent> agents) => _beating = BeatAsync(agents);

        public async ValueTask DisposeAsync()
        {
            await _enough.CancelAsync();
            await _beating;
            _enough.Dispose();
        }

        private async Task BeatAsync(List<CrowdAgent> agents)
        {
            using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
            try
            {
                while (await timer.WaitForNextTickAsync(_enough.Token))
                {
                    await Task.WhenAll(agents.Select(agent => agent.TickAsync(last: false)));
                }
            }
            catch (OperationCanceledException)
            {
                // enough
            }
        }
    }
}
