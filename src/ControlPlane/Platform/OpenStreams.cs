using Grpc.Core;

namespace Orbit.ControlPlane.Platform;

/// <summary>
/// Runs long streams. The caller leaving is an ordinary end; the host stopping ends them UNAVAILABLE with a time to come back.
/// </summary>
internal sealed class OpenStreams(IHostApplicationLifetime host)
{
    /// <summary>Runs <paramref name="stream"/> until it ends, the caller leaves or the host stops.</summary>
    public async Task RunAsync(ServerCallContext context, Func<CancellationToken, Task> stream)
    {
        using var open = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, host.ApplicationStopping);
        try
        {
            await stream(open.Token);
        }
        catch (Exception ended) when (open.IsCancellationRequested && ended is (OperationCanceledException or IOException or InvalidOperationException))
        {
            // A write that is cancelled half-way surfaces as IOException, one after the end as InvalidOperationException.
            if (!context.CancellationToken.IsCancellationRequested)
            {
                throw Stopping();
            }
        }
    }

    /// <summary>The refusal that says: this server is stopping, come back in a few seconds.</summary>
    public static OrbitException Stopping() =>
        OrbitException.Later("SERVER_STOPPING", "This server is stopping.", TimeSpan.FromSeconds(Random.Shared.Next(1, 10)));
}
