using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Access;

/// <summary>
/// Slows wrong sign-ins. Every try counts before it is judged, so that a thousand at once are a thousand tries; a right one takes its counts
/// back. What is slowed is an account <em>from one source</em>, and less strictly the source, never the account alone: a stranger cannot
/// lock anybody out.
/// </summary>
internal sealed class SignInBrakes(OrbitStore store, TimeProvider time, ILogger<SignInBrakes> log)
{
    /// <summary>After this long without a failure all is forgotten.</summary>
    public static readonly TimeSpan Forgets = TimeSpan.FromHours(1);

    private static readonly Rule OfAccount = new(Free: 3, Longest: TimeSpan.FromMinutes(15));
    private static readonly Rule OfSource = new(Free: 30, Longest: TimeSpan.FromMinutes(1));

    /// <summary>Counts a try, or refuses it because earlier ones failed.</summary>
    /// <param name="kind">What is tried, e.g. <c>admin</c>.</param>
    /// <param name="email">For which account.</param>
    /// <param name="source">From which address.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="OrbitException">LOGIN_SLOWED with the time to wait.</exception>
    public async Task CountTryAsync(string kind, string email, string source, CancellationToken ct)
    {
        TimeSpan wait = await store.WriteAsync(
            async (database, token) =>
            {
                TimeSpan byAccount = await CountAsync(database, AccountKey(kind, email, source), OfAccount, token);
                return byAccount > TimeSpan.Zero ? byAccount : await CountAsync(database, SourceKey(kind, source), OfSource, token);
            },
            ct);
        if (wait > TimeSpan.Zero)
        {
            log.SignInSlowed(kind, source, wait);
            throw new OrbitException(Refusal.TooMuch, "LOGIN_SLOWED", $"Too many failed sign-ins from this address; try again in {Math.Ceiling(wait.TotalSeconds)} s.")
            {
                ComeBackIn = wait,
            };
        }
    }

    /// <summary>The try was right.</summary>
    public Task ForgiveAsync(string kind, string email, string source, CancellationToken ct) =>
        store.WriteAsync(
            (database, token) => database.RunAsync(
                "DELETE FROM sign_in_brakes WHERE key IN (@p0, @p1)", [AccountKey(kind, email, source), SourceKey(kind, source)], token),
            ct);

    private static string AccountKey(string kind, string email, string source) => $"{kind}|{email}|{source}";

    private static string SourceKey(string kind, string source) => $"{kind}||{source}";

    /// <summary>Zero when the try may go on; else how long to wait, and then it did not count.</summary>
    private async Task<TimeSpan> CountAsync(OrbitDbContext database, string key, Rule rule, CancellationToken ct)
    {
        DateTimeOffset now = time.GetUtcNow();
        List<int> counted = await database.QueryAsync(
            """
            INSERT INTO sign_in_brakes (key, failures, blocked_until, last_at) VALUES (@p0, 1, @p2, @p1)
            ON CONFLICT (key) DO UPDATE SET
              failures = CASE WHEN sign_in_brakes.last_at < @p2 THEN 1 ELSE sign_in_brakes.failures + 1 END, last_at = excluded.last_at
            WHERE sign_in_brakes.blocked_until <= @p1
            RETURNING failures
            """,
            [key, now, now - Forgets],
            row => row.Int(0),
            ct);
        if (counted.Count == 0)
        {
            var blocked = await database.QueryAsync("SELECT blocked_until FROM sign_in_brakes WHERE key = @p0", [key], row => row.Time(0), ct);
            return blocked.Single() - now;
        }

        TimeSpan delay = rule.DelayAfter(counted[0]);
        if (delay > TimeSpan.Zero)
        {
            // The row is locked by the statement above until the commit: nobody tries in between.
            await database.RunAsync("UPDATE sign_in_brakes SET blocked_until = @p1 WHERE key = @p0", [key, now + delay], ct);
        }

        return TimeSpan.Zero;
    }

    /// <param name="Free">Failures without a delay.</param>
    /// <param name="Longest">The delay doubles from one second up to this.</param>
    private sealed record Rule(int Free, TimeSpan Longest)
    {
        public TimeSpan DelayAfter(int failures) =>
            failures < Free ? TimeSpan.Zero
            : failures - Free >= 20 ? Longest
            : TimeSpan.FromSeconds(Math.Min(1L << (failures - Free), (long)Longest.TotalSeconds));
    }
}
