using System.Diagnostics;
using Google.Protobuf;
using Npgsql;
using Orbit.Benchmarks.Rig;
using Orbit.Contracts.V1;

namespace Orbit.Benchmarks;

/// <summary>
/// Pages of 50 runs and of 50 builds, with every filter, on PostgreSQL with a million runs (an attempt and three steps each) and 200,000 builds
/// that were put into the tables directly. One caller; from the call to the whole answer.
/// </summary>
internal static class HistoryPages
{
    private const double TailLimit = 20;
    private const int Page = 50;

    private const string Seed =
        """
        INSERT INTO builds (job_name, build_number, build_user, package_path, labels, key, search, created_at, mark, pinned_at, pinned_by)
        SELECT 'CDN_JOB_' || n % 40, n::text, 'user' || n % 50, 'CDN/pass/20250613-master-' || md5(n::text) || '/el7', '{"GIT_COMMIT":"' || md5(n::text) || '"}',
          decode(md5(n::text) || md5((-n)::text), 'hex'), lower('CDN_JOB_' || n % 40 || E'\n' || n || E'\nCDN/pass/20250613-master-' || md5(n::text) || E'/el7\nuser' || n % 50),
          now() - ((@builds - n) || ' minutes')::interval, CASE WHEN n % 500 = 0 THEN 'Bad' END, CASE WHEN n % 1000 = 0 THEN now() END, CASE WHEN n % 1000 = 0 THEN 'x' END
        FROM generate_series(1, @builds) n;
        INSERT INTO runs (created_at, day, test_item_id, test_item_name, build_id, job_name, build_number, requested_by, priority, parameters, status, verdict, error, attempt,
          agent_name, started_at, finished_at, cancel_reason, last_seq, has_report, report_note, extended_seconds, pinned_by, pin_note, revision, tests_broken, tests_duration_ms,
          tests_failed, tests_flaky, tests_interrupted, tests_not_run, tests_passed, tests_skipped, tests_total, tests_unknown, gate)
        SELECT now() - ((@runs - n) || ' seconds')::interval, 20000, n % 200 + 1, 'item-' || n % 200, n % @builds + 1, 'CDN_JOB_' || n % 40, n::text, 'user' || n % 300 || '@example.org', 0,
          '{"test":{"dir":"/t","command":["./run_pytest.sh"]},"env":{"REGION":"lab"}}', CASE WHEN n % 50 = 0 THEN 'Failed' WHEN n % 77 = 0 THEN 'Cancelled' ELSE 'Completed' END,
          CASE WHEN n % 50 = 0 THEN 'InfrastructureError' WHEN n % 77 = 0 THEN 'Cancelled' WHEN n % 7 = 0 THEN 'TestsFailed' WHEN n % 5003 = 0 THEN 'Unknown' ELSE 'Passed' END,
          '', 1, 'agent-' || n % 30, now(), now(), '', 12, true, '', 0, '', '', 1, 0, 1000, 0, 0, 0, 0, 100, 0, 100, 0, ''
        FROM generate_series(1, @runs) n;
        INSERT INTO run_attempts (run_id, number, kind, assignment_id, agent_name, verdict, status, reason, started_at, finished_at)
        SELECT id, 1, 'deploy', gen_random_uuid(), agent_name, verdict, status, '', started_at, finished_at FROM runs;
        INSERT INTO run_steps (run_id, attempt, ordinal, name, status, started_at, finished_at, error, reason, duration_ms, log_length)
        SELECT r.id, 1, s.n, (ARRAY['download', 'extract', 'test'])[s.n], 'Succeeded', now(), now(), '', '', 1000, 4096 FROM runs r, generate_series(1, 3) s(n);
        """;

    /// <summary>PostgreSQL alone.</summary>
    public static async Task<IReadOnlyList<Figure>> RunAsync(Scale scale, Scratch scratch)
    {
        OrbitSystem orbit = await OrbitSystem.StartAsync(scratch, postgres: true);
        await using var database = NpgsqlDataSource.Create(orbit.Postgres!.ConnectionString);
        await SeedAsync(database, scale);
        var runs = new RunService.RunServiceClient(orbit.Calls);
        var builds = new BuildService.BuildServiceClient(orbit.Calls);
        List<Figure> figures = [];
        foreach ((string what, ListRunsRequest request) in RunPages(scale))
        {
            figures.Add(await MeasureAsync($"runs: {what}, p95", scale, async n => (await runs.ListRunsAsync(At(request, n))).Runs.Count));
        }

        foreach ((string what, ListBuildsRequest request) in BuildPages())
        {
            figures.Add(await MeasureAsync($"builds: {what}, p95", scale, async n => (await builds.ListBuildsAsync(At(request, n))).Builds.Count));
        }

        return figures;
    }

    private static (string What, ListRunsRequest Request)[] RunPages(Scale scale) =>
    [
        ("newest", new()),
        ("deep in the history", new() { PageToken = TokenOf(scale.StoredRuns / 2) }),
        ("of an item", new() { TestItemId = 7 }),
        ("of a person", new() { RequestedBy = "user7@example.org" }),
        ("of a build", new() { BuildId = 77 }),
        ("failed", new() { Status = { RunStatus.Failed } }),
        ("tests failed", new() { Verdict = { Verdict.TestsFailed } }),
        ("a rare verdict", new() { Verdict = { Verdict.Unknown } }),
        ("of an item, tests failed", new() { TestItemId = 7, Verdict = { Verdict.TestsFailed } }),
        ("of a person, failed or cancelled", new() { RequestedBy = "user7@example.org", Status = { RunStatus.Failed, RunStatus.Cancelled } }),
    ];

    private static (string What, ListBuildsRequest Request)[] BuildPages() =>
    [
        ("newest", new()),
        ("of a job", new() { JobName = "CDN_JOB_7" }),
        ("of a person", new() { BuildUser = "user7" }),
        ("a day", new() { CreatedAfter = At(-3), CreatedBefore = At(-2) }),
        ("of a job, a day", new() { JobName = "CDN_JOB_7", CreatedAfter = At(-3), CreatedBefore = At(-2) }),
        ("with a common text", new() { Query = "cdn_job_7" }),
        ("with a rare text", new() { Query = "c4ca4238a0b9" }),
        ("with a text that is nowhere", new() { Query = "no such text" }),
        ("marked bad", new() { Mark = BuildMark.Bad }),
        ("pinned", new() { Pinned = true }),
    ];

    private static Google.Protobuf.WellKnownTypes.Timestamp At(int days) =>
        Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow().AddDays(days));

    private static T At<T>(T request, int n)
        where T : IDeepCloneable<T>
    {
        T own = request.Clone();
        switch (own)
        {
            case ListRunsRequest runs: runs.PageSize = Page; runs.TestItemId += runs.TestItemId == 0 ? 0 : n % 50; break;
            case ListBuildsRequest builds: builds.PageSize = Page; break;
        }

        return own;
    }

    private static string TokenOf(long id) => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"i:{id}")).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    private static async Task<Figure> MeasureAsync(string name, Scale scale, Func<int, Task<int>> page)
    {
        List<double> times = [];
        int rows = 0;
        for (int n = -5; n < scale.Pages; n++)
        {
            long clock = Stopwatch.GetTimestamp();
            rows = await page(Math.Abs(n));
            if (n >= 0)
            {
                times.Add(Stopwatch.GetElapsedTime(clock).TotalMilliseconds);
            }
        }

        var samples = new Samples(times);
        return new Figure(name, samples.Percentile(95), "ms") { Limit = TailLimit, Ceiling = samples.Median, CeilingIs = $"p50; {rows} rows" };
    }

    private static async Task SeedAsync(NpgsqlDataSource database, Scale scale)
    {
        string seed = Seed.Replace("@builds", $"{scale.StoredBuilds}", StringComparison.Ordinal).Replace("@runs", $"{scale.StoredRuns}", StringComparison.Ordinal);
        foreach (string statement in (string[])["ALTER TABLE runs DISABLE TRIGGER ALL", seed, "VACUUM ANALYZE"])
        {
            await using NpgsqlCommand command = database.CreateCommand(statement);
            command.CommandTimeout = 1800;
            await command.ExecuteNonQueryAsync();
        }
    }
}
