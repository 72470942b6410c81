using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Builds;
using Orbit.ControlPlane.ParameterSets;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Settings;
using Orbit.ControlPlane.Storage;
using Orbit.ControlPlane.TestItems;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Runs;

/// <summary>Further attempts of an ended run: whole, failed tests only, or putting the old version back.</summary>
internal sealed class RerunCommands(OrbitStore store, RunCommands runs, SettingsSnapshot settings)
{
    /// <summary>Runs it again.</summary>
    public async Task RerunAsync(long runId, bool failedOnly, string who, CancellationToken ct)
    {
        Facts facts = await store.ReadAsync((database, cancel) => ReadAsync(database, runId, failedOnly, cancel), ct);
        if (!failedOnly)
        {
            await runs.ReopenAsync(runId, Attempt(facts, who, "rerun", $"run again by {who}", onlyAgent: null, PlanBuilder.Deploy), ct);
            return;
        }

        RequireSameBuild(facts);
        await runs.ReopenAsync(
            runId,
            Attempt(facts, who, "rerun-failed", $"{facts.Failed.Count} tests run again by {who}", facts.AgentName, input => PlanBuilder.RerunTests(input, facts.Failed)),
            ct);
    }

    /// <summary>Puts back what was installed before the run.</summary>
    public async Task RollbackAsync(long runId, string who, CancellationToken ct)
    {
        Facts facts = await store.ReadAsync((database, cancel) => ReadAsync(database, runId, failedOnly: false, cancel), ct);
        if (facts.AgentName.Length == 0)
        {
            throw OrbitException.Conflict("NO_BACKUP", $"Run {runId} never reached an agent, so there is nothing to put back.");
        }

        RequireSameBuild(facts);
        await runs.ReopenAsync(runId, Attempt(facts, who, "rollback", $"rolled back by {who}", facts.AgentName, PlanBuilder.Rollback), ct);
    }

    private AttemptRequest Attempt(Facts facts, string who, string kind, string reason, string? onlyAgent, Func<PlanInput, Wire.Plan> plan)
    {
        PlanSettings now = PlanSettings.From(settings);
        DeployParameters parameters = DeployParameters.Parse(facts.Run.Parameters);
        return new(
            kind, reason, onlyAgent is { } one ? new(facts.Item.LabelPairs, [one]) : new(facts.Item.LabelPairs, facts.Item.AgentNames), who,
            facts.Item.Concurrency > 0 ? facts.Item.Concurrency : null,
            (runId, number) => plan(new PlanInput(parameters, facts.Build, facts.Item, runId, number, now)));
    }

    private static void RequireSameBuild(Facts facts)
    {
        if (facts.InstalledBuild is { } other && other != facts.Run.BuildId)
        {
            throw OrbitException.Conflict("HOST_HAS_OTHER_BUILD", $"Agent {facts.AgentName} has build {other} of the service by now, not build {facts.Run.BuildId}.");
        }
    }

    private static async Task<Facts> ReadAsync(OrbitDbContext database, long runId, bool failedOnly, CancellationToken ct)
    {
        Run run = await database.Runs.AsNoTracking().SingleOrDefaultAsync(r => r.Id == runId, ct)
            ?? throw OrbitException.NotFound("RUN_NOT_FOUND", $"There is no run {runId}.");
        if (!run.IsTerminal)
        {
            throw OrbitException.Conflict("RUN_NOT_ENDED", $"Run {runId} has not ended; it is {run.Status}.");
        }

        TestItem item = await database.TestItems.RequireAsync(run.TestItemId, ct);
        Build? build = run.BuildId is { } id ? await database.Builds.RequireAsync(id, ct) : null;
        List<string> failed = failedOnly ? await FailedTestsAsync(database, run, ct) : [];
        string agent = await LastAgentAsync(database, run, ct);
        return new(run, item, build, failed, agent, await InstalledBuildAsync(database, run, agent, ct));
    }

    /// <summary>Tests whose newest result is not good, in order of collection.</summary>
    private static async Task<List<string>> FailedTestsAsync(OrbitDbContext database, Run run, CancellationToken ct)
    {
        TestOutcome[] bad = [TestOutcome.Failed, TestOutcome.Broken, TestOutcome.Interrupted, TestOutcome.NotRun, TestOutcome.Unknown];
        IQueryable<RunTest> all = database.RunTests.AsNoTracking().Where(t => t.RunDay == run.Day && t.RunId == run.Id);
        List<string> failed = await all
            .Where(t => bad.Contains(t.Outcome) && !all.Any(n => n.TestId == t.TestId && n.Attempt > t.Attempt))
            .OrderBy(t => t.Ordinal).ThenBy(t => t.TestId)
            .Select(t => t.TestId)
            .ToListAsync(ct);
        return failed.Count > 0 ? failed : throw OrbitException.Conflict("NOTHING_TO_RERUN", $"Run {run.Id} has no failed test that could be run again.");
    }

    /// <summary>The agent that had the newest attempt which reached one; empty when none did.</summary>
    private static async Task<string> LastAgentAsync(OrbitDbContext database, Run run, CancellationToken ct) =>
        await database.RunAttempts.Where(a => a.RunId == run.Id && a.AgentName != "").OrderByDescending(a => a.Number).Select(a => a.AgentName).FirstOrDefaultAsync(ct) ?? "";

    /// <summary>The build that the run's service has on the run's agent, by the newest deployment there; null when none is known.</summary>
    private static async Task<long?> InstalledBuildAsync(OrbitDbContext database, Run run, string agent, CancellationToken ct)
    {
        List<long?> newest = await database.QueryAsync(
            """
            SELECT r.build_id FROM work_items w JOIN runs r ON r.id = w.run_id
            WHERE r.agent_name = @p0 AND w.accepted_at IS NOT NULL AND w.service <> ''
              AND w.service = (SELECT MAX(m.service) FROM work_items m WHERE m.run_id = @p1)
            ORDER BY w.accepted_at DESC LIMIT 1
            """,
            [agent, run.Id], static row => row.LongOrNull(0), ct);
        return newest.Count == 0 ? null : newest[0];
    }

    private sealed record Facts(Run Run, TestItem Item, Build? Build, List<string> Failed, string AgentName, long? InstalledBuild);
}
