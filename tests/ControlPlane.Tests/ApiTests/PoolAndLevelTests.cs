using Grpc.Core;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.ApiTests;
using Orbit.Tests.Support;
using ApiDataset = Orbit.Contracts.V1.ApiDataset;
using RowOutcome = Orbit.Contracts.V1.RowOutcome;

namespace Orbit.ControlPlane.Tests.ApiTests;

/// <summary>How many rows run at a time: places in resource pools, and a level that follows the target.</summary>
public sealed class PoolAndLevelTests
{
    private const string Uses = """{"orbit":1,"cases":[{"name":"shop","uses":["browser"],"request":{"url":"http://127.0.0.1:9/"}},{"name":"ping","request":{"url":"http://127.0.0.1:9/"}}]}""";

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_pool_of_one_is_never_given_out_twice_over_batches_and_agents_while_other_rows_go_on(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        ApiBatchService.ApiBatchServiceClient batches = Library.Batches(lab.User);
        var pools = new ResourcePoolService.ResourcePoolServiceClient(lab.User);
        Assert.Equal(StatusCode.InvalidArgument, (await Library.RefusedAsync(async () => await batches.CreateBatchAsync(new() { Document = Uses }))).StatusCode);
        await pools.PutResourcePoolAsync(new() { Name = "browser", Size = 1, Description = "the one with a licence" });
        FakeAgentSession one = await lab.AgentAsync("lab-1");
        FakeAgentSession two = await lab.AgentAsync("lab-2");
        Task<FakeWork>[] offers = [one.OfferAsync(), two.OfferAsync()];

        Batch first = await batches.CreateBatchAsync(new() { Document = Uses, DocumentRun = "shop" });
        FakeWork held = await (await await Task.WhenAny(offers)).AcceptAsync();
        Batch second = await batches.CreateBatchAsync(new() { Document = Uses }); // shop and ping
        FakeWork free = await (await offers.Single(o => !o.IsCompleted)).AcceptAsync();

        Assert.Equal((first.Id, "shop"), (held.Offer.Plan.ApiPiece.BatchId, held.Offer.Plan.ApiPiece.Rows.Single().Target));
        Assert.Equal((second.Id, "ping"), (free.Offer.Plan.ApiPiece.BatchId, free.Offer.Plan.ApiPiece.Rows.Single().Target));
        Assert.Equal(1, (await pools.ListResourcePoolsAsync(new())).Pools.Single().InUse);
        await Library.EndPieceAsync(free, _ => RowOutcome.Passed);
        Batch waiting = await Eventually.ReadAsync(() => Library.GetAsync(lab, second.Id), b => b.CompletedCount == 1 && b.WaitingReason.Length > 0);
        Assert.Equal("waits for a place in a resource pool: browser", waiting.WaitingReason);
        Assert.Equal(StatusCode.FailedPrecondition, (await Library.RefusedAsync(async () => await pools.DeleteResourcePoolAsync(new() { Name = "browser" }))).StatusCode);

        Task<FakeWork>[] next = [one.OfferAsync(), two.OfferAsync()];
        await Library.EndPieceAsync(held, _ => RowOutcome.Passed);
        FakeWork last = await (await await Task.WhenAny(next)).AcceptAsync();
        Assert.Equal((second.Id, "shop"), (last.Offer.Plan.ApiPiece.BatchId, last.Offer.Plan.ApiPiece.Rows.Single().Target));
        await Library.EndPieceAsync(last, _ => RowOutcome.Passed);
        await Library.EndedAsync(lab, second.Id);
        await pools.DeleteResourcePoolAsync(new() { Name = "browser" });
        Assert.Empty((await pools.ListResourcePoolsAsync(new())).Pools);
    }

    [Fact]
    public async Task An_adaptive_batch_runs_fewer_rows_at_a_time_when_they_get_slow_and_says_so()
    {
        await using Lab lab = await Lab.StartAsync("sqlite");
        FakeAgentSession agent = await lab.AgentAsync();
        ApiDataset dataset = await Library.Of(lab.User).CreateDatasetAsync(new() { Name = "rows", Content = "n\n" + string.Concat(Enumerable.Range(0, 400).Select(i => $"{i}\n")) });
        string document = """{"orbit":1,"cases":[{"name":"ping","request":{"url":"http://127.0.0.1:9/ping?{{n}}"}}]}""";
        Batch made = await Library.Batches(lab.User).CreateBatchAsync(new() { Document = document, DatasetId = dataset.Id, Concurrency = 8, Adaptive = true });
        Assert.Equal((true, 8, 4), (made.Adaptive, made.Concurrency, made.ConcurrencyNow));

        double took = 10;
        int level = 4;
        var levels = new List<int>();
        while (true)
        {
            FakeWork work = await (await agent.OfferAsync()).AcceptAsync();
            var rows = new ApiRowsEnded();
            rows.Rows.Add(work.Offer.Plan.ApiPiece.Rows.Select(r => Library.Result(r, RowOutcome.Passed, took)));
            await work.TellAsync(new AgentEvent { ApiPieceStarted = new() }, new AgentEvent { ApiRowsEnded = rows });
            await work.EndAsync();
            level = (await Library.GetAsync(lab, made.Id)).ConcurrencyNow;
            levels.Add(level);
            took = level >= 6 ? 100 : took;
            if (took > 10 && level <= 3)
            {
                break;
            }
        }

        Assert.Contains(levels, l => l >= 6);
        await Library.Batches(lab.User).StopBatchAsync(new() { Id = made.Id });
        using AsyncServerStreamingCall<BatchEvent> events = Library.Batches(lab.User).WatchBatch(new() { Id = made.Id });
        bool told = false;
        while (!told && await events.ResponseStream.MoveNext())
        {
            told = events.ResponseStream.Current.Text.Contains("times as long as usual", StringComparison.Ordinal);
        }

        Assert.True(told);
    }

    [Fact]
    public void A_level_rises_by_one_and_falls_by_half()
    {
        var level = new AdaptiveLevel();
        Assert.Equal((4, ""), level.Next(4, 10)); // nothing has ended
        void Rows(int count, double ms, string failure = "")
        {
            for (int i = 0; i < count; i++)
            {
                level.Note("slow", ms * 10, failure);
                level.Note("quick", ms, failure);
            }
        }

        Rows(5, 10);
        Assert.Equal((5, ""), level.Next(4, 10));
        Rows(5, 13);
        Assert.Equal((6, ""), level.Next(5, 10)); // no more than noise
        Rows(5, 40);
        (int now, string why) = level.Next(6, 10);
        Assert.Equal(3, now);
        Assert.Contains("times as long as usual", why, StringComparison.Ordinal);
        Rows(8, 10);
        Rows(1, 10, "timeout");
        Assert.Equal((1, "2 of 18 rows could not connect or had no answer in time"), level.Next(3, 10));
        Rows(5, 10);
        Assert.Equal((10, ""), level.Next(10, 10));
        Rows(20, 10);
        Assert.Equal((4, ""), level.Next(9, 4)); // somebody lowered the limit
    }
}
