using Orbit.ControlPlane.Scheduling;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Gateway;

/// <summary>Where an agent's bytes go, or why they cannot be taken.</summary>
internal sealed record UploadTarget(int RunDay, long RunId, int Attempt, (string Reason, string Text)? Refusal);

/// <summary>
/// Finds the attempt behind an assignment, checking that it is the agent's under that epoch. Bytes of an attempt that has ended are still
/// taken: they are late, not wrong.
/// </summary>
internal sealed class UploadTargets(OrbitStore store)
{
    /// <summary>Reads it anew each time: an assignment may have been declared ended meanwhile.</summary>
    public async Task<UploadTarget> FindAsync(long agentId, string assignment, long epoch, CancellationToken ct)
    {
        AssignmentRow? row = Guid.TryParse(assignment, out Guid id)
            ? (await store.ReadAsync((database, cancel) => database.AssignmentsAsync([id], cancel), ct)).SingleOrDefault()
            : null;
        return row is null || row.AgentId != agentId || row.Epoch != epoch || row.RunId is null
            ? new(0, 0, 0, ("FENCED", "The assignment is not this agent's under that epoch."))
            : new(row.RunDay!.Value, row.RunId.Value, row.Attempt!.Value, null);
    }
}
