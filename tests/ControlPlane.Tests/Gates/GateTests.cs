using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.ApiTests;
using Orbit.ControlPlane.Runs;
using Orbit.ControlPlane.Tests.ApiTests;
using Orbit.Tests.Support;
using ApiItem = Orbit.Contracts.V1.ApiItem;
using ApiVisibility = Orbit.Contracts.V1.ApiVisibility;
using BatchStatus = Orbit.Contracts.V1.BatchStatus;
using GateState = Orbit.Contracts.V1.GateState;
using ItemGate = Orbit.Contracts.V1.ItemGate;
using RowOutcome = Orbit.Contracts.V1.RowOutcome;
using Run = Orbit.Contracts.V1.Run;
using RunStatus = Orbit.Contracts.V1.RunStatus;
using Verdict = Orbit.Contracts.V1.Verdict;

namespace Orbit.ControlPlane.Tests.Gates;

/// <summary>A batch of API tests that decides about a deployed version.</summary>
public sealed class GateTests
{
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_deploy_test_that_passed_is_decided_by_its_batch_and_a_rerun_of_failed_rows_decides_anew(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();
        long item = await lab.ItemAsync();
        await PutAsync(lab, item);
        Run run = await lab.TriggerAsync(item);
        Assert.Equal((GateState.Pending, 0), (run.Gate.State, run.Gate.BatchId));

        await (await (await agent.OfferAsync()).AcceptAsync()).EndAsync();
        FakeWork piece = await (await agent.OfferAsync()).AcceptAsync();
        Run open = await lab.RunAsync(run.Id);
        Assert.Equal((RunStatus.Completed, Verdict.Passed, GateState.Running), (open.Status, open.Verdict, open.Gate.State));
        Assert.Equal((open.Gate.BatchId, run.Id), (piece.Offer.Plan.ApiPiece.BatchId, (await Library.GetAsync(lab, open.Gate.BatchId)).RunId));
        await Library.EndPieceAsync(piece, _ => RowOutcome.Failed);
        Run failed = await lab.UntilAsync(run.Id, r => r.Gate.State is GateState.Failed);
        Assert.Contains("1 failed", failed.Gate.Reason, StringComparison.Ordinal);

        await Library.Batches(lab.User).RerunFailedRowsAsync(new() { Id = failed.Gate.BatchId });
        await Library.EndPieceAsync(await (await agent.OfferAsync()).AcceptAsync(), _ => RowOutcome.Passed);
        Run passed = await lab.UntilAsync(run.Id, r => r.Gate.State is GateState.Passed);
        Assert.Equal((failed.Gate.BatchId, 1), (passed.Gate.BatchId, passed.Gate.Attempt));
        List<RunEvent> events = await lab.WatchAsync(run.Id, 1);
        Assert.Equal(4, events.Count(e => e.Type is RunEventType.Gate)); // runs, failed, runs, passed
        Assert.Equal(1, await lab.Orbit.Store.ReadAsync((db, ct) => db.ApiBatches.CountAsync(ct), default));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_cancel_of_the_ended_run_stops_the_batch_and_the_next_attempt_has_a_gate_of_its_own(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();
        long item = await lab.ItemAsync();
        await PutAsync(lab, item);
        Run run = await lab.TriggerAsync(item);
        await (await (await agent.OfferAsync()).AcceptAsync()).EndAsync();
        FakeWork piece = await (await agent.OfferAsync()).AcceptAsync();

        await lab.Runs.CancelRunAsync(new() { Id = run.Id, Reason = "wrong build" });
        await agent.TakeAsync(m => m.Cancel?.AssignmentId == piece.Id);
        await piece.TellAsync(new AgentEvent { ApiPieceStarted = new() });
        await piece.EndAsync(RunStatus.Cancelled, Verdict.Cancelled);
        Run stopped = await lab.UntilAsync(run.Id, r => r.Gate.State is GateState.Stopped);
        Assert.Equal((RunStatus.Completed, Verdict.Passed), (stopped.Status, stopped.Verdict));
        Assert.Contains("wrong build", stopped.Gate.Reason, StringComparison.Ordinal);

        await lab.Runs.RerunRunAsync(new() { Id = run.Id });
        FakeWork second = await (await agent.OfferAsync()).AcceptAsync();
        Run underWay = await lab.UntilAsync(run.Id, r => r.Gate.Attempt == 2);
        Assert.Equal((GateState.Pending, 0), (underWay.Gate.State, underWay.Gate.BatchId));
        await second.EndAsync();
        await Library.EndPieceAsync(await (await agent.OfferAsync()).AcceptAsync(), _ => RowOutcome.Passed);
        Run passed = await lab.UntilAsync(run.Id, r => r.Gate.State is GateState.Passed);
        Assert.Equal(2, passed.Gate.Attempt);
        Assert.NotEqual(stopped.Gate.BatchId, passed.Gate.BatchId);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_new_attempt_stops_the_batch_of_the_one_before(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();
        long item = await lab.ItemAsync();
        await PutAsync(lab, item);
        Run run = await lab.TriggerAsync(item);
        await (await (await agent.OfferAsync()).AcceptAsync()).EndAsync();
        FakeWork piece = await (await agent.OfferAsync()).AcceptAsync();
        long batch = (await lab.UntilAsync(run.Id, r => r.Gate.BatchId != 0)).Gate.BatchId;

        await lab.Runs.RerunRunAsync(new() { Id = run.Id });
        FakeWork second = await (await agent.OfferAsync()).AcceptAsync();
        await agent.TakeAsync(m => m.Cancel?.AssignmentId == piece.Id);
        await piece.EndAsync(RunStatus.Cancelled, Verdict.Cancelled);
        Batch ended = await Library.EndedAsync(lab, batch);

        Assert.Equal(BatchStatus.Stopped, ended.Status);
        await lab.UntilAsync(run.Id, r => r.Gate is { State: GateState.Pending, Attempt: 2 });
        await second.EndAsync(RunStatus.Completed, Verdict.TestsFailed);
        Run skipped = await lab.UntilAsync(run.Id, r => r.Gate.State is GateState.Skipped);
        Assert.Equal((2, 0), (skipped.Gate.Attempt, skipped.Gate.BatchId));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_gate_that_cannot_begin_says_why_and_one_for_failed_tests_begins_all_the_same(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();
        long item = await lab.ItemAsync();
        ApiItem one = await PutAsync(lab, item, evenIfTestsFailed: true);
        Run broken = await lab.TriggerAsync(item);
        FakeWork work = await (await agent.OfferAsync()).AcceptAsync();
        await Library.Of(lab.User).DeleteCaseAsync(new() { Id = one.Id });
        await work.EndAsync(RunStatus.Completed, Verdict.TestsFailed);
        Run told = await lab.UntilAsync(broken.Id, r => r.Gate.State is GateState.Error);
        Assert.Contains($"There is no case {one.Id}", told.Gate.Reason, StringComparison.Ordinal);

        var gates = new GateService.GateServiceClient(lab.Admin);
        ItemGate known = await gates.GetItemGateAsync(new() { TestItemId = item });
        Assert.Equal((true, one.Id), (known.EvenIfTestsFailed, known.Batch.CaseIds.Single()));
        Assert.Equal(StatusCode.InvalidArgument, (await Library.RefusedAsync(async () => await gates.PutItemGateAsync(new() { TestItemId = item }))).StatusCode);
        Assert.Equal(StatusCode.NotFound, (await Library.RefusedAsync(async () => await gates.PutItemGateAsync(new() { TestItemId = item, Batch = new() { CaseIds = { one.Id } } }))).StatusCode);
        Assert.Equal(StatusCode.PermissionDenied, (await Library.RefusedAsync(async () => await new GateService.GateServiceClient(lab.User).DeleteItemGateAsync(new() { TestItemId = item }))).StatusCode);
        await gates.DeleteItemGateAsync(new() { TestItemId = item });
        Assert.Equal(StatusCode.NotFound, (await Library.RefusedAsync(async () => await gates.GetItemGateAsync(new() { TestItemId = item }))).StatusCode);
        Assert.Null((await lab.TriggerAsync(item)).Gate);
        Assert.NotNull((await lab.RunAsync(broken.Id)).Gate);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Neither_the_gate_nor_what_it_breaks_by_names_cases_to_those_who_may_not_see_them(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();
        long item = await lab.ItemAsync();
        var pools = new ResourcePoolService.ResourcePoolServiceClient(lab.Admin);
        await pools.PutResourcePoolAsync(new() { Name = "cards", Size = 1 });
        ApiItem open = await Library.CaseAsync(lab.Admin, "open");
        ApiItem secret = await Library.CaseAsync(lab.Admin, "takeover", """{"uses":["cards"],"request":{"url":"http://127.0.0.1:9/ping"},"assert":[{"status":200}]}""", visibility: ApiVisibility.Private);
        var gates = new GateService.GateServiceClient(lab.Admin);
        await gates.PutItemGateAsync(new() { TestItemId = item, Batch = new() { CaseIds = { open.Id, secret.Id } } });

        ItemGate seen = await new GateService.GateServiceClient(lab.User).GetItemGateAsync(new() { TestItemId = item });
        ItemGate whole = await gates.GetItemGateAsync(new() { TestItemId = item });
        Assert.Equal((open.Id, 1), (seen.Batch.CaseIds.Single(), seen.HiddenCount));
        Assert.Equal((2, 0), (whole.Batch.CaseIds.Count, whole.HiddenCount));

        await pools.DeleteResourcePoolAsync(new() { Name = "cards" });
        Run run = await lab.TriggerAsync(item);
        await (await (await agent.OfferAsync()).AcceptAsync()).EndAsync();
        Run broken = await lab.UntilAsync(run.Id, r => r.Gate.State is GateState.Error);
        Assert.Contains("BATCH_INVALID", broken.Gate.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("takeover", broken.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("cards", broken.ToString(), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_batch_whose_gate_never_heard_of_it_is_found_again(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();
        long item = await lab.ItemAsync();
        await PutAsync(lab, item);
        Run run = await lab.TriggerAsync(item);
        await (await (await agent.OfferAsync()).AcceptAsync()).EndAsync();
        FakeWork piece = await (await agent.OfferAsync()).AcceptAsync();
        long batch = (await lab.UntilAsync(run.Id, r => r.Gate.BatchId != 0)).Gate.BatchId;

        // As if the control plane had died between making the batch and noting it.
        await lab.Orbit.Store.WriteAsync((db, ct) => db.RunGates.Where(g => g.RunId == run.Id).ExecuteUpdateAsync(
            g => g.SetProperty(x => x.State, Orbit.ControlPlane.Runs.GateState.Pending).SetProperty(x => x.BatchId, (long?)null), ct), default);
        await Library.EndPieceAsync(piece, _ => RowOutcome.Passed);

        Run passed = await lab.UntilAsync(run.Id, r => r.Gate.State is GateState.Passed);
        Assert.Equal(batch, passed.Gate.BatchId);
        Assert.Equal(1, await lab.Orbit.Store.ReadAsync((db, ct) => db.ApiBatches.CountAsync(ct), default));
    }

    private static async Task<ApiItem> PutAsync(Lab lab, long item, bool evenIfTestsFailed = false)
    {
        ApiItem one = await Library.CaseAsync(lab.User, "ping");
        await new GateService.GateServiceClient(lab.Admin).PutItemGateAsync(new() { TestItemId = item, EvenIfTestsFailed = evenIfTestsFailed, Batch = new() { CaseIds = { one.Id } } });
        return one;
    }
}
