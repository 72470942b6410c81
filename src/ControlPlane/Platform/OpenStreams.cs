using Grpc.Core;

namespace Orbit.ControlPlane.Platform;

/// <summary>
/// Runs long streams. The caller leaving is an ordinary end; the host stopping ends them UNAVAILABLE with a time to come back; the end of
/// the caller's session ends them UNAUTHENTICATED.
/// </summary>
internal sealed class OpenStreams(IHostApplicationLifetime host, WatchedSessions sessions)
{
    private int _open;

    /// <summary>Streams that run now.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>Runs <paramref name="stream"/> until it ends, the caller leaves, the caller's session ends or the host stops.</summary>
    public async Task RunAsync(ServerCallContext context, Func<CancellationToken, Task> stream)
    {
        using WatchedSessions.Watch? session = Caller.Find(context)?.StreamOwner is { } id ? sessions.Open(id) : null;
        CancellationToken sessionEnd = session?.Ended ?? CancellationToken.None;
        using var open = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, host.ApplicationStopping, sessionEnd);
        Interlocked.Increment(ref _open);
        try
        {
            await stream(open.Token);
        }
        catch (Exception ended) when (open.IsCancellationRequested && ended is (OperationCanceledException or IOException or InvalidOperationException))
        {
            // A write that is cancelled half-way surfaces as IOException, one after the end as InvalidOperationException.
            if (!context.CancellationToken.IsCancellationRequested)
            {
                throw sessionEnd.IsCancellationRequested ? SessionEnded() : Stopping();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }

    /// <summary>The refusal of a session that is over.</summary>
    public static OrbitException SessionEnded() => new(Refusal.Unauthenticated, "SESSION_ENDED", "The session has ended. Sign in again.");

    /// <summary>The refusal that says: this server is stopping, come back in a few seconds.</summary>
    public static OrbitException Stopping() =>
        OrbitException.Later("SERVER_STOPPING", "This server is stopping.", TimeSpan.FromSeconds(Random.Shared.Next(1, 10)));
}
