using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Ingest;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Scheduling;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Runs;

/// <summary>An agent declines an offer because it has carried it out before: the database is older than that.</summary>
internal sealed class WorkAlreadyDone(AgentSession session, Guid id, long epoch) : IngestItem
{
    /// <summary>The agent's reason code.</summary>
    public const string Reason = "ALREADY_CARRIED_OUT";

    public Guid Id { get; } = id;
    public long Epoch { get; } = epoch;
    public long AgentId => session.AgentId;
    public string AgentName => session.Name;

    public override void Committed() => session.FreeSlot(Id);

    public override void Failed(Exception reason) => session.Close(reason as OrbitException ?? OpenStreams.Stopping());
}

/// <summary>Ends such work: given to another agent it would be done again.</summary>
internal sealed class WorkAlreadyDoneIngest(TimeProvider time) : IIngestHandler
{
    public Type Kind => typeof(WorkAlreadyDone);

    public async Task ApplyAsync(OrbitDbContext database, IReadOnlyList<IngestItem> items, CancellationToken ct)
    {
        foreach (WorkAlreadyDone done in items.Cast<WorkAlreadyDone>())
        {
            AssignmentRow? row = (await database.AssignmentsAsync([done.Id], ct)).SingleOrDefault(r => r.Epoch == done.Epoch && r.AgentId == done.AgentId && r.State is WorkState.Offered);
            if (row is null)
            {
                continue; // it is not this agent's any more
            }

            string reason = $"agent {done.AgentName} has carried it out before; the database is older than that, and nobody can know what came of it";
            await RunFinish.EndUnknownAsync(database, row, reason, time.GetUtcNow(), ct);
        }
    }
}
