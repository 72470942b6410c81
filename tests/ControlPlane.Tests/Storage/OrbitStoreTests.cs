using Microsoft.EntityFrameworkCore;
using Npgsql;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Settings;
using Orbit.ControlPlane.Storage;
using Orbit.Tests.Support;

namespace Orbit.ControlPlane.Tests.Storage;

public sealed class OrbitStoreTests
{
    [Fact]
    public async Task Every_connection_to_SQLite_writes_ahead_and_waits_for_the_disk()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(Databases.Sqlite);
        await using var app = new StoreApp(database.NextArgs());
        await app.MigrateAsync();

        string read = await app.Store.ReadAsync(PragmasAsync, CancellationToken.None);
        string written = await app.Store.WriteAsync(PragmasAsync, CancellationToken.None);
        string[] together = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => app.Store.ReadAsync(PragmasAsync, CancellationToken.None)));

        Assert.All([read, written, .. together], pragmas => Assert.Equal("wal 2 1", pragmas)); // 2 is FULL
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Work_that_lost_a_race_is_done_again_from_its_start(string provider)
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(provider);
        await using var app = new StoreApp(database.NextArgs());
        int tries = 0;

        await app.Store.WriteAsync(
            async (context, ct) =>
            {
                context.Settings.Add(Row("a"));
                await context.SaveChangesAsync(ct);
                if (++tries < 3)
                {
                    throw new DbUpdateConcurrencyException();
                }
            },
            CancellationToken.None);

        Assert.Equal(3, tries);
        Assert.Equal(["a"], await KeysAsync(app));
    }

    [Fact]
    public async Task Rows_that_are_added_in_one_round_trip_are_all_stored_or_none()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(Databases.Postgres);
        await using var app = new StoreApp(database.NextArgs());
        Task<bool> AddAsync(params string[] keys) => app.Store.AddAsync(
            (context, _) =>
            {
                context.Settings.AddRange(keys.Select(Row));
                return Task.FromResult(true);
            },
            _ => { },
            CancellationToken.None);

        await AddAsync("b", "c");
        await Assert.ThrowsAsync<DbUpdateException>(() => AddAsync("a", "b", "d"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => AddAsync([.. Enumerable.Range(0, 101).Select(n => $"n{n}")]));

        Assert.Equal(["b", "c"], await KeysAsync(app));
    }

    [Fact]
    public async Task Two_writers_that_wait_for_each_other_both_finish()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(Databases.Postgres);
        await using var app = new StoreApp(database.NextArgs());
        await app.Store.WriteAsync((context, _) => Task.FromResult(context.Settings.Add(Row("a"))), CancellationToken.None);
        await app.Store.WriteAsync((context, _) => Task.FromResult(context.Settings.Add(Row("b"))), CancellationToken.None);
        TaskCompletionSource[] holds = [new(TaskCreationOptions.RunContinuationsAsynchronously), new(TaskCreationOptions.RunContinuationsAsynchronously)];
        int tries = 0;

        Task SwapAsync(int own, string first, string second) => app.Store.WriteAsync(
            async (context, ct) =>
            {
                Interlocked.Increment(ref tries);
                await context.RunAsync("UPDATE settings SET value = value || @p0 WHERE key = @p1", [first, first], ct);
                holds[own].TrySetResult();
                await holds[1 - own].Task;
                await context.RunAsync("UPDATE settings SET value = value || @p0 WHERE key = @p1", [first, second], ct);
            },
            CancellationToken.None);
        await Task.WhenAll(SwapAsync(0, "a", "b"), SwapAsync(1, "b", "a")).WaitAsync(TimeSpan.FromMinutes(1));

        Assert.True(tries > 2, "Nobody lost: there was no deadlock to survive.");
        Assert.All(await app.TextsAsync("SELECT value FROM settings"), value => Assert.Equal(4, value.Length)); // 1 each, and both letters: nothing lost, nothing twice
    }

    [Fact]
    public async Task A_race_that_is_lost_every_time_is_given_up()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(Databases.Sqlite);
        await using var app = new StoreApp(database.NextArgs());
        int tries = 0;

        await Assert.ThrowsAsync<DbUpdateConcurrencyException>(() => app.Store.WriteAsync<int>(
            (_, _) => throw new DbUpdateConcurrencyException($"{++tries}"), CancellationToken.None));

        Assert.Equal(5, tries);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Work_that_fails_leaves_nothing_and_tells_nobody(string provider)
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(provider);
        await using var app = new StoreApp(database.NextArgs());
        Task told = app.Signals.Changed("a topic");

        await Assert.ThrowsAsync<FormatException>(() => app.Store.WriteAsync<int>(
            async (context, ct) =>
            {
                context.Settings.Add(Row("a"));
                await context.SaveChangesAsync(ct);
                context.RaiseAfterCommit("a topic");
                throw new FormatException();
            },
            CancellationToken.None));
        await app.Store.WriteAsync((_, _) => Task.CompletedTask, CancellationToken.None); // a context that is used again has forgotten

        Assert.Empty(await KeysAsync(app));
        Assert.False(told.IsCompleted);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Topics_are_raised_when_others_can_see_what_was_written(string provider)
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(provider);
        await using var app = new StoreApp(database.NextArgs());
        Task told = app.Signals.Changed("a topic");
        bool toldEarly = true;

        await app.Store.WriteAsync(
            async (context, ct) =>
            {
                context.RaiseAfterCommit("a topic");
                context.Settings.Add(Row("a"));
                await context.SaveChangesAsync(ct);
                toldEarly = told.IsCompleted;
            },
            CancellationToken.None);

        Assert.False(toldEarly);
        Assert.True(told.IsCompleted);
        Assert.Equal(["a"], await KeysAsync(app));
        Task again = app.Signals.Changed("a topic");
        await app.Store.WriteAsync((_, _) => Task.CompletedTask, CancellationToken.None);
        Assert.False(again.IsCompleted);
    }

    [Fact]
    public async Task After_its_connection_broke_a_transaction_takes_no_further_statement()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(Databases.Postgres);
        await using var app = new StoreApp(database.NextArgs());
        Exception? first = null, second = null;

        await Assert.ThrowsAnyAsync<Exception>(() => app.Store.WriteAsync(
            async (context, ct) =>
            {
                first = await Record.ExceptionAsync(() => context.RunAsync("SELECT pg_terminate_backend(pg_backend_pid())", [], ct));
                second = await Record.ExceptionAsync(() => context.RunAsync("INSERT INTO settings (key, value, updated_by, updated_at) VALUES ('a', '1', 'a test', now())", [], ct));
            },
            CancellationToken.None));

        Assert.IsType<PostgresException>(first);
        Assert.IsType<InvalidOperationException>(second);
        Assert.Empty(await KeysAsync(app));
    }

    [Fact]
    public async Task What_the_driver_throws_when_a_connection_breaks_under_it_is_a_refusal_and_our_own_mistakes_are_none()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(Databases.Sqlite);
        await using var app = new StoreApp(database.NextArgs());
        Exception drivers = Activator.CreateInstance<NullReferenceException>();
        drivers.Source = "Npgsql";
        Exception ours = Activator.CreateInstance<NullReferenceException>();

        OrbitException refused = await Assert.ThrowsAsync<OrbitException>(() => app.Store.ReadAsync((_, _) => Task.FromException<int>(drivers), CancellationToken.None));

        Assert.Equal((Refusal.Later, "DATABASE_UNAVAILABLE"), (refused.Kind, refused.Reason));
        await Assert.ThrowsAsync<NullReferenceException>(() => app.Store.ReadAsync((_, _) => Task.FromException<int>(ours), CancellationToken.None));
    }

    [Fact]
    public async Task What_the_server_calls_transient_is_told_as_what_it_is_however_deep_it_is_wrapped()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(Databases.Postgres);
        await using var app = new StoreApp(database.NextArgs());
        await app.RunAsync("CREATE SEQUENCE tries");
        await app.RunAsync("""
            CREATE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
              IF NEW.key = 'full' THEN RAISE EXCEPTION 'no space' USING ERRCODE = '53100'; END IF;
              IF NEW.key = 'deadlock' AND nextval('tries') = 1 THEN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END IF;
              RETURN NEW; END $$
            """);
        await app.RunAsync("CREATE TRIGGER trouble BEFORE INSERT ON settings FOR EACH ROW EXECUTE FUNCTION trouble()");
        Task SaveAsync(string key) => app.Store.WriteAsync((context, _) => Task.FromResult(context.Settings.Add(Row(key))), CancellationToken.None);

        OrbitException refused = await Assert.ThrowsAsync<OrbitException>(() => SaveAsync("full"));
        await SaveAsync("deadlock");

        Assert.Equal((Refusal.Later, "DATABASE_UNAVAILABLE"), (refused.Kind, refused.Reason));
        Assert.Equal(["deadlock"], await KeysAsync(app));
    }

    [Fact]
    public async Task A_database_that_is_away_is_a_refusal_and_one_that_comes_back_needs_no_restart()
    {
        await using OwnPostgres postgres = await OwnPostgres.StartAsync();
        string data = Directory.CreateTempSubdirectory("orbit-away-").FullName;
        await using var app = new StoreApp("--Database:Provider=postgres", $"--DataDirectory={data}", $"--ConnectionStrings:Orbit={postgres.ConnectionString};Timeout=2");
        await app.MigrateAsync();

        await postgres.StopAsync();
        OrbitException read = await Assert.ThrowsAsync<OrbitException>(() => KeysAsync(app));
        OrbitException write = await Assert.ThrowsAsync<OrbitException>(() => app.RunAsync("DELETE FROM settings"));
        await postgres.RestartAsync();
        await Eventually.HoldsAsync(async () =>
        {
            try
            {
                await app.Store.WriteAsync((context, _) => Task.FromResult(context.Settings.Add(Row("back"))), CancellationToken.None);
                return true;
            }
            catch (OrbitException stillAway) when (stillAway.Reason == "DATABASE_UNAVAILABLE")
            {
                return false;
            }
        });

        Assert.All([read, write], refusal => Assert.Equal((Refusal.Later, "DATABASE_UNAVAILABLE", true), (refusal.Kind, refusal.Reason, refusal.ComeBackIn > TimeSpan.Zero)));
        Assert.DoesNotContain("Npgsql", read.Message, StringComparison.Ordinal);
        Assert.Equal(["back"], await KeysAsync(app));
        NpgsqlConnection.ClearAllPools();
        Directory.Delete(data, recursive: true);
    }

    private static SettingRow Row(string key) => new() { Key = key, Value = "11", UpdatedBy = "a test", UpdatedAt = TimeProvider.System.GetUtcNow() };

    private static Task<List<string>> KeysAsync(StoreApp app) => app.TextsAsync("SELECT key FROM settings ORDER BY key");

    private static async Task<string> PragmasAsync(OrbitDbContext context, CancellationToken ct)
    {
        List<string> journal = await context.QueryAsync("PRAGMA journal_mode", [], static row => row.Text(0), ct);
        List<int> synchronous = await context.QueryAsync("PRAGMA synchronous", [], static row => row.Int(0), ct);
        List<int> references = await context.QueryAsync("PRAGMA foreign_keys", [], static row => row.Int(0), ct);
        return $"{journal[0]} {synchronous[0]} {references[0]}";
    }
}
