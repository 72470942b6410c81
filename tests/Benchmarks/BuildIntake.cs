using System.Diagnostics;
using System.Globalization;
using System.Text;
using Npgsql;
using Orbit.Benchmarks.Rig;

namespace Orbit.Benchmarks;

/// <summary>
/// Builds that CI announces over REST on PostgreSQL, each stored durably before it is answered: 64 connections, each of which waits for its
/// answer before the next. Every build is a new one, with the keys that Jenkins sends.
/// </summary>
internal static class BuildIntake
{
    private const int Callers = 64;
    private const double Least = 2_000;
    private const double TailLimit = 200;
    private static readonly TimeSpan CeilingTime = TimeSpan.FromSeconds(4);

    /// <summary>PostgreSQL alone.</summary>
    public static async Task<IReadOnlyList<Figure>> RunAsync(Scale scale, Scratch scratch)
    {
        OrbitSystem orbit = await OrbitSystem.StartAsync(scratch, postgres: true);
        await using var database = NpgsqlDataSource.Create(orbit.Postgres!.ConnectionString);
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = Callers, UseCookies = false }) { BaseAddress = orbit.HttpAddress };
        await AnnounceAsync(http, 0, scale.Announcements / 10);
        double ceilingBefore = await InsertsASecondAsync(database, scale);

        (TimeSpan server, TimeSpan postgres, TimeSpan callers) = (orbit.Server.ProcessorTime(), orbit.Postgres.ProcessorTime(), Environment.CpuUsage.TotalTime);
        long clock = Stopwatch.GetTimestamp();
        Samples answers = new(await AnnounceAsync(http, scale.Announcements / 10, scale.Announcements));
        double rate = scale.Announcements / Stopwatch.GetElapsedTime(clock).TotalSeconds;
        double[] each =
        [
            (orbit.Server.ProcessorTime() - server).TotalMicroseconds / scale.Announcements,
            (orbit.Postgres.ProcessorTime() - postgres).TotalMicroseconds / scale.Announcements,
            (Environment.CpuUsage.TotalTime - callers).TotalMicroseconds / scale.Announcements,
        ];
        double ceiling = (ceilingBefore + await InsertsASecondAsync(database, scale)) / 2;
        await RequireStoredAsync(database, scale.Announcements + (scale.Announcements / 10));
        return
        [
            new("builds announced, REST, PostgreSQL", rate, "/s") { Ceiling = ceiling, CeilingIs = "single-row commits, 8 workers", Limit = Least, MoreIsBetter = true },
            new("  answered, p50", answers.Median, "ms"),
            new("  answered, p99", answers.Percentile(99), "ms") { Limit = TailLimit },
            new("  processor time a build, control plane", each[0], "µs"),
            new("  processor time a build, PostgreSQL", each[1], "µs"),
            new("  processor time a build, callers", each[2], "µs"),
            new("  all of that on all cores allows", Environment.ProcessorCount * 1e6 / each.Sum(), "/s"),
        ];
    }

    private static async Task<List<double>> AnnounceAsync(HttpClient http, int first, int count)
    {
        int next = first - 1;
        List<double>[] times = await Task.WhenAll(Enumerable.Range(0, Callers).Select(async _ =>
        {
            var own = new List<double>();
            for (int n; (n = Interlocked.Increment(ref next)) < first + count;)
            {
                using var body = new StringContent(BodyOf(n), Encoding.UTF8, "application/json");
                long clock = Stopwatch.GetTimestamp();
                using HttpResponseMessage answer = await http.PostAsync(new Uri("/api/v1/builds", UriKind.Relative), body);
                own.Add(Stopwatch.GetElapsedTime(clock).TotalMilliseconds);
                answer.EnsureSuccessStatusCode();
            }

            return own;
        }));
        return [.. times.SelectMany(t => t)];
    }

    private static string BodyOf(int n) => string.Create(CultureInfo.InvariantCulture, $$"""
        {"BUILD_USER":"user{{n % 50}}","JOB_NAME":"CDN_JOB_{{n % 40}}","BUILD_NUMBER":"{{n}}","PACKAGE_PATH":"CDN/pass/20250613-master-{{n:x40}}/el7",
         "GIT_URL":"https://git.example/cdn.git","GIT_COMMIT":"{{n:x40}}","BUILD_URL":"http://jenkins.example/job/CDN/{{n}}/"}
        """);

    private static async Task RequireStoredAsync(NpgsqlDataSource database, int count)
    {
        await using NpgsqlCommand stored = database.CreateCommand("SELECT count(*) FROM builds");
        if ((long)(await stored.ExecuteScalarAsync())! is var found && found != count)
        {
            throw new InvalidOperationException($"{found} builds are stored, {count} were answered.");
        }
    }

    /// <summary>What the same database does by itself: transactions of one inserted row of that size.</summary>
    private static async Task<double> InsertsASecondAsync(NpgsqlDataSource database, Scale scale)
    {
        const int Workers = 8;
        TimeSpan time = scale == Scale.Full ? CeilingTime : CeilingTime / 8;
        await using (NpgsqlCommand make = database.CreateCommand("CREATE TABLE IF NOT EXISTS bench_commits (id uuid PRIMARY KEY, payload text NOT NULL)"))
        {
            await make.ExecuteNonQueryAsync();
        }

        long clock = Stopwatch.GetTimestamp();
        int[] done = await Task.WhenAll(Enumerable.Range(0, Workers).Select(async _ =>
        {
            await using NpgsqlConnection connection = await database.OpenConnectionAsync();
            int count = 0;
            while (Stopwatch.GetElapsedTime(clock) < time)
            {
                await using var insert = new NpgsqlCommand("INSERT INTO bench_commits VALUES ($1, $2)", connection);
                insert.Parameters.AddWithValue(Guid.CreateVersion7());
                insert.Parameters.AddWithValue(new string('x', 600));
                await insert.ExecuteNonQueryAsync();
                count++;
            }

            return count;
        }));
        return done.Sum() / Stopwatch.GetElapsedTime(clock).TotalSeconds;
    }
}
