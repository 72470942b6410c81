using Grpc.Core;
using Orbit.ControlPlane.Feed;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Runs;

/// <summary>The wire face of runs: parse, one call, map.</summary>
internal sealed class RunGrpcService(
    OrbitStore store, TriggerCommands trigger, RunCommands commands, RerunCommands reruns, RunCareCommands care, RunWatch watch, RunLogs logs, OpenStreams streams, PublicUrl url, TimeProvider time)
    : Wire.RunService.RunServiceBase
{
    private const int MostActive = 1000;

    public override async Task<Wire.Run> TriggerDeployTest(Wire.TriggerDeployTestRequest request, ServerCallContext context)
    {
        CreatedRun created = await trigger.TriggerAsync(request.ToDomain(Caller.Of(context)), context.CancellationToken);
        return created.View?.ToWire(url.Value) ?? await ReadAsync(created.Id, context);
    }

    public override async Task<Wire.ListRunsResponse> ListRuns(Wire.ListRunsRequest request, ServerCallContext context)
    {
        int size = Paging.Size(request.PageSize, request.Limit);
        long before = Paging.IdAfter(request.PageToken) ?? long.MaxValue;
        List<RunView> runs = await store.ReadAsync((database, ct) => database.RunPageAsync(request.ToFilter(), before, size + 1, ct), context.CancellationToken);
        Page<RunView> page = Paging.Cut(runs, size, last => last.Run.Id);
        var response = new Wire.ListRunsResponse { NextPageToken = page.NextToken };
        response.Runs.AddRange(page.Rows.Select(r => r.ToWire(url.Value)));
        return response;
    }

    public override async Task<Wire.ListActiveRunsResponse> ListActiveRuns(Wire.ListActiveRunsRequest request, ServerCallContext context)
    {
        // The position first: what changes while the runs are read is told again by the feed.
        long position = await store.ReadAsync((database, ct) => database.FeedPositionAsync(ct), context.CancellationToken);
        List<RunView> runs = await store.ReadAsync((database, ct) => database.ActiveRunsAsync(MostActive, ct), context.CancellationToken);
        var response = new Wire.ListActiveRunsResponse { FeedSequence = position };
        response.Runs.AddRange(runs.Select(r => r.ToWire(url.Value)));
        return response;
    }

    public override Task<Wire.Run> GetRun(Wire.GetRunRequest request, ServerCallContext context) => ReadAsync(request.Id, context);

    public override async Task<Wire.Run> CancelRun(Wire.CancelRunRequest request, ServerCallContext context)
    {
        await commands.CancelAsync(request.Id, Caller.Of(context).Name, RunRequestMapping.Reason(request.Reason), context.CancellationToken);
        return await ReadAsync(request.Id, context);
    }

    public override async Task<Wire.Run> RerunRun(Wire.RerunRunRequest request, ServerCallContext context)
    {
        await reruns.RerunAsync(request.Id, request.FailedOnly, Caller.Of(context).Name, context.CancellationToken);
        return await ReadAsync(request.Id, context);
    }

    public override async Task<Wire.Run> RollbackRun(Wire.RollbackRunRequest request, ServerCallContext context)
    {
        await reruns.RollbackAsync(request.Id, Caller.Of(context).Name, context.CancellationToken);
        return await ReadAsync(request.Id, context);
    }

    public override async Task<Wire.Run> DeclareRunEnded(Wire.DeclareRunEndedRequest request, ServerCallContext context)
    {
        string reason = RunRequestMapping.RequiredReason(request.Reason);
        await commands.DeclareEndedAsync(request.Id, $"declared ended by {Caller.Of(context).Name}: {reason}", context.CancellationToken);
        return await ReadAsync(request.Id, context);
    }

    public override async Task<Wire.Run> ExtendRun(Wire.ExtendRunRequest request, ServerCallContext context)
    {
        await care.ExtendAsync(request.Id, request.Seconds, Caller.Of(context), context.CancellationToken);
        return await ReadAsync(request.Id, context);
    }

    public override async Task<Wire.Run> PinRun(Wire.PinRunRequest request, ServerCallContext context)
    {
        await care.PinAsync(request.Id, request.Pinned, RunRequestMapping.Note(request.Note), Caller.Of(context), context.CancellationToken);
        return await ReadAsync(request.Id, context);
    }

    public override async Task<Wire.DeleteRunResponse> DeleteRun(Wire.DeleteRunRequest request, ServerCallContext context)
    {
        await care.DeleteAsync(request.Id, Caller.Of(context), context.CancellationToken);
        return new();
    }

    public override Task WatchRun(Wire.WatchRunRequest request, IServerStreamWriter<Wire.RunEvent> responses, ServerCallContext context) =>
        streams.RunAsync(context, async ct =>
        {
            await foreach (WatchedEvent watched in watch.ReadAsync(request.RunId, request.AfterSeq, ct))
            {
                await responses.WriteAsync(watched.ToWire(url.Value, time.GetUtcNow()), ct);
            }
        });

    public override Task ReadLog(Wire.ReadLogRequest request, IServerStreamWriter<Wire.RawBody> responses, ServerCallContext context) =>
        streams.RunAsync(context, async ct =>
        {
            string type = "text/plain; charset=utf-8";
            await foreach (ReadOnlyMemory<byte> bytes in logs.ReadAsync(request.ToQuery(), ct))
            {
                await responses.WriteAsync(new() { ContentType = type, Data = Google.Protobuf.UnsafeByteOperations.UnsafeWrap(bytes) }, ct);
                type = "";
            }

            if (type.Length > 0)
            {
                await responses.WriteAsync(new() { ContentType = type }, ct); // an empty log is still text
            }
        });

    public override Task FollowLog(Wire.FollowLogRequest request, IServerStreamWriter<Wire.LogChunk> responses, ServerCallContext context) =>
        streams.RunAsync(context, async ct =>
        {
            await foreach (StepLogPiece piece in logs.FollowAsync(request.ToQuery(), ct))
            {
                await responses.WriteAsync(piece.ToWire(), ct);
            }
        });

    public override async Task<Wire.ListLogsResponse> ListLogs(Wire.ListLogsRequest request, ServerCallContext context)
    {
        var response = new Wire.ListLogsResponse();
        response.Logs.AddRange((await logs.ListAsync(request.RunId, request.Attempt, context.CancellationToken)).Select(l => l.ToWire()));
        return response;
    }

    public override async Task<Wire.SearchLogResponse> SearchLog(Wire.SearchLogRequest request, ServerCallContext context) =>
        (await logs.SearchAsync(request.ToQuery(), request.ToSearch(), context.CancellationToken)).ToWire();

    public override Task<Wire.CompareRunsResponse> CompareRuns(Wire.CompareRunsRequest request, ServerCallContext context) =>
        store.ReadAsync(
            async (database, ct) =>
            {
                Run run = (await database.RunViewAsync(request.RunId, ct)).Run;
                Run against = await database.BaseOfAsync(run, request.BaseRunId, ct);
                List<TestChange> changes = RunComparison.Compare(await database.TestStatesAsync(against, ct), await database.TestStatesAsync(run, ct));
                Wire.Run wire = (await database.RunViewAsync(against.Id, ct)).ToWire(url.Value);
                return changes.ToWire(wire, request, await database.TestMessagesAsync(run, ct));
            },
            context.CancellationToken);

    public override async Task<Wire.ListRunTestsResponse> ListRunTests(Wire.ListRunTestsRequest request, ServerCallContext context)
    {
        int size = Paging.Size(request.PageSize, request.Limit, standard: 1000, largest: 10_000);
        string after = Paging.TextAfter(request.PageToken) ?? "";
        TestFilter filter = request.ToFilter();
        List<TestView> tests = await store.ReadAsync((database, ct) => database.TestPageAsync(filter, after, size + 1, ct), context.CancellationToken);
        Page<TestView> page = Paging.Cut(tests, size, last => TestViews.PositionOf(last.Test));
        var response = new Wire.ListRunTestsResponse { NextPageToken = page.NextToken };
        response.Tests.AddRange(page.Rows.Select(t => t.Test.ToWire(t.Flaky)));
        return response;
    }

    private async Task<Wire.Run> ReadAsync(long id, ServerCallContext context) =>
        (await store.ReadAsync((database, ct) => database.RunViewAsync(id, ct), context.CancellationToken)).ToWire(url.Value);
}
