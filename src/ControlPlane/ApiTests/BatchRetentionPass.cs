using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>Deletes what is too old of batches, some at a time with a pause between, until there is no more.</summary>
internal sealed class BatchRetentionPass(BatchRetentionCommands retention, TimeProvider time, Signals signals, ILogger<BatchRetentionPass> log) : PeriodicPass(time, signals, log)
{
    /// <summary>Between two turns others have the database.</summary>
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(200);

    private readonly TimeProvider _time = time;
    private readonly ILogger _log = log;

    /// <inheritdoc />
    protected override TimeSpan Pause => TimeSpan.FromMinutes(15);

    /// <inheritdoc />
    protected override async Task RunOnceAsync(CancellationToken ct)
    {
        int all = 0;
        while (await retention.DeleteSomeAsync(ct) is > 0 and int some)
        {
            all += some;
            await Task.Delay(Breath, _time, ct);
        }

        if (all > 0)
        {
            _log.BatchesRetained(all);
        }
    }
}
