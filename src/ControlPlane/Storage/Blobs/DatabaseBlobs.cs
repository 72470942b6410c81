using System.Buffers;

namespace Orbit.ControlPlane.Storage.Blobs;

/// <summary>
/// Blobs in chunks of 1 MiB, each in a transaction of its own, so that a report of 100 MB never holds the log of the database. The last
/// transaction makes the blob visible.
/// </summary>
internal sealed class DatabaseBlobs(OrbitStore store, TimeProvider time) : IBlobStore
{
    private const int ChunkBytes = 1024 * 1024;

    public bool IsInDatabase => true;

    public IDisposable KeepAll() => new Nothing(); // the copy of the database is of one moment

    public Task PutAsync(Guid id, Stream content, CancellationToken ct) =>
        throw new InvalidOperationException("Blobs in the database come back with the database.");

    public async Task<Guid> WriteAsync(Stream content, CancellationToken ct)
    {
        DateTimeOffset now = time.GetUtcNow();
        Guid id = Guid.CreateVersion7(now);
        await store.WriteAsync(
            (database, cancel) => database.RunAsync(
                "INSERT INTO blobs (id, size, whole, created_at) VALUES (@p0, 0, FALSE, @p1)", [id, now], cancel),
            ct);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            long size = 0;
            for (int ordinal = 0; ; ordinal++)
            {
                int length = await content.ReadAtLeastAsync(buffer.AsMemory(0, ChunkBytes), ChunkBytes, throwOnEndOfStream: false, ct);
                if (length == 0)
                {
                    break;
                }

                byte[] bytes = buffer[..length];
                size += length;
                int at = ordinal;
                await store.WriteAsync(
                    (database, cancel) => database.RunAsync(
                        "INSERT INTO blob_chunks (blob_id, ordinal, bytes) VALUES (@p0, @p1, @p2)", [id, at, bytes], cancel),
                    ct);
            }

            await store.WriteAsync(
                (database, cancel) => database.RunAsync("UPDATE blobs SET whole = TRUE, size = @p1 WHERE id = @p0", [id, size], cancel), ct);
            return id;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public async Task<bool> CopyToAsync(Guid id, Stream destination, CancellationToken ct)
    {
        List<long> size = await store.ReadAsync(
            (database, cancel) => database.QueryAsync("SELECT size FROM blobs WHERE id = @p0 AND whole", [id], static row => row.Long(0), cancel), ct);
        if (size.Count == 0)
        {
            return false;
        }

        long copied = 0;
        for (int ordinal = 0; copied < size[0]; ordinal++)
        {
            int at = ordinal;
            List<byte[]> chunk = await store.ReadAsync(
                (database, cancel) => database.QueryAsync(
                    "SELECT bytes FROM blob_chunks WHERE blob_id = @p0 AND ordinal = @p1", [id, at], static row => row.Bytes(0), cancel),
                ct);
            if (chunk.Count == 0)
            {
                throw new IOException($"Blob {id} was removed while it was read.");
            }

            await destination.WriteAsync(chunk[0], ct);
            copied += chunk[0].Length;
        }

        return true;
    }

    public Task RemoveAsync(Guid id, CancellationToken ct) =>
        store.WriteAsync(
            async (database, cancel) =>
            {
                await database.RunAsync("DELETE FROM blob_chunks WHERE blob_id = @p0", [id], cancel);
                await database.RunAsync("DELETE FROM blobs WHERE id = @p0", [id], cancel);
            },
            ct);

    public async Task<IReadOnlyList<Guid>> SweepAsync(DateTimeOffset limit, CancellationToken ct)
    {
        List<(Guid Id, bool Whole)> old = await store.ReadAsync(
            (database, cancel) => database.QueryAsync(
                "SELECT id, whole FROM blobs WHERE created_at < @p0 ORDER BY id", [limit], static row => (row.Uuid(0), row.Flag(1)), cancel),
            ct);
        foreach ((Guid id, bool _) in old.Where(b => !b.Whole))
        {
            await RemoveAsync(id, ct);
        }

        return [.. old.Where(b => b.Whole).Select(b => b.Id)];
    }

    public async Task<IReadOnlyList<Guid>> ListAsync(CancellationToken ct) =>
        await store.ReadAsync((database, cancel) => database.QueryAsync("SELECT id FROM blobs WHERE whole", [], static row => row.Uuid(0), cancel), ct);

    private sealed class Nothing : IDisposable
    {
        public void Dispose()
        {
            // Nothing was held.
        }
    }
}
