using System.Security.Cryptography;
using Orbit.ControlPlane.Ingest;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Runs;

/// <summary>A result file whose bytes are complete and hash as announced.</summary>
internal sealed class FileArrived(int runDay, long runId, int attempt, string path, bool isAllure, string sha256, byte[] content) : IngestItem
{
    private readonly TaskCompletionSource _stored = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int RunDay { get; } = runDay;
    public long RunId { get; } = runId;
    public int Attempt { get; } = attempt;
    public string Path { get; } = path;
    public bool IsAllure { get; } = isAllure;
    public string Sha256 { get; } = sha256;
    public byte[] Content { get; } = content;

    /// <inheritdoc />
    public override IngestLane Lane => IngestLane.Bytes;

    /// <summary>Ends when committed.</summary>
    public Task Stored => _stored.Task;

    public override void Committed() => _stored.TrySetResult();

    public override void Failed(Exception reason) => _stored.TrySetException(reason);

    /// <summary>SHA-256 in lower-case hex.</summary>
    public static string HashOf(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}

/// <summary>Stores complete files. A file that is there already, from an earlier try, is replaced by the same bytes.</summary>
internal sealed class FileIngest : IIngestHandler
{
    public Type Kind => typeof(FileArrived);

    public async Task ApplyAsync(OrbitDbContext database, IReadOnlyList<IngestItem> items, CancellationToken ct)
    {
        // Two copies of one path in a batch would meet in one statement: the last wins.
        FileArrived[] files = [.. items.Cast<FileArrived>().GroupBy(f => (f.RunId, f.Attempt, f.Path)).Select(g => g.Last())];
        await database.InsertAsync(
            "result_files",
            [
                new("run_day", "integer", Array.ConvertAll(files, f => f.RunDay)),
                new("run_id", "bigint", Array.ConvertAll(files, f => f.RunId)),
                new("attempt", "integer", Array.ConvertAll(files, f => f.Attempt)),
                new("path", "text", Array.ConvertAll(files, f => f.Path)),
                new("size", "bigint", Array.ConvertAll(files, f => (long)f.Content.Length)),
                new("sha256", "text", Array.ConvertAll(files, f => f.Sha256)),
                new("is_allure", "boolean", Array.ConvertAll(files, f => f.IsAllure)),
                new("stored", "boolean", Array.ConvertAll(files, _ => true)),
                new("content", "bytea", Array.ConvertAll(files, f => f.Content)),
            ],
            "(run_day, run_id, attempt, path) DO UPDATE SET size = excluded.size, sha256 = excluded.sha256, stored = TRUE, content = excluded.content",
            ct);
        database.RaiseAfterCommit(RunTopics.Reporting);
    }
}
