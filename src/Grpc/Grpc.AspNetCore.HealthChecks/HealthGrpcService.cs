using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Grpc.AspNetCore.HealthChecks;

/// <summary>Turns the host's health checks into serving statuses. Degraded still serves.</summary>
internal sealed class HealthGrpcService(
    HealthCheckService checks,
    PublishedHealth published,
    IOptions<GrpcHealthChecksOptions> options,
    IHostApplicationLifetime host) : Grpc.Health.V1.Health.HealthBase
{
    public override async Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        ServiceMapping mapping = options.Value.Services.Find(request.Service)
            ?? throw new RpcException(new Status(StatusCode.NotFound, $"No health is known of a service \"{request.Service}\"."));
        return new() { Status = await NowAsync(mapping, context.CancellationToken) };
    }

    public override async Task Watch(
        HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        using CancellationTokenRegistration stopping = options.Value.SuppressCompletionOnShutdown
            ? default
            : host.ApplicationStopping.Register(end.Cancel);
        try
        {
            await WatchAsync(options.Value.Services.Find(request.Service), responseStream, end.Token);
        }
        catch (OperationCanceledException) when (!context.CancellationToken.IsCancellationRequested)
        {
            // The host stops: say so, then end the stream in order.
            await responseStream.WriteAsync(new() { Status = ServingStatus.NotServing }, context.CancellationToken);
        }
    }

    private static ServingStatus Serving(HealthStatus health) =>
        health == HealthStatus.Unhealthy ? ServingStatus.NotServing : ServingStatus.Serving;

    private static ServingStatus In(HealthReport report, ServiceMapping mapping) =>
        Serving(report.Entries
            .Where(entry => mapping.Predicate(new(entry.Key, entry.Value.Tags)))
            .Select(entry => entry.Value.Status)
            .DefaultIfEmpty(HealthStatus.Healthy)
            .Min());

    private async Task WatchAsync(
        ServiceMapping? mapping, IServerStreamWriter<HealthCheckResponse> responses, CancellationToken ct)
    {
        ServingStatus? said = null;
        Task changed = published.Current.Next;
        ServingStatus now = mapping is null ? ServingStatus.ServiceUnknown : await NowAsync(mapping, ct);
        while (true)
        {
            if (now != said)
            {
                await responses.WriteAsync(new() { Status = now }, ct);
                said = now;
            }

            await changed.WaitAsync(ct);
            (HealthReport? report, changed) = published.Current;
            now = mapping is null || report is null ? now : In(report, mapping);
        }
    }

    private async Task<ServingStatus> NowAsync(ServiceMapping mapping, CancellationToken ct)
    {
        if (options.Value.UseHealthChecksCache && published.Current.Last is { } last)
        {
            return In(last, mapping);
        }

        HealthReport report = await checks.CheckHealthAsync(
            registration => mapping.Predicate(new(registration.Name, registration.Tags)), ct);
        return Serving(report.Status);
    }
}
