using Npgsql;

namespace Orbit.ControlPlane.Storage;

/// <summary>Lets one process at a time migrate. Freed by the operating system or the database when the process dies.</summary>
internal interface IMigrationLock
{
    /// <summary>Waits for the lock; disposing gives it back.</summary>
    Task<IAsyncDisposable> TakeAsync(CancellationToken ct);
}

/// <summary>A session-level advisory lock: it ends with the connection.</summary>
internal sealed class PostgresMigrationLock(NpgsqlDataSource source) : IMigrationLock
{
    private const long Key = 0x6f72_6269_7400; // "orbit"

    public async Task<IAsyncDisposable> TakeAsync(CancellationToken ct)
    {
        NpgsqlConnection session = await source.OpenConnectionAsync(ct);
        try
        {
            await using NpgsqlCommand take = new("SELECT pg_advisory_lock($1)", session) { Parameters = { new() { Value = Key } }, CommandTimeout = 0 };
            await take.ExecuteNonQueryAsync(ct);
            return new Held(session);
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    private sealed class Held(NpgsqlConnection session) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await using (NpgsqlCommand free = new("SELECT pg_advisory_unlock($1)", session) { Parameters = { new() { Value = Key } } })
            {
                await free.ExecuteNonQueryAsync();
            }

            await session.DisposeAsync();
        }
    }
}

/// <summary>An exclusively opened file: the kernel closes it with the process.</summary>
internal sealed class SqliteMigrationLock(DataDirectory data, TimeProvider time) : IMigrationLock
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(50);

    public async Task<IAsyncDisposable> TakeAsync(CancellationToken ct)
    {
        string path = data.At("migrating.lock");
        while (true)
        {
            try
            {
                // .NET takes an advisory lock (flock) for FileShare.None; it fails at once when another process has it.
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException held) when (held is not (FileNotFoundException or DirectoryNotFoundException) && File.Exists(path))
            {
                await Task.Delay(LookAgain, time, ct);
            }
        }
    }
}
