using System.Data;
using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;
using Orbit.ControlPlane.Platform;
using Orbit.Shared;

namespace Orbit.ControlPlane.Storage;

/// <summary>
/// The only way to the database. Reads get a context; writes get a context inside one transaction, which is committed when the work
/// returns and taken back when it throws.
/// </summary>
/// <remarks>
/// SQLite has one writer: writes wait for each other here, in order, instead of failing busy. Work that lost a race in the database
/// (serialization, deadlock, an optimistic revision) is done again from its start, so it must read what it decides on inside the work.
/// </remarks>
internal sealed class OrbitStore(IDbContextFactory<OrbitDbContext> contexts, Signals signals, NpgsqlDataSource? server = null) : IDisposable
{
    private const int Tries = 5;

    /// <summary>Far below what Entity Framework puts into one batch.</summary>
    private const int MostAdded = 100;
    private readonly SemaphoreSlim _onlyWriter = new(1, 1);

    /// <summary>Reads; nothing is tracked and nothing may be saved.</summary>
    public async Task<T> ReadAsync<T>(Func<OrbitDbContext, CancellationToken, Task<T>> work, CancellationToken ct)
    {
        await using OrbitDbContext database = await contexts.CreateDbContextAsync(ct);
        database.ChangeTracker.QueryTrackingBehavior = QueryTrackingBehavior.NoTracking;
        return await Guarded(() => work(database, ct));
    }

    /// <summary>Writes in one transaction.</summary>
    public async Task WriteAsync(Func<OrbitDbContext, CancellationToken, Task> work, CancellationToken ct) =>
        await WriteAsync(
            async (database, token) =>
            {
                await work(database, token);
                return true;
            },
            ct);

    /// <summary>Writes in one transaction and returns what the work returned. Changes that EF Core tracks are saved before the commit.</summary>
    public async Task<T> WriteAsync<T>(Func<OrbitDbContext, CancellationToken, Task<T>> work, CancellationToken ct)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await Guarded(() => WriteOnceAsync(work, ct));
            }
            catch (Exception lostRace) when (attempt < Tries && LostRace(lostRace))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(1, 10 * attempt)), ct);
            }
        }
    }

    /// <summary>
    /// Adds a few rows in one round trip where the database is a server: all rows or none, because one batch of statements is one transaction
    /// there. The work only adds to the context; it reads nothing and runs no statement. It is not done again.
    /// </summary>
    /// <param name="work">Adds the rows.</param>
    /// <param name="meanwhile">Called when the rows are on their way; the task ends when they are stored, or fails.</param>
    /// <param name="ct">Before the rows are on their way, ends it.</param>
    public Task<T> AddAsync<T>(Func<OrbitDbContext, CancellationToken, Task<T>> work, Action<Task> meanwhile, CancellationToken ct) =>
        Guarded(() => AddOnceAsync(work, meanwhile, ct));

    /// <summary>
    /// Runs a single statement that needs no transaction around it, where the database is a server: one round trip. Not done again.
    /// </summary>
    public Task StatementAsync(Func<OrbitDbContext, CancellationToken, Task> work, CancellationToken ct) =>
        Guarded(async () =>
        {
            await using OrbitDbContext database = await contexts.CreateDbContextAsync(ct);
            database.ForgetTopics();
            await work(database, ct);
            RaiseTopics(database);
            return true;
        });

    /// <summary>True where a round trip to the database is worth saving.</summary>
    public bool IsServer { get; } = IsServerOf(contexts);

    /// <inheritdoc />
    public void Dispose() => _onlyWriter.Dispose();

    private static bool IsServerOf(IDbContextFactory<OrbitDbContext> contexts)
    {
        using OrbitDbContext database = contexts.CreateDbContext();
        return !database.IsEmbedded;
    }

    private void RaiseTopics(OrbitDbContext database)
    {
        foreach (string topic in database.TopicsToRaise)
        {
            signals.Raise(topic);
        }
    }

    private async Task<T> AddOnceAsync<T>(Func<OrbitDbContext, CancellationToken, Task<T>> work, Action<Task> meanwhile, CancellationToken ct)
    {
        await using OrbitDbContext database = await contexts.CreateDbContextAsync(ct);
        if (database.IsEmbedded)
        {
            throw new InvalidOperationException("There is no round trip to save on an embedded database.");
        }

        database.ForgetTopics();
        T result = await work(database, ct);
        EntityEntry[] rows = [.. database.ChangeTracker.Entries()];
        if (rows.Length > MostAdded || rows.Any(row => row.State is not EntityState.Added))
        {
            throw new InvalidOperationException($"Only up to {MostAdded} new rows are sure to be one batch.");
        }

        database.Database.AutoTransactionBehavior = AutoTransactionBehavior.Never;
        Task saving = database.SaveChangesAsync(CancellationToken.None); // its outcome must be learnt
        meanwhile(saving);
        await saving;
        FailPoint.Pass("commit.after");
        RaiseTopics(database);
        return result;
    }

    private async Task<T> WriteOnceAsync<T>(Func<OrbitDbContext, CancellationToken, Task<T>> work, CancellationToken ct)
    {
        await using OrbitDbContext database = await contexts.CreateDbContextAsync(ct);
        database.ForgetTopics();
        bool gated = database.IsEmbedded;
        if (gated)
        {
            await _onlyWriter.WaitAsync(ct);
        }

        T result;
        try
        {
            await using IDbContextTransaction transaction = await database.Database.BeginTransactionAsync(IsolationLevel.ReadCommitted, ct);
            result = await work(database, ct);
            if (database.ChangeTracker.HasChanges())
            {
                await database.SaveChangesAsync(ct);
            }

            // From here on the outcome must be learnt: a cancelled commit would leave it unknown.
            FailPoint.Pass("commit.before");
            await transaction.CommitAsync(CancellationToken.None);
            FailPoint.Pass("commit.after");
        }
        finally
        {
            if (gated)
            {
                _onlyWriter.Release();
            }
        }

        RaiseTopics(database);
        return result;
    }

    /// <summary>Turns "the database is not there" into a refusal that says when to come back.</summary>
    private async Task<T> Guarded<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception away) when (IsAway(away))
        {
            if (LeavesUnsure(away.GetBaseException()))
            {
                server?.Clear(); // the connection may be taken for sound, and would go on failing
            }

            throw new OrbitException(Refusal.Later, "DATABASE_UNAVAILABLE", "The database cannot be reached or cannot store now; nothing was lost. Try again shortly.")
            {
                ComeBackIn = TimeSpan.FromSeconds(2),
                Cause = away,
            };
        }
    }

    /// <summary>True when work may succeed if it is done again, because somebody else was at the same rows.</summary>
    public static bool LostRace(Exception error) => error switch
    {
        DbUpdateConcurrencyException => true,
        DbUpdateException { InnerException: { } inner } => LostRace(inner),
        InvalidOperationException { InnerException: { } inner } when IsWrapped(inner) => LostRace(inner),
        PostgresException { SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected } => true,
        // Two gave the same number to an event of one run, or the same name or key to something: the one who comes second looks again.
        PostgresException { SqlState: PostgresErrorCodes.UniqueViolation, TableName: { } table } =>
            table.StartsWith("run_events", StringComparison.Ordinal) || table.StartsWith("api_", StringComparison.Ordinal),
        SqliteException { SqliteErrorCode: 5 or 6 } => true, // SQLITE_BUSY, SQLITE_LOCKED: another process (a backup) holds the file
        _ => false,
    };

    private static bool IsAway(Exception error) => error switch
    {
        _ when LeavesUnsure(error) => true,
        DbUpdateException { InnerException: { } inner } => IsAway(inner),
        PostgresException postgres => postgres.SqlState.StartsWith("57P", StringComparison.Ordinal) // shutting down, crashed, starting
            || postgres.SqlState.StartsWith("53", StringComparison.Ordinal) // out of disk, memory or connections
            || postgres.SqlState.StartsWith("08", StringComparison.Ordinal),
        NpgsqlException => true, // no server error: the connection failed, timed out or broke
        SqliteException { SqliteErrorCode: 10 or 13 or 14 } => true, // SQLITE_IOERR, SQLITE_FULL, SQLITE_CANTOPEN
        DbException => false,
        InvalidOperationException { InnerException: { } inner } when IsWrapped(inner) => IsAway(inner),
        _ => false,
    };

    /// <summary>Entity Framework wraps what its driver calls transient once more, to recommend that it be tried again.</summary>
    private static bool IsWrapped(Exception inner) => inner is NpgsqlException or DbUpdateException;

    /// <summary>
    /// What the driver does when a connection breaks at a bad moment: its reader stumbles while a result is being opened, and afterwards it does not
    /// know what it had prepared on that connection.
    /// </summary>
    private static bool LeavesUnsure(Exception error) =>
        error is NullReferenceException { Source: "Npgsql" } or PostgresException { SqlState: PostgresErrorCodes.DuplicatePreparedStatement };
}
