using Orbit.ControlPlane.Outbox;
using Orbit.ControlPlane.Reports;
using Orbit.ControlPlane.Scheduling;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Telemetry;

/// <summary>Says of each part whether it works, and why not.</summary>
internal static class StatusMapping
{
    /// <summary>Work that waits longer needs somebody to look.</summary>
    public const double LongWaitSeconds = 300;

    /// <summary>More unnumbered changes than this: the feed is behind.</summary>
    public const long FeedBehind = 10_000;

    /// <summary>All parts, in the order that is shown.</summary>
    /// <param name="figures">What is open; null: the database is away.</param>
    /// <param name="away">Why the database is away.</param>
    /// <param name="reportsMissing">Why reports cannot be built on this server; empty when they can.</param>
    public static IReadOnlyList<Wire.PartStatus> Of(Figures? figures, string away, string reportsMissing)
    {
        if (figures is null)
        {
            return [new() { Name = "database", State = Wire.PartState.Down, Reason = away }];
        }

        return
        [
            Part("database", ""),
            Part("feed", figures.FeedPending > FeedBehind ? $"{figures.FeedPending} changes wait to be told to watchers" : ""),
            Part("agents", Agents(figures)),
            Part("queue", Queue(figures)),
            Part("runs", figures.RunsLost > 0 ? $"{Count(figures.RunsLost, "run")} without word from the agent" : ""),
            Part("delivery", figures.Deliveries.GetValueOrDefault(DeliveryState.Dead) is > 0 and var dead ? $"{Count(dead, "message")} could not be delivered" : ""),
            Part("reports", Reports(figures, reportsMissing)),
        ];
    }

    /// <summary>The worst of all parts.</summary>
    public static Wire.PartState Worst(IEnumerable<Wire.PartStatus> parts) => parts.Max(p => p.State);

    private static string Agents(Figures figures) =>
        figures.AgentsConnected + figures.AgentsAway == 0 ? "no agent has joined"
        : figures.AgentsAway + figures.AgentsSilent > 0 ? $"{figures.AgentsAway + figures.AgentsSilent} of {Count(figures.AgentsConnected + figures.AgentsAway, "agent")} out of contact"
        : "";

    private static string Queue(Figures figures)
    {
        OpenWork[] queued = [.. figures.Work.Where(w => w.State is WorkState.Queued)];
        double oldest = queued.Length == 0 ? 0 : queued.Max(w => w.OldestSeconds);
        return oldest > LongWaitSeconds ? $"{Count(queued.Sum(w => w.Count), "item")} waiting, the oldest for {oldest / 60:0} min" : "";
    }

    private static string Reports(Figures figures, string missing) =>
        missing.Length > 0 ? missing
        : figures.ReportJobs.GetValueOrDefault(ReportJobState.Failed) is > 0 and var failed ? $"{Count(failed, "report")} could not be built"
        : "";

    private static string Count(long count, string word) => count == 1 ? $"1 {word}" : $"{count} {word}s";

    private static Wire.PartStatus Part(string name, string reason) =>
        new() { Name = name, State = reason.Length == 0 ? Wire.PartState.Ok : Wire.PartState.Degraded, Reason = reason };
}
