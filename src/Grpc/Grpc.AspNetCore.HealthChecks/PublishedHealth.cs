using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Grpc.AspNetCore.HealthChecks;

/// <summary>Keeps the last report of the host's periodic health checks and wakes those who wait for the next one.</summary>
internal sealed class PublishedHealth : IHealthCheckPublisher
{
    private readonly Lock _lock = new();
    private HealthReport? _last;
    private TaskCompletionSource _next = NewSignal();

    /// <summary>The last report, if there was one yet, and a task that ends with the next.</summary>
    public (HealthReport? Last, Task Next) Current
    {
        get
        {
            lock (_lock)
            {
                return (_last, _next.Task);
            }
        }
    }

    public Task PublishAsync(HealthReport report, CancellationToken cancellationToken)
    {
        TaskCompletionSource published;
        lock (_lock)
        {
            (_last, published, _next) = (report, _next, NewSignal());
        }

        published.SetResult();
        return Task.CompletedTask;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
