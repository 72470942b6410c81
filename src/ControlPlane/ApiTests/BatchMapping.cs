using System.IO.Compression;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Orbit.ControlPlane.Platform;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>Batches between the domain and the wire.</summary>
internal static class BatchMapping
{
    public static BatchWish ToWish(this Wire.CreateBatchRequest request) => new()
    {
        Name = request.Name,
        CaseIds = request.CaseIds,
        ScenarioIds = request.ScenarioIds,
        Folder = TextRule.Filter("folder", request.Folder),
        Tag = TextRule.Filter("tag", request.Tag),
        Document = request.Document,
        DocumentRun = request.DocumentRun,
        Shared = request.Shared,
        EnvironmentId = request.EnvironmentId,
        DatasetId = request.DatasetId,
        Concurrency = request.Concurrency,
        Priority = request.Priority,
        RatePerHost = request.RatePerHost,
        PartRows = request.PartRows,
        PartPause = request.PartPauseS,
        Seed = request.Seed,
        Adaptive = request.Adaptive,
        Labels = request.Labels,
        IdempotencyKey = request.IdempotencyKey,
    };

    public static Wire.CreateBatchRequest ToWire(this BatchWish wish) => new()
    {
        Name = wish.Name,
        CaseIds = { wish.CaseIds },
        ScenarioIds = { wish.ScenarioIds },
        Folder = wish.Folder,
        Tag = wish.Tag,
        EnvironmentId = wish.EnvironmentId,
        DatasetId = wish.DatasetId,
        Concurrency = wish.Concurrency,
        Priority = wish.Priority,
        RatePerHost = wish.RatePerHost,
        PartRows = wish.PartRows,
        PartPauseS = wish.PartPause,
        Seed = wish.Seed,
        Adaptive = wish.Adaptive,
        Labels = { wish.Labels.ToDictionary() },
    };

    public static Wire.Batch ToWire(this BatchView view)
    {
        ApiBatch batch = view.Batch;
        var wire = new Wire.Batch
        {
            Id = batch.Id,
            Name = view.IsHidden ? "" : batch.Name,
            Status = batch.Status switch
            {
                BatchStatus.Running => Wire.BatchStatus.Running,
                BatchStatus.Paused => Wire.BatchStatus.Paused,
                BatchStatus.Stopped => Wire.BatchStatus.Stopped,
                _ => Wire.BatchStatus.Completed,
            },
            Concurrency = batch.Concurrency,
            Priority = batch.Priority,
            TotalCount = batch.TotalCount,
            CompletedCount = batch.CompletedCount,
            PassCount = batch.PassCount,
            FailCount = batch.FailCount,
            UncheckedCount = batch.UncheckedCount,
            SkippedCount = batch.SkippedCount,
            RequestedBy = batch.RequestedBy,
            CreatedAt = batch.CreatedAt.ToWire(),
            FinishedAt = batch.FinishedAt.ToWire(),
            LastSeq = batch.LastSeq,
            WaitingReason = view.IsHidden ? "" : view.WaitingReason,
            Environment = view.IsHidden ? "" : batch.Environment,
            Seed = batch.Seed,
            Stopping = batch.Stopping,
            RunningCount = view.RunningRows,
            RunId = batch.RunId ?? 0,
            Adaptive = batch.Adaptive,
            ConcurrencyNow = batch.ConcurrencyNow,
        };
        wire.Targets.AddRange(view.IsHidden ? [] : JsonSerializer.Deserialize<string[]>(batch.Targets));
        return wire;
    }

    public static Wire.BatchRow ToWire(this BatchRowView view)
    {
        var wire = new Wire.BatchRow { Row = view.Row.RowNo, Target = view.Row.Target, Name = view.Row.Name, Attempt = view.Row.Attempt };
        if (view.Result is { } result)
        {
            (wire.Outcome, wire.FailureClass, wire.Reason, wire.Fingerprint) = (result.Outcome.ToWire(), result.FailureClass, result.Reason, result.Fingerprint);
            (wire.DurationMs, wire.Attempt, wire.Agent, wire.FinishedAt) = (result.Duration, result.Attempt, result.AgentName, result.FinishedAt.ToWire());
        }

        return wire;
    }

    public static Wire.FailureNote ToWire(this FailureNote note) => new()
    {
        Fingerprint = note.Fingerprint,
        Text = note.Text,
        Issue = note.Issue,
        AssignedTo = note.AssignedTo,
        UpdatedAt = note.UpdatedAt.ToWire(),
        UpdatedBy = note.UpdatedBy,
        BatchId = note.BatchId,
    };

    public static RowOutcome? ToDomain(this Wire.RowOutcome outcome) => outcome switch
    {
        Wire.RowOutcome.Passed => RowOutcome.Passed,
        Wire.RowOutcome.Failed => RowOutcome.Failed,
        Wire.RowOutcome.Skipped => RowOutcome.Skipped,
        Wire.RowOutcome.Unchecked => RowOutcome.Unchecked,
        _ => null,
    };

    public static Wire.BatchEvent ToWire(this WatchedBatch watched)
    {
        if (watched.Snapshot is { } snapshot)
        {
            return new() { Type = Wire.BatchEventType.Snapshot, Time = snapshot.Batch.CreatedAt.ToWire(), Batch = snapshot.ToWire() };
        }

        if (watched.Event is not { } happened)
        {
            return new() { Type = Wire.BatchEventType.Heartbeat, Seq = watched.Seq };
        }

        var wire = new Wire.BatchEvent { Seq = happened.Event.Seq, Time = happened.Event.At.ToWire(), Text = happened.Event.Text };
        if (happened.Row is { } row)
        {
            (wire.Type, wire.Row) = (Wire.BatchEventType.RowFinished, row.ToWire());
        }
        else
        {
            (wire.Type, wire.Batch) = (happened.Event.Ended ? Wire.BatchEventType.Ended : Wire.BatchEventType.Changed, watched.Now!.ToWire());
        }

        return wire;
    }

    /// <summary>A stored record as JSON text; empty when there is none.</summary>
    public static string RecordText(byte[] record)
    {
        if (record.Length == 0)
        {
            return "{}";
        }

        using var unpacked = new StreamReader(new GZipStream(new MemoryStream(record), CompressionMode.Decompress));
        return unpacked.ReadToEnd();
    }

    /// <summary>A stored record as an object of the wire.</summary>
    public static Struct RecordStruct(byte[] record) => StructMapping.ToStruct(RecordText(record));

    private static Wire.RowOutcome ToWire(this RowOutcome outcome) => outcome switch
    {
        RowOutcome.Passed => Wire.RowOutcome.Passed,
        RowOutcome.Failed => Wire.RowOutcome.Failed,
        RowOutcome.Skipped => Wire.RowOutcome.Skipped,
        _ => Wire.RowOutcome.Unchecked,
    };
}
