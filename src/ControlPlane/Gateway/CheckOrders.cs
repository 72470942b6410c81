using Google.Protobuf.WellKnownTypes;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Care;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Settings;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Gateway;

/// <summary>
/// Has the agents that are connected here look at their hosts: once for each request of somebody, and once in a session each time that it is
/// due again. An agent of an older version, which does not know the order, hears no more of it than that.
/// </summary>
internal sealed class CheckOrders(OrbitStore store, AgentSessions sessions, SettingsSnapshot settings, TimeProvider time, Signals signals, ILogger<CheckOrders> log)
    : PeriodicPass(time, signals, log)
{
    private readonly TimeProvider _time = time;

    /// <inheritdoc />
    protected override TimeSpan Pause => TimeSpan.FromMinutes(1);

    /// <inheritdoc />
    protected override IReadOnlyList<string> Hints { get; } = [CheckCommands.Topic];

    /// <inheritdoc />
    protected override async Task RunOnceAsync(CancellationToken ct)
    {
        if (sessions.All.Count == 0)
        {
            return;
        }

        DateTimeOffset now = _time.GetUtcNow();
        var interval = TimeSpan.FromHours(settings.Get(SettingCatalog.AgentCheckIntervalHours));
        DateTimeOffset before = interval == TimeSpan.Zero ? DateTimeOffset.MinValue : now - interval;
        List<CheckDue> due = await store.ReadAsync((database, token) => database.ChecksDueAsync(before, now - CheckCommands.Patience, token), ct);
        foreach (CheckDue one in due)
        {
            if (sessions.Find(one.AgentId) is { } session && IsNews(session, one, before, now))
            {
                session.Post(new() { Check = new AgentCheckOrder { ServerTime = Timestamp.FromDateTimeOffset(_time.GetUtcNow()), PackageServer = settings.Get(SettingCatalog.PackageDownloadBaseUrl) } });
            }
        }
    }

    private static bool IsNews(AgentSession session, CheckDue due, DateTimeOffset before, DateTimeOffset now)
    {
        if (due.Asked is { } asked)
        {
            bool news = session.CheckTold != asked;
            session.CheckTold = asked;
            return news;
        }

        if (session.CheckToldAsDue > before)
        {
            return false;
        }

        session.CheckToldAsDue = now;
        return true;
    }
}
