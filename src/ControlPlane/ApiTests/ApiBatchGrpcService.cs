using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Orbit.ApiTesting.Reports;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>The wire face of batches.</summary>
internal sealed class ApiBatchGrpcService(OrbitStore store, BatchCommands commands, FailureNoteCommands notes, BatchWatch watch, OpenStreams streams) : Wire.ApiBatchService.ApiBatchServiceBase
{
    public override async Task<Wire.Batch> CreateBatch(Wire.CreateBatchRequest request, ServerCallContext context) =>
        await ReadAsync(await commands.CreateAsync(request.ToWish(), Caller.Of(context), context.CancellationToken), context);

    public override async Task<Wire.ListBatchesResponse> ListBatches(Wire.ListBatchesRequest request, ServerCallContext context)
    {
        int size = Paging.Size(request.PageSize, request.Limit);
        long? before = Paging.IdAfter(request.PageToken);
        string name = TextRule.Filter("name", request.Name);
        (List<BatchView> views, string next) = await store.ReadAsync((database, ct) => database.BatchPageAsync(name, before, size, Caller.Of(context), ct), context.CancellationToken);
        return new() { Batches = { views.Select(v => v.ToWire()) }, NextPageToken = next };
    }

    public override async Task<Wire.ListActiveBatchesResponse> ListActiveBatches(Wire.ListActiveBatchesRequest request, ServerCallContext context)
    {
        List<BatchView> views = await store.ReadAsync((database, ct) => database.ActiveBatchesAsync(Caller.Of(context), ct), context.CancellationToken);
        return new() { Batches = { views.Select(v => v.ToWire()) } };
    }

    public override Task<Wire.Batch> GetBatch(Wire.GetBatchRequest request, ServerCallContext context) => ReadAsync(request.Id, context);

    public override async Task<Wire.Batch> PauseBatch(Wire.PauseBatchRequest request, ServerCallContext context)
    {
        await commands.PauseAsync(request.Id, Caller.Of(context), context.CancellationToken);
        return await ReadAsync(request.Id, context);
    }

    public override async Task<Wire.Batch> ResumeBatch(Wire.ResumeBatchRequest request, ServerCallContext context)
    {
        await commands.ResumeAsync(request.Id, Caller.Of(context), context.CancellationToken);
        return await ReadAsync(request.Id, context);
    }

    public override async Task<Wire.Batch> StopBatch(Wire.StopBatchRequest request, ServerCallContext context)
    {
        await commands.StopAsync(request.Id, Caller.Of(context), context.CancellationToken);
        return await ReadAsync(request.Id, context);
    }

    public override async Task<Wire.Batch> SetBatchConcurrency(Wire.SetBatchConcurrencyRequest request, ServerCallContext context)
    {
        await commands.LimitAsync(request.Id, request.Concurrency, Caller.Of(context), context.CancellationToken);
        return await ReadAsync(request.Id, context);
    }

    public override async Task<Wire.Batch> RerunFailedRows(Wire.RerunFailedRowsRequest request, ServerCallContext context)
    {
        await commands.RerunFailedAsync(request.Id, Caller.Of(context), context.CancellationToken);
        return await ReadAsync(request.Id, context);
    }

    public override Task WatchBatch(Wire.WatchBatchRequest request, IServerStreamWriter<Wire.BatchEvent> responseStream, ServerCallContext context) =>
        streams.RunAsync(context, async ct =>
        {
            await foreach (WatchedBatch watched in watch.ReadAsync(request.Id, request.AfterSeq, Caller.Of(context), ct))
            {
                await responseStream.WriteAsync(watched.ToWire(), ct);
            }
        });

    public override async Task<Wire.ListBatchRowsResponse> ListBatchRows(Wire.ListBatchRowsRequest request, ServerCallContext context)
    {
        int size = Paging.Size(request.PageSize, 0);
        long after = Paging.IdAfter(request.PageToken) ?? -1;
        RowOutcome? outcome = request.Outcome.ToDomain();
        string mark = TextRule.Filter("fingerprint", request.Fingerprint);
        await RequireReadableAsync(request.Id, context);
        List<BatchRowView> rows = await store.ReadAsync((database, ct) => database.RowPageAsync(request.Id, after, outcome, mark, size + 1, ct), context.CancellationToken);
        Page<BatchRowView> page = Paging.Cut(rows, size, r => r.Row.RowNo);
        return new() { Rows = { page.Rows.Select(r => r.ToWire()) }, NextPageToken = page.NextToken };
    }

    public override async Task<Wire.BatchRowRecord> GetBatchRow(Wire.GetBatchRowRequest request, ServerCallContext context)
    {
        await RequireReadableAsync(request.Id, context);
        (BatchRowView row, List<ApiBatchAttempt> attempts) = await store.ReadAsync((database, ct) => database.WholeRowAsync(request.Id, request.Row, ct), context.CancellationToken);
        var wire = new Wire.BatchRowRecord { Row = row.ToWire() };
        wire.Attempts.AddRange(attempts.Select(a => BatchMapping.RecordStruct(a.Record)));
        if (attempts.Count > 0)
        {
            using JsonDocument newest = JsonDocument.Parse(BatchMapping.RecordText(attempts[^1].Record));
            wire.Curl.AddRange(CurlText.OfRow(newest.RootElement).Select(c => new Wire.CurlCommand { Step = c.Step, Command = c.Command }));
        }

        return wire;
    }

    public override async Task<Wire.BatchReport> GetBatchReport(Wire.GetBatchReportRequest request, ServerCallContext context)
    {
        await RequireReadableAsync(request.Id, context);
        BatchFigures figures = await store.ReadAsync((database, ct) => database.FiguresAsync(request.Id, request.CompareWith, Caller.Of(context), ct), context.CancellationToken);
        ApiBatch batch = figures.Batch.Batch;
        var report = new Wire.BatchReport
        {
            Batch = figures.Batch.ToWire(),
            PassRate = batch.PassCount + batch.FailCount == 0 ? 0 : (double)batch.PassCount / (batch.PassCount + batch.FailCount),
            RequestCount = figures.Requests,
            P50Ms = figures.Durations.Percentile(50),
            P95Ms = figures.Durations.Percentile(95),
            P99Ms = figures.Durations.Percentile(99),
        };
        report.Slowest.AddRange(figures.Slowest.Select(r => r.ToWire()));
        report.Clusters.AddRange(figures.Clusters.Select(c => new Wire.FailureCluster
        {
            Fingerprint = c.Fingerprint,
            FailureClass = c.FailureClass,
            Reason = c.Reason,
            Count = c.Count,
            FirstRow = c.FirstRow,
            Note = figures.Notes.GetValueOrDefault(c.Fingerprint)?.ToWire(),
        }));
        report.Trend.AddRange(figures.Trend.Select(b => b.ToWire()));
        if (figures.Difference is { } difference)
        {
            report.Comparison = new() { BatchId = difference.BatchId, StillFailing = difference.StillFailing };
            report.Comparison.NewlyFailed.AddRange(difference.NewlyFailed.Select(r => r.ToWire()));
            report.Comparison.NewlyPassed.AddRange(difference.NewlyPassed.Select(r => r.ToWire()));
        }

        return report;
    }

    public override async Task<Wire.ListFailureNotesResponse> ListFailureNotes(Wire.ListFailureNotesRequest request, ServerCallContext context)
    {
        int size = Paging.Size(request.PageSize, 0);
        string? after = Paging.TextAfter(request.PageToken);
        string person = TextRule.Filter("assigned_to", request.AssignedTo);
        Page<FailureNote> page = await store.ReadAsync((database, ct) => database.NotePageAsync(Caller.Of(context), person, after, size, ct), context.CancellationToken);
        return new() { Notes = { page.Rows.Select(n => n.ToWire()) }, NextPageToken = page.NextToken };
    }

    public override async Task<Wire.FailureNote> PutFailureNote(Wire.PutFailureNoteRequest request, ServerCallContext context) =>
        (await notes.PutAsync(request.Fingerprint, request.Text, request.Issue, request.AssignedTo, request.BatchId, Caller.Of(context), context.CancellationToken)).ToWire();

    public override async Task<Wire.DeleteFailureNoteResponse> DeleteFailureNote(Wire.DeleteFailureNoteRequest request, ServerCallContext context)
    {
        await notes.DeleteAsync(request.Fingerprint, Caller.Of(context), context.CancellationToken);
        return new();
    }

    public override Task ExportBatch(Wire.ExportBatchRequest request, IServerStreamWriter<Wire.RawBody> responseStream, ServerCallContext context) =>
        streams.RunAsync(context, async ct =>
        {
            await RequireReadableAsync(request.Id, context);
            await foreach ((string type, byte[] data) in store.ExportAsync(request.Id, request.Format, Caller.Of(context), ct))
            {
                await responseStream.WriteAsync(new() { ContentType = type, Data = ByteString.CopyFrom(data) }, ct);
            }
        });

    private Task<bool> RequireReadableAsync(long id, ServerCallContext context) => store.ReadAsync(
        async (database, ct) =>
        {
            await database.RequireReadableAsync(id, Caller.Of(context), ct);
            return true;
        },
        context.CancellationToken);

    private async Task<Wire.Batch> ReadAsync(long id, ServerCallContext context) =>
        (await store.ReadAsync((database, ct) => database.BatchViewAsync(id, Caller.Of(context), ct), context.CancellationToken)).ToWire();
}
