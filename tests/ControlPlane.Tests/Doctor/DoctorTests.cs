using Microsoft.Extensions.DependencyInjection;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.ApiTests;
using Orbit.ControlPlane.Doctor;
using Orbit.ControlPlane.Outbox;
using Orbit.ControlPlane.Storage;
using Orbit.Tests.Support;
using BatchStatus = Orbit.ControlPlane.ApiTests.BatchStatus;
using Delivery = Orbit.ControlPlane.Outbox.Delivery;
using DeliveryKind = Orbit.ControlPlane.Outbox.DeliveryKind;
using Refused = Orbit.ControlPlane.Tests.Access.Refused;
using Run = Orbit.Contracts.V1.Run;

namespace Orbit.ControlPlane.Tests.Doctor;

/// <summary>Each inconsistency is made in the database, named, and mended where nobody needs to decide.</summary>
public sealed class DoctorTests
{
    private static readonly DateTimeOffset Old = DateTimeOffset.UtcNow.AddDays(-4);

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Nothing_is_found_where_work_waits_runs_and_has_ended(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();
        (Run ended, FakeWork work) = await lab.AcceptedAsync(agent);
        await work.TellAsync(Fact.Started("test"), Fact.Finished("test"));
        await work.EndAsync();
        await lab.EndedAsync(ended.Id);
        await lab.AcceptedAsync(agent);
        await lab.TriggerAsync(await lab.ItemAsync());

        IReadOnlyDictionary<string, CheckResult> all = await ExamineAsync(lab);

        Assert.Empty(string.Join("; ", all.Values.Where(check => check.Objects.Count > 0).Select(check => $"{check.Name}: {check.Objects[0]}")));
        Assert.All(all.Values, check => Assert.True(check.Meaning.Length > 20 && check.Remedy.Length > 10));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Each_inconsistency_is_named_with_its_object_and_mended(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        Dictionary<string, string> made = await BreakAsync(lab);

        IReadOnlyDictionary<string, CheckResult> before = await ExamineAsync(lab);
        foreach (CheckResult check in before.Values.Where(check => check.Mendable))
        {
            await new DoctorService.DoctorServiceClient(lab.Admin).MendAsync(new() { Check = check.Name });
        }

        IReadOnlyDictionary<string, CheckResult> after = await ExamineAsync(lab);
        Assert.All(made, one => Assert.Contains(before[one.Key].Objects, found => found.StartsWith(one.Value, StringComparison.Ordinal)));
        Assert.Equal(
            DoctorCatalog.All.Select(check => check.Name).Except(["BATCH_NOT_ENDED", "DELIVERY_OVERDUE"]).Order(),
            before.Values.Where(check => check.Objects.Count > 0).Select(check => check.Name).Order());
        Assert.Equal(
            before.Values.Where(check => !check.Mendable && check.Objects.Count > 0).Select(check => check.Name).Order(),
            after.Values.Where(check => check.Objects.Count > 0).Select(check => check.Name).Order());
        Run ended = await lab.RunAsync(long.Parse(made["RUN_WITHOUT_WORK"].Split(':')[1], null));
        Assert.Equal((RunStatus.Failed, Verdict.Unknown), (ended.Status, ended.Verdict));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task What_a_running_server_mends_by_itself_is_named_until_it_does(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        DoctorQueries queries = lab.Orbit.Services.GetRequiredService<DoctorQueries>();

        // Looked at within the transaction, before anybody else can see it.
        (IReadOnlyList<string> batches, IReadOnlyList<string> mails) = await lab.Orbit.Store.WriteAsync(
            async (database, ct) =>
            {
                await AddBatchAsync(database, "done", total: 0, ct);
                database.Enqueue(Delivery.Of(DeliveryKind.Mail, "late@example.org", "late", [], Old));
                await database.SaveChangesAsync(ct);
                return (await queries.FindAsync(database, Check("BATCH_NOT_ENDED"), ct), await queries.FindAsync(database, Check("DELIVERY_OVERDUE"), ct));
            },
            default);

        Assert.EndsWith("done", Assert.Single(batches), StringComparison.Ordinal);
        Assert.EndsWith("late@example.org", Assert.Single(mails), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_admins_ask_and_only_what_needs_no_decision_is_mended()
    {
        await using Lab lab = await Lab.StartAsync(Databases.Sqlite);
        var user = new DoctorService.DoctorServiceClient(lab.User);
        var admin = new DoctorService.DoctorServiceClient(lab.Admin);

        Assert.Equal("ROLE_MISSING", await Refused.ReasonAsync(async () => await user.ExamineAsync(new())));
        Assert.Equal("CHECK_NOT_FOUND", await Refused.ReasonAsync(async () => await admin.MendAsync(new() { Check = "X" })));
        Assert.Equal("CHECK_NOT_MENDABLE", await Refused.ReasonAsync(async () => await admin.MendAsync(new() { Check = "RUN_OUT_OF_CONTACT" })));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_run_that_nothing_carries_on_can_be_cancelled_and_declared_ended_by_people(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        Run cancelled = await StrayAsync(lab);
        Run declared = await StrayAsync(lab);

        await lab.Runs.CancelRunAsync(new CancelRunRequest { Id = cancelled.Id });
        await new RunService.RunServiceClient(lab.Admin).DeclareRunEndedAsync(new DeclareRunEndedRequest { Id = declared.Id, Reason = "its work is gone" });

        Assert.Equal((RunStatus.Failed, Verdict.Unknown), ((await lab.RunAsync(cancelled.Id)).Status, (await lab.RunAsync(cancelled.Id)).Verdict));
        Assert.Equal((RunStatus.Failed, Verdict.Unknown), ((await lab.RunAsync(declared.Id)).Status, (await lab.RunAsync(declared.Id)).Verdict));
    }

    private static DoctorCheck Check(string name) => DoctorCatalog.All.Single(check => check.Name == name);

    private static async Task<IReadOnlyDictionary<string, CheckResult>> ExamineAsync(Lab lab) =>
        (await new DoctorService.DoctorServiceClient(lab.Admin).ExamineAsync(new())).Checks.ToDictionary(check => check.Name);

    private static async Task<Run> StrayAsync(Lab lab)
    {
        Run run = await lab.TriggerAsync(await lab.ItemAsync());
        await SqlAsync(lab, "DELETE FROM work_items WHERE run_id = @p0", run.Id);
        return run;
    }

    private static Task<int> SqlAsync(Lab lab, string statement, params object?[] values) =>
        lab.Orbit.Store.WriteAsync((database, ct) => database.RunAsync(statement, values, ct), default);

    /// <summary>Makes what each check looks for; what its object begins with by the check's name.</summary>
    private static async Task<Dictionary<string, string>> BreakAsync(Lab lab)
    {
        long item = await lab.ItemAsync();
        async Task<string> RunAsync(params string[] statements)
        {
            Run run = await lab.TriggerAsync(item);
            foreach (string statement in statements)
            {
                await SqlAsync(lab, statement, run.Id, Old);
            }

            return $"run:{run.Id}";
        }

        const string Ended = "UPDATE work_items SET state = 'Ended', ended_at = @p1 WHERE run_id = @p0";
        var made = new Dictionary<string, string>
        {
            ["RUN_WITHOUT_WORK"] = await RunAsync("DELETE FROM work_items WHERE run_id = @p0", "UPDATE runs SET created_at = @p1 WHERE id = @p0"),
            ["RUN_AFTER_ITS_WORK"] = await RunAsync(Ended),
            ["RUN_REPORTS_FOR_EVER"] = await RunAsync(Ended, "UPDATE runs SET status = 'Reporting', created_at = @p1 WHERE id = @p0"),
            ["RUN_OUT_OF_CONTACT"] = await RunAsync("UPDATE runs SET status = 'Testing', contact_lost_since = @p1 WHERE id = @p0"),
            ["RUN_WAITS_LONG"] = await RunAsync("UPDATE work_items SET created_at = @p1 WHERE run_id = @p0"),
        };
        await RunAsync("UPDATE runs SET status = 'Completed' WHERE id = @p0", "UPDATE work_items SET created_at = @p1, state = 'Unknown' WHERE run_id = @p0");
        await RunAsync("UPDATE work_items SET agent_id = 999, state = 'Running', accepted_at = @p1 WHERE run_id = @p0");
        (made["WORK_WITHOUT_RUN"], made["WORK_OF_NO_AGENT"]) = ("work:", "work:");
        FakeAgent joined = await FakeAgent.JoinAsync(lab.Orbit, lab.Admin, "gone-1", new Dictionary<string, string>());
        made["PRESENCE_STALE"] = $"agent:{joined.Id}";
        made["PRESENCE_WITHOUT_AGENT"] = "agent:998";
        const string Present = "INSERT INTO agent_presence (agent_id, connected, last_seen_at, remote_address, replica, disk_note) VALUES (@p0, @p1, @p2, '', @p3, '')";
        await SqlAsync(lab, Present, joined.Id, true, Old, Guid.NewGuid());
        await SqlAsync(lab, Present, 998L, false, Old, Guid.NewGuid());
        foreach (string name in new[] { "silent-1", "silent-2", "silent-3" })
        {
            FakeAgent silent = await FakeAgent.JoinAsync(lab.Orbit, lab.Admin, name, new Dictionary<string, string>());
            await SqlAsync(lab, Present, silent.Id, false, DateTimeOffset.UtcNow.AddMinutes(-10), Guid.NewGuid());
        }

        made["MANY_AGENTS_SILENT"] = "agents:3 of 3";
        await SqlAsync(lab, "INSERT INTO service_locks (host, service, work_item_id, taken_at) VALUES ('h', 'shop', @p0, @p1)", Guid.NewGuid(), Old);
        made["LOCK_WITHOUT_WORK"] = "lock:h/shop";
        await lab.Orbit.UserAsync("old@example.org");
        await SqlAsync(lab, "UPDATE sessions SET expires_at = @p0 WHERE email = 'old@example.org'", Old);
        made["SESSION_STALE"] = "session:";
        await BreakBatchesAsync(lab, made);
        await BreakWhatFollowsAsync(lab, made);
        return made;
    }

    private static async Task BreakBatchesAsync(Lab lab, Dictionary<string, string> made)
    {
        Task<long> BatchAsync(string name, string? outcome, Guid? piece, bool keepPiece) => lab.Orbit.Store.WriteAsync(
            async (database, ct) =>
            {
                long batch = await AddBatchAsync(database, name, total: 2, ct);
                await database.RunAsync(
                    "INSERT INTO api_batch_rows (batch_id, row_no, target, name, content, expect, attempt, tries, piece_id, outcome) VALUES (@p0, 0, 't', 'n', '{}', '', 1, 1, @p1, @p2)",
                    [batch, piece ?? Guid.Empty, outcome ?? ""], ct);
                await database.RunAsync("UPDATE api_batch_rows SET outcome = NULL WHERE outcome = ''", [], ct);
                if (keepPiece)
                {
                    await database.RunAsync("INSERT INTO api_batch_pieces (id, batch_id, rows, pools) VALUES (@p0, @p1, 1, '')", [piece, batch], ct);
                }

                return batch;
            },
            default);

        made["PIECE_WITHOUT_WORK"] = $"batch:{await BatchAsync("piece", null, Guid.NewGuid(), keepPiece: true)}";
        made["ROW_WITHOUT_PIECE"] = $"batch:{await BatchAsync("row", null, Guid.NewGuid(), keepPiece: false)}";
        made["BATCH_COUNTS_WRONG"] = $"batch:{await BatchAsync("count", "Passed", null, keepPiece: false)}";
    }

    private static async Task BreakWhatFollowsAsync(Lab lab, Dictionary<string, string> made)
    {
        await SqlAsync(lab, "INSERT INTO step_logs (run_day, run_id, attempt, step, length, lines, complete, dropped) VALUES (1, 99999, 1, 'test', 0, 0, @p0, 0)", true);
        made["LOG_WITHOUT_RUN"] = "step_logs:99999";
        const string Job = "INSERT INTO report_jobs (run_id, attempt, test_item_id, state, requested_at, not_before, tries, note, error) VALUES (@p0, 1, 1, @p1, @p2, @p3, 0, '', 'broken')";
        await SqlAsync(lab, Job, 99998L, "Queued", Old, Old.AddDays(400));
        await SqlAsync(lab, Job, 99997L, "Failed", Old, Old);
        (made["REPORT_WAITS_LONG"], made["REPORT_FAILED"]) = ("run:99998", "run:99997 broken");
        await SqlAsync(lab, "INSERT INTO reports (run_id, attempt, blob_id, size, built_at) VALUES (99996, 1, @p0, 1, @p1)", Guid.NewGuid(), Old);
        made[DoctorCatalog.BlobMissing] = "report:99996 blob ";
        Delivery dead = Delivery.Of(DeliveryKind.Mail, "nobody@example.org", "hello", [], Old);
        dead.GiveUp("refused");
        await lab.Orbit.Store.WriteAsync(
            (database, _) =>
            {
                database.Deliveries.Add(dead);
                return Task.CompletedTask;
            },
            default);
        made["DEAD_LETTER"] = "delivery:";
    }

    /// <summary>A paused batch, which the server leaves alone.</summary>
    private static async Task<long> AddBatchAsync(OrbitDbContext database, string name, int total, CancellationToken ct)
    {
        var batch = new ApiBatch { Name = name, TotalCount = total, Concurrency = 1, RequestedBy = "t", CreatedAt = Old, Status = BatchStatus.Paused, SecretOwner = Guid.NewGuid() };
        database.Set<ApiBatch>().Add(batch);
        await database.SaveChangesAsync(ct);
        return batch.Id;
    }
}
