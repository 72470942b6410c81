using System.Diagnostics;
using Npgsql;
using Orbit.Benchmarks.Rig;
using Orbit.Contracts.V1;

namespace Orbit.Benchmarks;

/// <summary>
/// No-op work items a second through the whole path (stored, offered, journalled and accepted, run, result committed) on PostgreSQL: one
/// agent with 64 API slots, 8 callers on one connection, each of which waits for its answer before the next call.
/// </summary>
internal static class NoopThroughput
{
    private const int Callers = 8;
    private const int ApiSlots = 64;
    private const double Least = 3_000;
    private static readonly string[] Parts = ["control plane", "agent", "PostgreSQL", "callers"];

    /// <summary>PostgreSQL alone.</summary>
    public static async Task<IReadOnlyList<Figure>> RunAsync(Scale scale, Scratch scratch)
    {
        OrbitSystem orbit = await OrbitSystem.StartAsync(scratch, postgres: true);
        ChildProcess agent = await orbit.StartAgentAsync(ApiSlots);
        await using var database = NpgsqlDataSource.Create(orbit.Postgres!.ConnectionString);
        var diagnostics = new DiagnosticsService.DiagnosticsServiceClient(orbit.Calls);
        double ceilingBefore = await CommitsASecondAsync(database, scale);
        await SubmitAsync(diagnostics, scale.Noops / 10);
        await UntilEndedAsync(database, scale.Noops / 10);

        TimeSpan[] before = Times(orbit, agent);
        long clock = Stopwatch.GetTimestamp();
        await SubmitAsync(diagnostics, scale.Noops);
        double submitted = scale.Noops / Stopwatch.GetElapsedTime(clock).TotalSeconds;
        await UntilEndedAsync(database, scale.Noops + (scale.Noops / 10));
        double rate = scale.Noops / Stopwatch.GetElapsedTime(clock).TotalSeconds;
        double[] each = [.. Times(orbit, agent).Zip(before, (after, b) => (after - b).TotalMicroseconds / scale.Noops)];
        double ceiling = (ceilingBefore + await CommitsASecondAsync(database, scale)) / 2;
        return
        [
            new("no-op work items, PostgreSQL", rate, "/s")
            {
                Ceiling = ceiling,
                CeilingIs = $"single-row commits, {Callers} workers",
                Limit = Least,
                MoreIsBetter = true,
            },
            new("  submitted and stored meanwhile", submitted, "/s"),
            .. Parts.Zip(each, (part, time) => new Figure($"  processor time an item, {part}", time, "µs")),
            new("  all of that on all cores allows", Environment.ProcessorCount * 1e6 / each.Sum(), "/s"),
        ];
    }

    private static TimeSpan[] Times(OrbitSystem orbit, ChildProcess agent) =>
        [orbit.Server.ProcessorTime(), agent.ProcessorTime(), orbit.Postgres!.ProcessorTime(), Environment.CpuUsage.TotalTime];

    private static async Task SubmitAsync(DiagnosticsService.DiagnosticsServiceClient diagnostics, int count)
    {
        int left = count;
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(async _ =>
        {
            var request = new SubmitNoopRequest();
            while (Interlocked.Decrement(ref left) >= 0)
            {
                await diagnostics.SubmitNoopAsync(request);
            }
        }));
    }

    /// <summary>Looks every 100 ms, in the database itself, so that Orbit is not asked while it works.</summary>
    private static async Task UntilEndedAsync(NpgsqlDataSource database, int count)
    {
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            await using NpgsqlCommand ended = database.CreateCommand("SELECT count(*) FROM work_items WHERE kind = 'Noop' AND state <> 'Ended'");
            await using NpgsqlCommand all = database.CreateCommand("SELECT count(*) FROM work_items WHERE kind = 'Noop'");
            long open = (long)(await ended.ExecuteScalarAsync())!;
            if (open == 0 && (long)(await all.ExecuteScalarAsync())! == count)
            {
                return;
            }

            if (Stopwatch.GetElapsedTime(began) > TimeSpan.FromMinutes(5))
            {
                throw new InvalidOperationException($"{open} no-op work items have not ended.");
            }

            await Task.Delay(100);
        }
    }

    /// <summary>What the same database does by itself: transactions of one inserted row.</summary>
    private static async Task<double> CommitsASecondAsync(NpgsqlDataSource database, Scale scale)
    {
        TimeSpan time = scale == Scale.Full ? TimeSpan.FromSeconds(4) : TimeSpan.FromSeconds(0.5);
        await using (NpgsqlCommand make = database.CreateCommand("CREATE TABLE IF NOT EXISTS bench_commits (id uuid PRIMARY KEY, payload text NOT NULL)"))
        {
            await make.ExecuteNonQueryAsync();
        }

        long clock = Stopwatch.GetTimestamp();
        int[] done = await Task.WhenAll(Enumerable.Range(0, Callers).Select(async _ =>
        {
            await using NpgsqlConnection connection = await database.OpenConnectionAsync();
            await using var insert = new NpgsqlCommand("INSERT INTO bench_commits VALUES ($1, $2)", connection);
            var id = new NpgsqlParameter<Guid> { NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Uuid };
            insert.Parameters.Add(id);
            insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = new string('x', 200) });
            await insert.PrepareAsync();
            int count = 0;
            while (Stopwatch.GetElapsedTime(clock) < time)
            {
                id.TypedValue = Guid.CreateVersion7();
                await insert.ExecuteNonQueryAsync();
                count++;
            }

            return count;
        }));
        return done.Sum() / Stopwatch.GetElapsedTime(clock).TotalSeconds;
    }
}
