using System.Globalization;
using Orbit.Cli.Output;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Watching;

/// <summary>A run in words, the same in lists, pages and watches.</summary>
internal static class RunWords
{
    public static bool HasEnded(RunStatus status) => status is RunStatus.Completed or RunStatus.Failed or RunStatus.Cancelled;

    /// <summary><c>run 12: shop, shop/build #45, on host-a</c>.</summary>
    public static string Title(Run run)
    {
        string title = $"run {run.Id}: {run.TestItemName}";
        if (run.BuildNumber.Length > 0)
        {
            title += $", {run.JobName} #{run.BuildNumber}";
        }

        if (run.Attempts.Count > 1)
        {
            title += string.Create(CultureInfo.InvariantCulture, $", attempt {run.Attempts[^1].Number} ({run.Attempts[^1].Kind})");
        }

        return run.Agent.Length > 0 ? $"{title}, on {run.Agent}" : title;
    }

    /// <summary><c>33/37 passed</c>; empty before tests are known.</summary>
    public static string ShortNumbers(TestSummary? summary) => summary is { Total: > 0 } ? $"{summary.Passed}/{summary.Total} passed" : "";

    /// <summary>All numbers that are not zero: <c>37 tests: 33 passed, 3 failed, 1 skipped in 12 s</c>.</summary>
    public static IEnumerable<Span> Numbers(TestSummary summary)
    {
        yield return $"{summary.Total} tests: {summary.Passed} passed";
        foreach ((int count, string word, Tone tone) in new[]
        {
            (summary.Failed, "failed", Tone.Bad), (summary.Broken, "broken", Tone.Bad), (summary.Interrupted, "interrupted", Tone.Bad),
            (summary.Skipped, "skipped", Tone.Plain), (summary.NotRun, "not run", Tone.Care), (summary.Unknown, "unknown", Tone.Care),
        })
        {
            if (count > 0)
            {
                yield return ", ";
                yield return new($"{count} {word}", tone);
            }
        }

        if (summary.DurationMs > 0)
        {
            yield return new($" in {Durations.Words(summary.DurationMs)}", Tone.Faint);
        }
    }

    public static string LostAgent(string agent, TimeSpan silence) =>
        $"no word from {(agent.Length > 0 ? agent : "the agent")} for {Durations.Growing(silence)}; its work goes on";
}
