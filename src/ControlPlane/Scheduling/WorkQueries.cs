using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Scheduling;

/// <summary>What the gateway needs to know of an assignment.</summary>
internal sealed record AssignmentRow(
    Guid Id, WorkKind Kind, WorkState State, long Epoch, long? AgentId, long LastSeq, long? RunId, int? Attempt, int? RunDay, bool CancelRequested, string CancelReason);

internal static class WorkQueries
{
    private const string AssignmentColumns =
        "id, kind, state, epoch, agent_id, last_seq, run_id, attempt, run_day, cancel_requested_at IS NOT NULL, cancel_reason";

    private const string ChangedColumns =
        "w.id, w.kind, w.state, w.epoch, w.agent_id, w.last_seq, w.run_id, w.attempt, w.run_day, w.cancel_requested_at IS NOT NULL, w.cancel_reason";

    extension(OrbitDbContext database)
    {
        public DbSet<WorkItem> WorkItems => database.Set<WorkItem>();

        public DbSet<ServiceLock> ServiceLocks => database.Set<ServiceLock>();
    }

    /// <summary>The named assignments, whatever their state.</summary>
    public static Task<List<AssignmentRow>> AssignmentsAsync(this OrbitDbContext database, Guid[] ids, CancellationToken ct)
    {
        if (database.IsEmbedded)
        {
            string places = string.Join(", ", Enumerable.Range(0, ids.Length).Select(i => $"@p{i}"));
            return database.QueryAsync($"SELECT {AssignmentColumns} FROM work_items WHERE id IN ({places})", [.. ids.Cast<object?>()], Map, ct);
        }

        return database.QueryAsync($"SELECT {AssignmentColumns} FROM work_items WHERE id = ANY(@p0)", [ids], Map, ct);
    }

    /// <summary>Runs an UPDATE of <c>work_items w</c> and reads what it changed, in one round trip.</summary>
    public static Task<List<AssignmentRow>> ChangedAssignmentsAsync(this OrbitDbContext database, string update, object?[] values, bool plannedOnce, CancellationToken ct)
    {
        string statement = $"{update} RETURNING {ChangedColumns}";
        return database.QueryAsync(plannedOnce ? database.PlannedOnce(statement) : statement, values, Map, ct);
    }

    /// <summary>What an agent has that has not ended. Served by the index on open items.</summary>
    public static Task<List<AssignmentRow>> OpenAssignmentsAsync(this OrbitDbContext database, long agentId, CancellationToken ct) =>
        database.QueryAsync($"SELECT {AssignmentColumns} FROM work_items WHERE agent_id = @p0 AND state <> 'Ended'", [agentId], Map, ct);

    private static AssignmentRow Map(SqlRow row) => new(
        row.Uuid(0), row.Named<WorkKind>(1), row.Named<WorkState>(2), row.Long(3), row.LongOrNull(4), row.Long(5),
        row.LongOrNull(6), (int?)row.LongOrNull(7), (int?)row.LongOrNull(8), row.Flag(9), row.Text(10));
}
