using System.Diagnostics.Metrics;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Outbox;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Reports;

namespace Orbit.ControlPlane.Telemetry;

/// <summary>
/// The figures of <see cref="FigureQueries"/> and of this process as instruments. Those of the whole system are the same on every replica:
/// take the maximum over replicas, not the sum.
/// </summary>
internal sealed class SystemMeter
{
    /// <summary>Name of the meter.</summary>
    public const string Name = "Orbit.System";

    private readonly Meter _meter;
    private readonly FigureQueries _figures;

    public SystemMeter(IMeterFactory meters, FigureQueries figures, AgentSessions sessions, OpenStreams streams)
    {
        (_meter, _figures) = (meters.Create(Name), figures);
        Gauge("orbit.work.open", "{item}", "Work items that have not ended", f => f.Work.Select(w => Of(w.Count, w)));
        Gauge("orbit.work.oldest", "s", "Age of the oldest work item that has not ended", f => f.Work.Select(w => Of(w.OldestSeconds, w)));
        Gauge("orbit.agents", "{agent}", "Agents that have joined", f => [Of(f.AgentsConnected, "state", "connected"), Of(f.AgentsAway, "state", "away"), Of(f.AgentsSilent, "state", "silent")]);
        Gauge("orbit.runs.active", "{run}", "Runs that have not ended", f => [Of(f.RunsActive)]);
        Gauge("orbit.runs.contact_lost", "{run}", "Runs whose agent is out of contact", f => [Of(f.RunsLost)]);
        Gauge("orbit.deliveries", "{delivery}", "Mails and callbacks that are not delivered", f => Enum.GetValues<DeliveryState>().Where(s => s != DeliveryState.Sent).Select(s => Of(f.Deliveries.GetValueOrDefault(s), "state", Word(s))));
        Gauge("orbit.reports.jobs", "{report}", "Reports that are not built", f => Enum.GetValues<ReportJobState>().Select(s => Of(f.ReportJobs.GetValueOrDefault(s), "state", Word(s))));
        Gauge("orbit.feed.pending", "{change}", "Changes that the feed has not numbered", f => [Of(f.FeedPending)]);
        _meter.CreateObservableGauge("orbit.database.up", () => _figures.Last is null ? 0 : 1, "{database}", "1 when the database answered the last time it was asked");
        _meter.CreateObservableGauge("orbit.agents.sessions", () => sessions.All.Count, "{stream}", "Streams of agents that this replica holds");
        _meter.CreateObservableGauge("orbit.streams.open", () => streams.Open, "{stream}", "Streams of watchers that this replica serves");
    }

    private static Measurement<double> Of(double value) => new(value);

    private static Measurement<double> Of(double value, string tag, string text) => new(value, new KeyValuePair<string, object?>(tag, text));

    private static Measurement<double> Of(double value, OpenWork work) =>
        new(value, new("kind", Word(work.Kind)), new KeyValuePair<string, object?>("state", Word(work.State)));

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private void Gauge(string name, string unit, string description, Func<Figures, IEnumerable<Measurement<double>>> read) =>
        _meter.CreateObservableGauge(name, () => _figures.Last is { } last ? read(last) : [], unit, description);
}
