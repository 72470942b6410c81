namespace Orbit.ControlPlane.Doctor;

/// <summary>
/// All checks. Parameters of every query: <c>@p0</c> a minute ago, <c>@p1</c> an hour ago, <c>@p2</c> a day ago, <c>@p3</c> since when an
/// agent that was not heard is out of contact, <c>@p4</c> now, <c>@p5</c> two days ago. What is only under way for a moment is older than a minute before it counts.
/// </summary>
internal static class DoctorCatalog
{
    /// <summary>The check of large files and reports, which looks beside the database.</summary>
    public const string BlobMissing = "BLOB_MISSING";

    private const string Open = "r.status NOT IN ('Completed', 'Failed', 'Cancelled')";

    private const string ItsWork = "LEFT JOIN run_attempts a ON a.run_id = r.id AND a.number = r.attempt LEFT JOIN work_items w ON w.id = a.assignment_id";

    private static readonly DoctorCheck[] OfRuns =
    [
        new("RUN_WITHOUT_WORK", "The run is shown as under way, but there is nothing in the queue or with an agent that could carry it on.", "Mend: it ends as UNKNOWN. Cancelling it does the same.")
        {
            Query = $"SELECT 'run:' || r.id || ' ' || r.status FROM runs r {ItsWork} WHERE {Open} AND r.status <> 'Reporting' AND r.created_at < @p0 AND w.id IS NULL ORDER BY r.id LIMIT 101",
            EndsRuns = true,
        },
        new("RUN_AFTER_ITS_WORK", "The agent's work has ended, but the run did not end with it.", "Mend: it ends as UNKNOWN. Cancelling it does the same.")
        {
            Query = $"SELECT 'run:' || r.id || ' ' || r.status FROM runs r {ItsWork} WHERE {Open} AND r.status <> 'Reporting' AND w.state = 'Ended' AND w.ended_at < @p0 ORDER BY r.id LIMIT 101",
            EndsRuns = true,
        },
        new("RUN_REPORTS_FOR_EVER", "The run waits for its report for over two days, or has no end of its tests to count from.", "Mend: it ends as UNKNOWN; its numbers stay.")
        {
            Query = $"SELECT 'run:' || r.id || ' ' || r.status FROM runs r {ItsWork} WHERE r.status = 'Reporting' AND r.created_at < @p0 AND (a.finished_at IS NULL OR a.finished_at < @p5) ORDER BY r.id LIMIT 101",
            EndsRuns = true,
        },
        new("RUN_OUT_OF_CONTACT", "The agent has not been heard for over an hour; its work may go on, and the service on its host stays locked.", "Bring the agent back, or look at the host and declare the run ended: POST /api/v1/deploy-test-runs/ID/declare-ended, on the run's page 'Declare ended'.")
        {
            Query = $"SELECT 'run:' || r.id || ' on ' || r.agent_name FROM runs r WHERE {Open} AND r.contact_lost_since < @p1 ORDER BY r.id LIMIT 101",
        },
        new("RUN_WAITS_LONG", "The run is in the queue for over a day.", "Its waiting reason says for what: free the host, start an agent that fits, or cancel the run.")
        {
            Query = "SELECT 'run:' || w.run_id || ' ' || w.waiting_reason FROM work_items w WHERE w.state = 'Queued' AND w.run_id IS NOT NULL AND w.created_at < @p2 ORDER BY w.run_id LIMIT 101",
        },
    ];

    private static readonly DoctorCheck[] OfWork =
    [
        new("WORK_WITHOUT_RUN", "Work is open whose run is gone, has ended, or is at another attempt. It takes a slot and a lock.", "Mend: the work ends, its agent is told to stop, its lock is freed.")
        {
            Query = $"SELECT 'work:' || w.id || ' ' || w.state FROM work_items w WHERE {Orphan} AND w.created_at < @p0 ORDER BY 1 LIMIT 101",
            Mending = [$"UPDATE work_items SET state = 'Ended', epoch = epoch + 1, ended_at = @p4 WHERE id IN (SELECT w.id FROM work_items w WHERE {Orphan} AND w.created_at < @p0)", FreeLocks],
        },
        new("WORK_OF_NO_AGENT", "Work is with an agent that has been deleted: nobody will ever report its end.", "Mend: the work ends and frees its lock; a run of it is named by RUN_AFTER_ITS_WORK then.")
        {
            Query = $"SELECT 'work:' || w.id || ' ' || w.state FROM work_items w WHERE {NoAgent} ORDER BY 1 LIMIT 101",
            Mending = [$"UPDATE work_items SET state = 'Ended', epoch = epoch + 1, ended_at = @p4 WHERE id IN (SELECT w.id FROM work_items w WHERE {NoAgent})", FreeLocks],
        },
        new("LOCK_WITHOUT_WORK", "A service on a host is locked by work that has ended or is gone; new runs of it wait for nothing.", "Mend: the lock is freed.")
        {
            Query = "SELECT 'lock:' || l.host || '/' || l.service FROM service_locks l WHERE l.taken_at < @p0 AND NOT EXISTS (SELECT 1 FROM work_items w WHERE w.id = l.work_item_id AND w.state <> 'Ended') ORDER BY 1 LIMIT 101",
            Mending = [FreeLocks],
        },
        new("PRESENCE_STALE", "An agent is shown as connected that has not been heard for three heartbeats; the control plane it was connected to has died.", "It rights itself when the agent comes back. Mend: it is shown as away.")
        {
            Query = "SELECT 'agent:' || p.agent_id FROM agent_presence p WHERE p.connected AND p.last_seen_at < @p3 ORDER BY p.agent_id LIMIT 101",
            Mending = ["UPDATE agent_presence SET connected = FALSE WHERE connected AND last_seen_at < @p3"],
        },
        new("MANY_AGENTS_SILENT", "More than three in ten of the agents that were heard within a day, three at least, have fallen silent within the last hour.", "Hosts seldom fail together: look at this server, its network and its certificate first. Their work goes on and nothing is ended by time; they come back by themselves.")
        {
            Query = "SELECT 'agents:' || g.silent || ' of ' || g.heard FROM (SELECT COUNT(*) AS heard, SUM(CASE WHEN p.last_seen_at < @p3 AND p.last_seen_at >= @p1 THEN 1 ELSE 0 END) AS silent FROM agent_presence p JOIN agents a ON a.id = p.agent_id WHERE a.desire <> 'Disabled' AND p.last_seen_at >= @p2) g WHERE g.silent >= 3 AND g.silent * 10 > g.heard * 3",
        },
        new("PRESENCE_WITHOUT_AGENT", "Presence is stored of an agent that has been deleted.", "Mend: it is removed.")
        {
            Query = "SELECT 'agent:' || p.agent_id FROM agent_presence p WHERE NOT EXISTS (SELECT 1 FROM agents a WHERE a.id = p.agent_id) ORDER BY p.agent_id LIMIT 101",
            Mending = ["DELETE FROM agent_presence WHERE NOT EXISTS (SELECT 1 FROM agents a WHERE a.id = agent_presence.agent_id)"],
        },
        new("SESSION_STALE", "A sign-in that has expired for over two days is still stored.", "Mend: it is removed.")
        {
            Query = "SELECT 'session:' || s.id || ' ' || s.email FROM sessions s WHERE s.expires_at < @p5 ORDER BY 1 LIMIT 101",
            Mending = ["DELETE FROM sessions WHERE expires_at < @p5"],
        },
    ];

    private static readonly DoctorCheck[] OfBatches =
    [
        new("PIECE_WITHOUT_WORK", "Rows of a batch are given out as a piece whose work is gone; the batch would wait for them for ever.", "Mend: the rows wait to be given out again.")
        {
            Query = "SELECT 'batch:' || p.batch_id || ' piece ' || p.id FROM api_batch_pieces p WHERE NOT EXISTS (SELECT 1 FROM work_items w WHERE w.id = p.id) ORDER BY 1 LIMIT 101",
            Mending =
            [
                "DELETE FROM api_batch_pieces WHERE NOT EXISTS (SELECT 1 FROM work_items w WHERE w.id = api_batch_pieces.id)",
                RowsBack,
            ],
        },
        new("ROW_WITHOUT_PIECE", "Rows of a batch that has not ended are given out as a piece that is gone.", "Mend: the rows wait to be given out again.")
        {
            Query = $"SELECT 'batch:' || r.batch_id || ' row ' || r.row_no FROM api_batch_rows r WHERE {LostRow("r")} ORDER BY r.batch_id, r.row_no LIMIT 101",
            Mending = [RowsBack],
        },
        new("BATCH_COUNTS_WRONG", "The batch counts other outcomes than its rows have: it would end too early or never.", "Mend: it is counted anew.")
        {
            Query = $"SELECT 'batch:' || b.id || ' ' || b.name FROM api_batches b WHERE {Miscounted("b")} ORDER BY b.id LIMIT 101",
            Mending = [$"UPDATE api_batches SET completed_count = {Rows("IS NOT NULL")}, pass_count = {Rows("= 'Passed'")}, fail_count = {Rows("= 'Failed'")}, unchecked_count = {Rows("= 'Unchecked'")}, skipped_count = {Rows("= 'Skipped'")}, revision = revision + 1 WHERE {Miscounted("api_batches")}"],
        },
        new("BATCH_NOT_ENDED", "Every row of the batch has an outcome and nothing is under way, but it has not ended.", "It ends by itself within seconds while a control plane runs; see its log when it does not.")
        {
            Query = "SELECT 'batch:' || b.id || ' ' || b.name FROM api_batches b WHERE b.status IN ('Running', 'Paused') AND b.created_at < @p0 AND b.completed_count >= b.total_count AND NOT EXISTS (SELECT 1 FROM api_batch_pieces p WHERE p.batch_id = b.id) ORDER BY b.id LIMIT 101",
        },
    ];

    private static readonly DoctorCheck[] OfWhatFollows =
    [
        new("LOG_WITHOUT_RUN", "Logs, events, tests or files are stored of a run that is gone.", "Mend: they are removed.")
        {
            Query = $"SELECT DISTINCT x.what FROM ({string.Join(" UNION ", PartsOfRuns.Select(table => $"SELECT '{table}:' || t.run_id AS what FROM {table} t WHERE NOT EXISTS (SELECT 1 FROM runs r WHERE r.id = t.run_id)"))}) x ORDER BY 1 LIMIT 101",
            Mending = [.. PartsOfRuns.Select(table => $"DELETE FROM {table} WHERE NOT EXISTS (SELECT 1 FROM runs r WHERE r.id = {table}.run_id)")],
        },
        new("REPORT_WAITS_LONG", "A report waits to be built for over an hour, or its builder has been silent for over an hour.", "The status page says whether this server can build reports; start one that can. The run has ended without it; nothing is lost.")
        {
            Query = "SELECT 'run:' || j.run_id || ' ' || j.state || ' ' || j.error FROM report_jobs j WHERE (j.state = 'Queued' AND j.requested_at < @p1) OR (j.state = 'Building' AND j.claimed_until < @p1) ORDER BY 1 LIMIT 101",
        },
        new("REPORT_FAILED", "A report was given up after several tries.", "Ask for it again on the run's page, or leave it: numbers and verdict do not depend on it.")
        {
            Query = "SELECT 'run:' || j.run_id || ' ' || j.error FROM report_jobs j WHERE j.state = 'Failed' ORDER BY j.run_id LIMIT 101",
        },
        new("DEAD_LETTER", "A mail or a callback was given up: refused for good, too old, or tried too often.", "Mend the cause, then send it again: 'Deliveries' on the operations page, or POST /api/v1/deliveries/ID/resend.")
        {
            Query = "SELECT 'delivery:' || d.id || ' to ' || d.target || ': ' || d.last_error FROM deliveries d WHERE d.state = 'Dead' ORDER BY 1 DESC LIMIT 101",
        },
        new("DELIVERY_OVERDUE", "A mail or a callback has been due for over an hour and nobody tries it.", "No control plane delivers: see its log and the status page.")
        {
            Query = "SELECT 'delivery:' || d.id || ' to ' || d.target FROM deliveries d WHERE d.next_try_at < @p1 ORDER BY 1 LIMIT 101",
        },
        new(BlobMissing, "A report or a large file is named whose bytes are not in the store.", "Restore the store from a backup, or build the report again on the run's page."),
    ];

    /// <summary>All of them, in the order in which they are shown.</summary>
    public static IReadOnlyList<DoctorCheck> All { get; } = [.. OfRuns, .. OfWork, .. OfBatches, .. OfWhatFollows];

    private static string[] PartsOfRuns => ["run_events", "run_tests", "step_logs", "log_chunks", "result_files"];

    private static string Orphan => "w.kind = 'Run' AND w.state <> 'Ended' AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.id = w.run_id AND r.attempt = w.attempt AND r.status NOT IN ('Completed', 'Failed', 'Cancelled'))";

    private static string NoAgent => "w.state <> 'Ended' AND w.agent_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM agents a WHERE a.id = w.agent_id)";

    private static string FreeLocks => "DELETE FROM service_locks WHERE taken_at < @p0 AND NOT EXISTS (SELECT 1 FROM work_items w WHERE w.id = service_locks.work_item_id AND w.state <> 'Ended')";

    private static string RowsBack => $"UPDATE api_batch_rows SET piece_id = NULL WHERE {LostRow("api_batch_rows")}";

    private static string LostRow(string row) => $"{row}.outcome IS NULL AND {row}.piece_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM api_batch_pieces p WHERE p.id = {row}.piece_id)";

    private static string Miscounted(string batch) => $"{batch}.status IN ('Running', 'Paused') AND {batch}.completed_count <> (SELECT COUNT(*) FROM api_batch_rows x WHERE x.batch_id = {batch}.id AND x.outcome IS NOT NULL)";

    private static string Rows(string outcome) => $"(SELECT COUNT(*) FROM api_batch_rows x WHERE x.batch_id = api_batches.id AND x.outcome {outcome})";
}
