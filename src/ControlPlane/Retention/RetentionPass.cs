using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Retention;

/// <summary>Deletes what is too old, batch after batch with a pause between them, until there is no more.</summary>
internal sealed class RetentionPass(RetentionCommands retention, TimeProvider time, Signals signals, ILogger<RetentionPass> log) : PeriodicPass(time, signals, log)
{
    /// <summary>Between two batches others have the database.</summary>
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(200);

    private readonly TimeProvider _time = time;
    private readonly ILogger _log = log;

    /// <inheritdoc />
    protected override TimeSpan Pause => TimeSpan.FromMinutes(15);

    /// <inheritdoc />
    protected override async Task RunOnceAsync(CancellationToken ct)
    {
        int partitions = await retention.DropPartitionsAsync(ct);
        var sum = default(RetentionBatch);
        while (await retention.DeleteBatchAsync(ct) is { All: > 0 } batch)
        {
            sum = new(sum.Runs + batch.Runs, sum.LogRows + batch.LogRows, sum.Builds + batch.Builds, sum.Other + batch.Other);
            await retention.GiveSpaceBackAsync(ct);
            await Task.Delay(Breath, _time, ct);
        }

        if (sum.All + partitions > 0)
        {
            _log.Retained(sum.Runs, sum.LogRows, sum.Builds, sum.Other, partitions);
        }
    }
}
