using Microsoft.Extensions.Diagnostics.HealthChecks;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Telemetry;

/// <summary>Ready is who can read the database: a load balancer sends nobody to a replica that cannot.</summary>
internal sealed class DatabaseHealth(OrbitStore store) : IHealthCheck
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            await store.ReadAsync((database, ct) => database.QueryAsync("SELECT 1", [], static row => row.Long(0), ct), limit.Token);
            return HealthCheckResult.Healthy();
        }
        catch (OrbitException later) when (later.Kind is Refusal.Later)
        {
            return HealthCheckResult.Unhealthy(later.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return HealthCheckResult.Unhealthy($"The database did not answer within {Patience.TotalSeconds} s.");
        }
    }
}
