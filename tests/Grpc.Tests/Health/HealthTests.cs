using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using HealthClient = Grpc.Health.V1.Health.HealthClient;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Orbit.Grpc.Tests.Health;

public sealed class HealthTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private HealthCheckResult _database = HealthCheckResult.Healthy();

    [Fact]
    public async Task A_service_is_as_healthy_as_the_checks_that_are_mapped_to_it()
    {
        await using EchoServer server = await StartAsync();
        var client = new HealthClient(server.Connect());
        _database = HealthCheckResult.Unhealthy();

        Assert.Equal(ServingStatus.NotServing, (await client.CheckAsync(new())).Status);
        Assert.Equal(ServingStatus.NotServing, (await client.CheckAsync(new() { Service = "needs.Database" })).Status);
        Assert.Equal(ServingStatus.Serving, (await client.CheckAsync(new() { Service = "needs.Nothing" })).Status);

        _database = HealthCheckResult.Degraded();
        Assert.Equal(ServingStatus.Serving, (await client.CheckAsync(new())).Status);
    }

    [Fact]
    public async Task A_service_that_nobody_mapped_is_not_found_and_is_watched_as_unknown()
    {
        await using EchoServer server = await StartAsync();
        var client = new HealthClient(server.Connect());

        RpcException error = await Assert.ThrowsAsync<RpcException>(async () => await client.CheckAsync(new() { Service = "none" }));
        Assert.Equal(StatusCode.NotFound, error.StatusCode);
        using AsyncServerStreamingCall<HealthCheckResponse> watch = client.Watch(new() { Service = "none" });
        Assert.Equal(ServingStatus.ServiceUnknown, await NextAsync(watch));
    }

    [Fact]
    public async Task A_watcher_hears_of_each_change_and_of_the_stop()
    {
        await using EchoServer server = await StartAsync();
        using AsyncServerStreamingCall<HealthCheckResponse> watch =
            new HealthClient(server.Connect()).Watch(new() { Service = "needs.Database" });
        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));

        _database = HealthCheckResult.Unhealthy();
        Assert.Equal(ServingStatus.NotServing, await NextAsync(watch));
        _database = HealthCheckResult.Healthy();
        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));

        Task stopped = server.StopAsync();
        Assert.Equal(ServingStatus.NotServing, await NextAsync(watch));
        Assert.False(await watch.ResponseStream.MoveNext().WaitAsync(Patience));
        await stopped.WaitAsync(Patience);
    }

    private static async Task<ServingStatus> NextAsync(AsyncServerStreamingCall<HealthCheckResponse> watch)
    {
        Assert.True(await watch.ResponseStream.MoveNext().WaitAsync(Patience));
        return watch.ResponseStream.Current.Status;
    }

    private Task<EchoServer> StartAsync() => EchoServer.StartAsync(
        services: services =>
        {
            services.AddGrpcHealthChecks(options =>
            {
                options.Services.Map("needs.Database", check => check.Tags.Contains("database"));
                options.Services.Map("needs.Nothing", _ => false);
            }).AddCheck("postgres", () => _database, ["database"]);
            services.Configure<HealthCheckPublisherOptions>(options =>
            {
                options.Delay = TimeSpan.Zero;
                options.Period = TimeSpan.FromSeconds(1); // the least that is allowed
            });
        },
        pipeline: app => app.MapGrpcHealthChecksService());
}
