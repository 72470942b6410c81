using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Feed;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Builds;

/// <summary>What people say of builds that are there: keep it, it is good, it is bad.</summary>
internal sealed class BuildJudgementCommands(OrbitStore store, TimeProvider time)
{
    /// <summary>Pins a build or takes its pin away.</summary>
    /// <exception cref="OrbitException">BUILD_NOT_FOUND, NOTE_INVALID.</exception>
    public Task<Build> PinAsync(long id, bool pinned, string note, Caller by, CancellationToken ct)
    {
        string why = ReasonRule.Note(note);
        return ChangeAsync(id, pinned ? "build.pinned" : "build.unpinned", by, build => Pin(build, pinned, why, by.Name), ct);
    }

    /// <summary>Marks a build good or bad, or takes the mark back.</summary>
    /// <exception cref="OrbitException">BUILD_NOT_FOUND; REASON_MISSING or REASON_INVALID with a mark.</exception>
    public Task<Build> MarkAsync(long id, BuildMark? mark, string reason, Caller by, CancellationToken ct)
    {
        if (mark is not { } said)
        {
            return ChangeAsync(id, "build.unmarked", by, build => build.Unmark(), ct);
        }

        string why = ReasonRule.Required(reason);
        return ChangeAsync(id, "build.marked", by, build => build.MarkAs(said, why, by.Name, time.GetUtcNow()), ct);
    }

    private void Pin(Build build, bool pinned, string note, string by)
    {
        if (pinned)
        {
            build.Pin(by, note, time.GetUtcNow());
        }
        else
        {
            build.Unpin();
        }
    }

    private Task<Build> ChangeAsync(long id, string action, Caller by, Action<Build> change, CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                Build build = await database.Builds.AsTracking().FirstOrDefaultAsync(b => b.Id == id, token) ?? throw BuildQueries.Missing(id);
                object before = Audited(build);
                change(build);
                database.Audit(by, time.GetUtcNow(), action, $"build:{id}", before, Audited(build));
                database.Changed(BuildCommands.Topic, id);
                return build;
            },
            ct);

    private static object Audited(Build build) => new { build.PinnedBy, build.PinNote, build.Mark, build.MarkReason, build.MarkedBy };
}
