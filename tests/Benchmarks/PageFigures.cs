using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Orbit.Benchmarks.Rig;

namespace Orbit.Benchmarks;

/// <summary>
/// The web pages in Debian's Chromium: how heavy and how slow the first page is, how the page of a run answers to keys while thousands of tests
/// and a fast log come in, and how long an event on the host needs to the screen. Real agent, real pytest, PostgreSQL; the browser shares the
/// cores with all of that. tests/Web/figures.mjs drives the browser.
/// </summary>
internal static class PageFigures
{
    private const double MostKilobytes = 350;
    private const double MostToInteractive = 1500;
    private const double MostToAnswer = 50;
    private const double MostMegabytes = 300;
    private const double MostToPixel = 150;
    private const int LinesASecond = 5000;
    private const int SlowTestsASecond = 10;

    /// <summary>The first page.</summary>
    public static async Task<IReadOnlyList<Figure>> RunLoadAsync(Scale scale, Scratch scratch) => await LoadAsync(scale, await StartAsync(scratch));

    /// <summary>From the host to the screen.</summary>
    public static async Task<IReadOnlyList<Figure>> RunLiveAsync(Scale scale, Scratch scratch) => await PixelAsync(scale, await StartAsync(scratch));

    /// <summary>The busy run for as long as the scale says.</summary>
    public static async Task<IReadOnlyList<Figure>> RunBusyAsync(Scale scale, Scratch scratch) => await BusyAsync(scale, await StartAsync(scratch), scale.PageTime);

    /// <summary>The busy run for ten minutes.</summary>
    public static async Task<IReadOnlyList<Figure>> RunLongAsync(Scale scale, Scratch scratch) => await BusyAsync(scale, await StartAsync(scratch), TimeSpan.FromMinutes(10));

    private static async Task<OrbitSystem> StartAsync(Scratch scratch)
    {
        OrbitSystem orbit = await OrbitSystem.StartAsync(scratch, postgres: true);
        _ = await orbit.StartAgentAsync(apiSlots: 4);
        return orbit;
    }

    private static async Task<IReadOnlyList<Figure>> LoadAsync(Scale scale, OrbitSystem orbit)
    {
        JsonElement seen = await BrowseAsync("load", orbit.HttpAddress.ToString(), Text(scale.PageLoads));
        Samples interactive = SamplesOf(seen, "interactive");
        return
        [
            new("Now page, first load, compressed", seen.GetProperty("bytes").GetDouble() / 1000, "kB") { Limit = MostKilobytes },
            new("Now page, until it can be used, nothing cached, p95", interactive.Percentile(95), "ms")
            {
                Limit = MostToInteractive, Ceiling = interactive.Median, CeilingIs = "p50",
            },
        ];
    }

    /// <summary>Tests that end one at a time, each with a line of its own.</summary>
    private static async Task<IReadOnlyList<Figure>> PixelAsync(Scale scale, OrbitSystem orbit)
    {
        var suite = new PageSuite(orbit, "pixel");
        long run = await suite.StartAsync(fast: 1, slow: scale.PageEvents, slowSeconds: 0.25, linesASecond: 0);
        JsonElement seen = await BrowseAsync("pixel", orbit.HttpAddress.ToString(), Text(run), Text(scale.PageEvents), suite.EndedFile);
        await suite.EndAsync();
        Samples results = SamplesOf(seen, "results");
        Samples lines = SamplesOf(seen, "lines");
        return
        [
            new("a test's end on the host to its picture, p95", results.Percentile(95), "ms") { Limit = MostToPixel, Ceiling = results.Median, CeilingIs = "p50" },
            new("a log line on the host to its picture, p95", lines.Percentile(95), "ms") { Limit = MostToPixel, Ceiling = lines.Median, CeilingIs = "p50" },
        ];
    }

    private static async Task<IReadOnlyList<Figure>> BusyAsync(Scale scale, OrbitSystem orbit, TimeSpan busy)
    {
        var suite = new PageSuite(orbit, "busy");
        double seconds = busy.TotalSeconds + 20; // the page needs some to open
        int slow = Math.Min(scale.PageTests / 2, (int)(seconds * SlowTestsASecond));
        long run = await suite.StartAsync(scale.PageTests - slow, slow, 1.0 / SlowTestsASecond, LinesASecond);
        JsonElement seen = await BrowseAsync("busy", orbit.HttpAddress.ToString(), Text(run), Text((long)busy.TotalSeconds));
        string load = Machine.Load();
        await suite.EndAsync();
        string what = $"run page, {scale.PageTests.ToString("#,##0", CultureInfo.InvariantCulture)} tests, {busy.TotalMinutes:0.#} min";
        PrintMinutes(seen.GetProperty("rounds"));
        Console.WriteLine($"{what}: {seen.GetProperty("logLines").GetInt64().ToString("#,##0", CultureInfo.InvariantCulture)} log lines were there at the end; load average {load}");
        return
        [
            Answer($"{what}: a key in the tests to the picture, p95", SamplesOf(seen, "tests")),
            Answer($"{what}: a key in the log to the picture, p95", SamplesOf(seen, "log")),
            new($"{what}: resident memory, highest", SamplesOf(seen, "residents").Percentile(100) / 1e6, "MB")
            {
                Limit = MostMegabytes, Ceiling = seen.GetProperty("empty").GetDouble() / 1e6, CeilingIs = "an empty page",
            },
            new("  of that the page's own, not the browser's files", SamplesOf(seen, "owns").Percentile(100) / 1e6, "MB"),
            new($"{what}: JavaScript heap, highest", SamplesOf(seen, "heaps").Percentile(100) / 1e6, "MB") { Limit = MostMegabytes },
        ];
    }

    /// <summary>A line a minute, so that one sees whether anything grows.</summary>
    private static void PrintMinutes(JsonElement rounds)
    {
        foreach (IGrouping<int, JsonElement> minute in rounds.EnumerateArray().GroupBy(round => round.GetProperty("minute").GetInt32()))
        {
            var keys = new Samples(minute.SelectMany(round => round.GetProperty("keys").EnumerateArray()).Select(one => one.GetDouble()));
            double Most(string name) => minute.Max(round => round.GetProperty(name).GetDouble()) / 1e6;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  minute {minute.Key,2}: resident {Most("resident"),4:0} MB, its own {Most("own"),4:0} MB, JavaScript heap {Most("heap"),3:0} MB; key to picture p95 {keys.Percentile(95),3:0} ms"));
        }
    }

    private static Figure Answer(string name, Samples keys) =>
        new(name, keys.Percentile(95), "ms") { Limit = MostToAnswer, Ceiling = keys.Median, CeilingIs = $"p50; p99 {Text((long)keys.Percentile(99))}, worst {Text((long)keys.Percentile(100))}" };

    private static Samples SamplesOf(JsonElement seen, string name) => new(seen.GetProperty(name).EnumerateArray().Select(one => one.GetDouble()));

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static async Task<JsonElement> BrowseAsync(params string[] arguments)
    {
        using var node = new Process
        {
            StartInfo = new("node", [Path.Combine(Programs.Root, "tests", "Web", "figures.mjs"), .. arguments]) { RedirectStandardOutput = true },
        };
        _ = node.Start();
        string output = await node.StandardOutput.ReadToEndAsync();
        await node.WaitForExitAsync();
        return node.ExitCode == 0 ? JsonElement.Parse(output) : throw new InvalidOperationException($"The browser's part ended with {node.ExitCode}: {output}");
    }
}
