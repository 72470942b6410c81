using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.ApiTests;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Scheduling;
using Orbit.Tests.Support;
using ApiDataset = Orbit.Contracts.V1.ApiDataset;
using ApiItem = Orbit.Contracts.V1.ApiItem;
using BatchStatus = Orbit.Contracts.V1.BatchStatus;
using RowOutcome = Orbit.Contracts.V1.RowOutcome;

namespace Orbit.ControlPlane.Tests.ApiTests;

/// <summary>Batches from the wish to the report, with an agent that says what the test wants.</summary>
public sealed class BatchTests
{
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_batch_runs_every_enabled_row_once_and_reruns_what_failed_with_the_total_kept(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        ApiBatchService.ApiBatchServiceClient batches = Library.Batches(lab.User);
        Dictionary<long, int> given = [];
        await using RowAgent agent = await RowAgent.StartAsync(lab);
        agent.Judge = row =>
        {
            given[row.Row] = given.GetValueOrDefault(row.Row) + 1;
            return row.Row % 4 == 0 ? RowOutcome.Failed : RowOutcome.Passed;
        };

        long id = await MakeAsync(lab, rows: 20, disabled: 3);
        Batch ended = await Library.EndedAsync(lab, id);

        Assert.Equal((BatchStatus.Completed, 17, 17, 12, 5), (ended.Status, ended.TotalCount, ended.CompletedCount, ended.PassCount, ended.FailCount));
        Assert.Equal(Enumerable.Range(0, 17).Select(n => (long)n), given.Keys.Order());
        Assert.All(given.Values, times => Assert.Equal(1, times));
        agent.Judge = row => row.Row == 0 ? RowOutcome.Failed : RowOutcome.Passed;
        await batches.RerunFailedRowsAsync(new() { Id = id });
        Batch again = await Library.EndedAsync(lab, id);
        Assert.Equal((17, 17, 16, 1), (again.TotalCount, again.CompletedCount, again.PassCount, again.FailCount));

        ListBatchRowsResponse failed = await batches.ListBatchRowsAsync(new() { Id = id, Outcome = RowOutcome.Failed });
        Assert.Equal([(0, 2)], failed.Rows.Select(r => (r.Row, r.Attempt)));
        Assert.Equal([0], (await batches.ListBatchRowsAsync(new() { Id = id, Fingerprint = "f-500" })).Rows.Select(r => r.Row));
        BatchRowRecord row = await batches.GetBatchRowAsync(new() { Id = id, Row = 4 });
        Assert.Equal(2, row.Attempts.Count);
        Assert.Contains("curl", row.Curl.Single().Command, StringComparison.Ordinal);
        Assert.Equal(StatusCode.FailedPrecondition, (await Library.RefusedAsync(async () => await batches.PauseBatchAsync(new() { Id = id }))).StatusCode);
        Assert.Equal(StatusCode.NotFound, (await Library.RefusedAsync(async () => await batches.GetBatchRowAsync(new() { Id = id, Row = 99 }))).StatusCode);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_report_compares_with_the_batch_before_and_shows_the_trend(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        ApiBatchService.ApiBatchServiceClient batches = Library.Batches(lab.User);
        await using RowAgent agent = await RowAgent.StartAsync(lab);
        long dataset = await DatasetAsync(lab, 6);
        ApiItem one = await Library.CaseAsync(lab.User, "ping");
        async Task<long> RunAsync(params long[] failing)
        {
            agent.Judge = row => failing.Contains(row.Row) ? RowOutcome.Failed : RowOutcome.Passed;
            Batch made = await batches.CreateBatchAsync(new() { Name = "nightly", CaseIds = { one.Id }, DatasetId = dataset });
            return (await Library.EndedAsync(lab, made.Id)).Id;
        }

        long first = await RunAsync(1, 2);
        long second = await RunAsync(2, 3);
        long third = await RunAsync();

        BatchReport report = await batches.GetBatchReportAsync(new() { Id = second });
        Assert.Equal((4d / 6, 6), (report.PassRate, report.RequestCount));
        Assert.Equal((first, 1), (report.Comparison.BatchId, report.Comparison.StillFailing));
        Assert.Equal([3], report.Comparison.NewlyFailed.Select(r => r.Row));
        Assert.Equal([1], report.Comparison.NewlyPassed.Select(r => r.Row));
        Assert.Equal(("f-500", "assertion", 2, 2), (report.Clusters[0].Fingerprint, report.Clusters[0].FailureClass, report.Clusters[0].Count, report.Clusters[0].FirstRow));
        Assert.Equal([first, second], report.Trend.Select(b => b.Id));
        Assert.Equal(10, report.P99Ms, tolerance: 0.5);
        BatchReport chosen = await batches.GetBatchReportAsync(new() { Id = third, CompareWith = first });
        Assert.Equal([1, 2], chosen.Comparison.NewlyPassed.Select(r => r.Row));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task What_a_batch_runs_with_is_a_copy_and_the_same_key_gives_the_same_batch(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        ApiBatchService.ApiBatchServiceClient batches = Library.Batches(lab.User);
        ApiItem one = await Library.CaseAsync(lab.User, "ping", folder: "f/x", tags: ["t"]);
        var request = new CreateBatchRequest { Folder = "f", IdempotencyKey = "k" };
        Batch[] same = await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ => (Batch)await batches.CreateBatchAsync(request)));
        Batch made = same[0];
        Assert.Single(same.Select(b => b.Id).Distinct());
        await Library.Of(lab.User).UpdateCaseAsync(new() { Id = one.Id, Spec = Library.Json("""{"request":{"url":"http://127.0.0.1:9/changed"}}""") });
        FakeAgentSession agent = await lab.AgentAsync();

        FakeWork work = await (await agent.OfferAsync()).AcceptAsync();
        Assert.Contains("/ping", work.Offer.Plan.ApiPiece.Document, StringComparison.Ordinal);
        Assert.DoesNotContain("/changed", work.Offer.Plan.ApiPiece.Document, StringComparison.Ordinal);
        await Library.EndPieceAsync(work, _ => RowOutcome.Unchecked);
        Batch ended = await Eventually.ReadAsync(() => Library.GetAsync(lab, made.Id), b => b.Status is BatchStatus.Completed);
        Assert.Equal((1, 0), (ended.UncheckedCount, ended.PassCount));
        Assert.Equal(made.Id, (await batches.ListBatchesAsync(new())).Batches.Single().Id);
        await Library.ScenarioAsync(lab.User, "ping", """{"steps":["ping"]}""");
        foreach (CreateBatchRequest wrong in (CreateBatchRequest[])[new(), new() { Folder = "nowhere" }, new() { Tag = "t", Concurrency = 1001 }, new() { Tag = "t", Priority = 11 }, new() { Document = "orbit: 1\ncases: []" }, new() { Document = "{" }])
        {
            Assert.Equal(StatusCode.InvalidArgument, (await Library.RefusedAsync(async () => await batches.CreateBatchAsync(wrong))).StatusCode);
        }

        Assert.Equal(StatusCode.NotFound, (await Library.RefusedAsync(async () => await batches.CreateBatchAsync(new() { Tag = "t", DatasetId = 99 }))).StatusCode);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_stopped_batch_skips_what_was_not_reached_and_a_piece_that_came_to_nothing_is_given_out_anew(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        ApiBatchService.ApiBatchServiceClient batches = Library.Batches(lab.User);
        FakeAgentSession agent = await lab.AgentAsync();
        long id = await MakeAsync(lab, rows: 12, concurrency: 1);
        FakeWork lost = await (await agent.OfferAsync()).AcceptAsync();
        long[] first = [.. lost.Offer.Plan.ApiPiece.Rows.Select(r => r.Row)];
        await lost.TellAsync(new AgentEvent { ApiPieceStarted = new() });
        await lost.EndAsync(); // no result
        FakeWork anew = await (await agent.OfferAsync()).AcceptAsync();
        Assert.Equal(first, anew.Offer.Plan.ApiPiece.Rows.Select(r => r.Row));

        await batches.StopBatchAsync(new() { Id = id });
        await agent.TakeAsync(m => m.Cancel?.AssignmentId == anew.Id);
        await anew.TellAsync(new AgentEvent { ApiPieceStarted = new() });
        await anew.EndAsync(RunStatus.Cancelled, Verdict.Cancelled);
        Batch stopped = await Eventually.ReadAsync(() => Library.GetAsync(lab, id), b => b.Status is BatchStatus.Stopped);

        Assert.Equal((12, 12, 12), (stopped.TotalCount, stopped.CompletedCount, stopped.SkippedCount));
        Assert.All((await batches.ListBatchRowsAsync(new() { Id = id })).Rows, r => Assert.Equal("stopped", r.FailureClass));
        Assert.Equal(StatusCode.FailedPrecondition, (await Library.RefusedAsync(async () => await batches.RerunFailedRowsAsync(new() { Id = id }))).StatusCode);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Records_go_first_whole_batches_later_and_what_runs_is_left_alone(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        await using (RowAgent agent = await RowAgent.StartAsync(lab))
        {
            await Library.EndedAsync(lab, await MakeAsync(lab, rows: 5));
        }

        long old = (await Library.Batches(lab.User).ListBatchesAsync(new())).Batches.Single().Id;
        FakeAgentSession another = await lab.AgentAsync("lab-2");
        long running = await MakeAsync(lab, rows: 3);
        await (await another.OfferAsync()).AcceptAsync();
        BatchRetentionCommands retention = lab.Orbit.Services.GetRequiredService<BatchRetentionCommands>();
        Assert.Equal(0, await retention.DeleteSomeAsync(default));

        lab.Orbit.Clock.Advance(TimeSpan.FromDays(31));
        await UntilNothingAsync(retention);
        BatchRowRecord row = await Library.Batches(await lab.Orbit.UserAsync()).GetBatchRowAsync(new() { Id = old, Row = 0 });
        Assert.Equal((RowOutcome.Passed, 0), (row.Row.Outcome, row.Attempts.Single().Fields.Count));
        Assert.Equal(0, await lab.Orbit.Store.ReadAsync((db, ct) => db.WorkItems.CountAsync(w => w.State == WorkState.Ended, ct), default));
        lab.Orbit.Clock.Advance(TimeSpan.FromDays(150));
        await UntilNothingAsync(retention);

        Assert.Equal([running], await lab.Orbit.Store.ReadAsync((db, ct) => db.ApiBatches.Select(b => b.Id).ToListAsync(ct), default));
        Assert.Equal(0, await lab.Orbit.Store.ReadAsync((db, ct) => db.ApiBatchAttempts.CountAsync(a => a.BatchId == old, ct), default));
        Assert.Equal(3, await lab.Orbit.Store.ReadAsync((db, ct) => db.ApiBatchRows.CountAsync(ct), default));
    }

    [Fact]
    public async Task A_jump_of_the_servers_clock_takes_no_work_from_an_agent_that_is_there()
    {
        await using Lab lab = await Lab.StartAsync(Databases.Sqlite, "--Agents:HeartbeatInterval=00:00:00.3", "--Agents:LeaseDuration=00:00:01");
        await Task.Delay(TimeSpan.FromSeconds(1)); // after a start nobody is taken for lost so long
        FakeAgentSession agent = await lab.AgentAsync();
        long id = await MakeAsync(lab, rows: 1);
        FakeWork piece = await (await agent.OfferAsync()).AcceptAsync();
        Signals signals = lab.Orbit.Services.GetRequiredService<Signals>();

        for (int jump = 0; jump < 20; jump++)
        {
            lab.Orbit.Clock.Advance(TimeSpan.FromSeconds(20));
            signals.Raise(Topics.Batches); // looks before the next heartbeat is written down
            await agent.BeatAsync();
        }

        await Library.EndPieceAsync(piece, _ => RowOutcome.Passed);
        Assert.Equal(1, (await Library.EndedAsync(lab, id)).PassCount);
        Assert.DoesNotContain(agent.Received, m => m.Fenced is not null);
    }

    private static async Task UntilNothingAsync(BatchRetentionCommands retention)
    {
        while (await retention.DeleteSomeAsync(default) > 0)
        {
            // there is more
        }
    }

    private static async Task<long> MakeAsync(Lab lab, int rows, int disabled = 0, int concurrency = 3)
    {
        long dataset = await DatasetAsync(lab, rows);
        for (int i = 0; i < disabled; i++)
        {
            await Library.Of(lab.User).UpdateDatasetRowAsync(new() { Id = dataset, Number = i, Enabled = false });
        }

        string document = """{"orbit":1,"cases":[{"name":"ping","request":{"url":"http://127.0.0.1:9/ping?{{n}}"},"assert":[{"status":200}]}]}""";
        Batch made = await Library.Batches(lab.User).CreateBatchAsync(new() { Document = document, DatasetId = dataset, Concurrency = concurrency });
        Assert.Equal(rows - disabled, made.TotalCount);
        return made.Id;
    }

    private static async Task<long> DatasetAsync(Lab lab, int rows)
    {
        ApiDataset made = await Library.Of(lab.User).CreateDatasetAsync(new() { Name = $"rows {Guid.NewGuid()}", Content = "n\n" + string.Concat(Enumerable.Range(0, rows).Select(i => $"{i}\n")) });
        return made.Id;
    }
}
