using Microsoft.Extensions.Options;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;
using Orbit.ControlPlane.Storage.Blobs;

namespace Orbit.ControlPlane.Reports;

/// <summary>Removes what killed builders leave: their directories, and blobs that nothing names.</summary>
internal sealed class ReportSweepPass(
    OrbitStore store, IBlobStore blobs, DataDirectory data, IOptions<ReportOptions> options, TimeProvider time, Signals signals, ILogger<ReportSweepPass> log)
    : PeriodicPass(time, signals, log)
{
    /// <summary>A blob is stored a moment before what names it; a day is far beyond that.</summary>
    private static readonly TimeSpan UnusedFor = TimeSpan.FromDays(1);

    private readonly TimeProvider _time = time;

    /// <inheritdoc />
    protected override TimeSpan Pause => TimeSpan.FromMinutes(10);

    /// <inheritdoc />
    protected override async Task RunOnceAsync(CancellationToken ct)
    {
        int directories = SweepDirectories();
        int removed = 0;
        foreach (Guid blob in await blobs.SweepAsync(_time.GetUtcNow() - UnusedFor, ct))
        {
            if (!await IsUsedAsync(blob, ct))
            {
                await blobs.RemoveAsync(blob, ct);
                removed++;
            }
        }

        if (directories + removed > 0)
        {
            log.Swept(directories, removed);
        }
    }

    /// <summary>Directories of builds that must have ended. Another process may share the data directory, so younger ones stay.</summary>
    private int SweepDirectories()
    {
        DateTime limit = (_time.GetUtcNow() - options.Value.BuildLimit - TimeSpan.FromMinutes(5)).UtcDateTime;
        int removed = 0;
        foreach (DirectoryInfo left in new DirectoryInfo(ReportBuilder.WorkOf(data)).EnumerateDirectories().Where(d => d.LastWriteTimeUtc < limit))
        {
            left.Delete(recursive: true);
            removed++;
        }

        return removed;
    }

    private Task<bool> IsUsedAsync(Guid blob, CancellationToken ct) =>
        store.ReadAsync(
            async (database, cancel) => (await database.QueryAsync(
                """
                SELECT 1 FROM reports WHERE blob_id = @p0
                UNION ALL SELECT 1 FROM report_histories WHERE blob_id = @p0
                UNION ALL SELECT 1 FROM result_files WHERE blob_id = @p0
                UNION ALL SELECT 1 FROM api_files WHERE blob_id = @p0
                UNION ALL SELECT 1 FROM api_batch_files WHERE blob_id = @p0
                """,
                [blob], static row => row.Int(0), cancel)).Count > 0,
            ct);
}
