using Orbit.Benchmarks.Crowds;
using Orbit.Benchmarks.Rig;

namespace Orbit.Benchmarks;

/// <summary>
/// Runs the named benchmarks, all without a name, and prints each figure beside its ceiling and its limit. Exit code 1 when a limit was
/// missed, 2 for wrong usage; with <c>--quick</c> small samples and no limits. <c>--page-tests=N</c> and <c>--page-seconds=N</c> set the size of the
/// busy run page.
/// </summary>
internal static class BenchmarkProgram
{
    private const string QuickOption = "--quick";
    private const string PageTestsOption = "--page-tests=";
    private const string PageSecondsOption = "--page-seconds=";
    private const string PageLong = "page-long"; // takes a quarter of an hour: only when it is named

    private static readonly (string Name, Func<Scale, Scratch, Task<IReadOnlyList<Figure>>> Run)[] All =
    [
        ("trigger", TriggerLatency.RunAsync),
        ("noop", NoopThroughput.RunAsync),
        ("logs", LogThroughput.RunAsync),
        ("idle-agent", IdleAgentProcess.RunAsync),
        ("agents", IdleAgents.RunAsync),
        ("crowds", CrowdsBenchmark.RunAsync),
        ("intake", BuildIntake.RunAsync),
        ("history", HistoryPages.RunAsync),
        ("api", ApiFlow.RunAsync),
        ("page-load", PageFigures.RunLoadAsync),
        ("page-live", PageFigures.RunLiveAsync),
        ("page-busy", PageFigures.RunBusyAsync),
        (PageLong, PageFigures.RunLongAsync),
    ];

    /// <summary>The program.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        if (args is [BareStreamServer.Verb, var port])
        {
            await BareStreamServer.RunAsync(int.Parse(port, System.Globalization.CultureInfo.InvariantCulture));
            return 0;
        }

        bool quick = args.Contains(QuickOption);
        Scale scale = quick ? Scale.Quick : Scale.Full;
        if (NumberOf(PageTestsOption, args) is { } tests)
        {
            scale = scale with { PageTests = tests };
        }

        if (NumberOf(PageSecondsOption, args) is { } seconds)
        {
            scale = scale with { PageTime = TimeSpan.FromSeconds(seconds) };
        }

        string[] names = [.. args.Where(a => a != QuickOption && !a.StartsWith(PageTestsOption, StringComparison.Ordinal) && !a.StartsWith(PageSecondsOption, StringComparison.Ordinal))];
        string[] wrong = [.. names.Where(name => !All.Any(b => b.Name == name))];
        if (wrong.Length > 0)
        {
            await Console.Error.WriteLineAsync($"No benchmark '{wrong[0]}'. There are: {string.Join(", ", All.Select(b => b.Name))}; {QuickOption} for small samples; {PageTestsOption}N and {PageSecondsOption}N for the run page.");
            return 2;
        }

        Console.WriteLine(Machine.Describe());
        List<Figure> figures = [];
        foreach ((string name, Func<Scale, Scratch, Task<IReadOnlyList<Figure>>> run) in All)
        {
            if (names.Length == 0 ? name != PageLong : names.Contains(name))
            {
                await using var scratch = new Scratch();
                IReadOnlyList<Figure> measured = await run(scale, scratch);
                figures.AddRange(measured);
                FigureTable.Print(measured, limits: !quick);
            }
        }

        Console.WriteLine();
        Console.WriteLine($"load average after: {Machine.Load()}");
        return !quick && figures.Any(f => f.Meets is false) ? 1 : 0;
    }

    private static int? NumberOf(string option, string[] args) =>
        args.LastOrDefault(a => a.StartsWith(option, StringComparison.Ordinal)) is { } found
            ? int.Parse(found[option.Length..], System.Globalization.CultureInfo.InvariantCulture)
            : null;
}

/// <summary>How much is measured.</summary>
internal sealed record Scale
{
    /// <summary>What the limits are meant for.</summary>
    public static readonly Scale Full = new()
    {
        Triggers = 300,
        Noops = 30_000,
        LogLines = 5_000_000,
        Agents = [1_000, 5_000],
        Crowd = new(10_000, 2_000, 500),
        Announcements = 40_000,
        StoredRuns = 1_000_000,
        StoredBuilds = 200_000,
        Pages = 200,
        PageLoads = 10,
        PageEvents = 200,
        PageTests = 20_000,
        PageTime = TimeSpan.FromMinutes(2),
        Settle = TimeSpan.FromSeconds(30),
        IdleTime = TimeSpan.FromSeconds(60),
    };

    /// <summary>Shows that every benchmark still runs.</summary>
    public static readonly Scale Quick = new()
    {
        Triggers = 10,
        Noops = 500,
        LogLines = 20_000,
        Agents = [50],
        Crowd = new(100, 60, 20),
        Announcements = 500,
        StoredRuns = 5_000,
        StoredBuilds = 1_000,
        Pages = 5,
        PageLoads = 2,
        PageEvents = 80,
        PageTests = 500,
        PageTime = TimeSpan.FromSeconds(10),
        Settle = TimeSpan.FromSeconds(2),
        IdleTime = TimeSpan.FromSeconds(3),
    };

    /// <summary>Builds that are announced.</summary>
    public required int Announcements { get; init; }

    /// <summary>Runs that are stored before pages are read.</summary>
    public required int StoredRuns { get; init; }

    /// <summary>Builds that are stored before pages are read.</summary>
    public required int StoredBuilds { get; init; }

    /// <summary>How often each page is read.</summary>
    public required int Pages { get; init; }

    /// <summary>How often the first page is opened.</summary>
    public required int PageLoads { get; init; }

    /// <summary>Events on the host that are waited for on the screen.</summary>
    public required int PageEvents { get; init; }

    /// <summary>Tests of the run that the page shows.</summary>
    public required int PageTests { get; init; }

    /// <summary>How long keys are pressed in it.</summary>
    public required TimeSpan PageTime { get; init; }

    /// <summary>Triggers, one at a time, after a fifth of that many for warm-up.</summary>
    public required int Triggers { get; init; }

    /// <summary>No-op work items, after a tenth of that many for warm-up.</summary>
    public required int Noops { get; init; }

    /// <summary>Lines of 100 bytes.</summary>
    public required int LogLines { get; init; }

    /// <summary>Numbers of idle agents, rising.</summary>
    public required int[] Agents { get; init; }

    /// <summary>How many agents there are at a time.</summary>
    public required CrowdSize Crowd { get; init; }

    /// <summary>Pause between connecting and measuring.</summary>
    public required TimeSpan Settle { get; init; }

    /// <summary>How long the idle agent is watched.</summary>
    public required TimeSpan IdleTime { get; init; }
}
