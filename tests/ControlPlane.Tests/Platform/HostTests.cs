using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orbit.Tests.Support;

namespace Orbit.ControlPlane.Tests.Platform;

public sealed class HostTests
{
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_started_server_says_that_it_is_healthy(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);

        using HttpResponseMessage answer = await orbit.Http.GetAsync(new Uri("/healthz", UriKind.Relative));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.NotEqual(orbit.HttpAddress, orbit.GrpcAddress);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_server_starts_again_on_the_database_it_left(string provider)
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(provider);
        await using (OrbitServer first = await OrbitServer.StartAsync(database))
        {
            await first.StopAsync();
        }

        await using OrbitServer second = await OrbitServer.StartAsync(database);

        Assert.Equal("ok\n", await second.Http.GetStringAsync(new Uri("/healthz", UriKind.Relative)));
    }

    [Fact]
    public async Task An_error_line_that_nobody_expected_fails_the_test()
    {
        OrbitServer orbit = await OrbitServer.StartAsync(Databases.Sqlite);
        ILogger logger = orbit.Services.GetRequiredService<ILoggerFactory>().CreateLogger("a test");
#pragma warning disable CA2254, CA1848 // one line in a test
        logger.LogError(new EventId(4711), "something broke");
#pragma warning restore CA2254, CA1848

        InvalidOperationException failure = await Assert.ThrowsAsync<InvalidOperationException>(async () => await orbit.DisposeAsync());

        Assert.Contains("something broke", failure.Message, StringComparison.Ordinal);
    }
}
