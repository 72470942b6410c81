using System.Net;
using System.Text;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Access.Keys;
using Orbit.ControlPlane.Telemetry;
using Orbit.Tests.Support;

namespace Orbit.ControlPlane.Tests.Telemetry;

public sealed class TraceTests
{
    [Fact]
    public async Task A_run_that_ended_is_told_to_the_collector_from_its_queue_to_its_tests()
    {
        await using Collector collector = await Collector.StartAsync();
        await using Lab lab = await Lab.StartAsync(Databases.Sqlite, $"--Telemetry:OtlpEndpoint={collector.Address}");
        FakeAgentSession agent = await lab.AgentAsync();
        (Run run, FakeWork work) = await lab.AcceptedAsync(agent);
        await work.TellAsync(Fact.Started("test"), Fact.Collected("t.py::test_pay"), Fact.Tested("t.py::test_pay", TestOutcome.Passed), Fact.Finished("test"));
        await work.EndAsync();
        await lab.EndedAsync(run.Id);

        byte[] traces = await collector.UntilAsync("/v1/traces", "test t.py::test_pay");

        byte[] trace = Convert.FromHexString(RunTraceBuilder.TraceOf(lab.Orbit.Services.GetRequiredService<ServerIdentity>().ServerId, run.Id, 1).ToHexString());
        string text = Encoding.Latin1.GetString(traces);
        Assert.All(["run item-1", "queue", "step test", "orbit.run.verdict"], name => Assert.Contains(name, text, StringComparison.Ordinal));
        Assert.Contains(Encoding.Latin1.GetString(trace), text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_collector_that_is_no_address_stops_the_start()
    {
        Microsoft.Extensions.Options.OptionsValidationException refused = await Assert.ThrowsAsync<Microsoft.Extensions.Options.OptionsValidationException>(
            () => OrbitServer.StartAsync(Databases.Sqlite, "--Telemetry:OtlpEndpoint=collector:4318"));

        Assert.Contains("Telemetry:OtlpEndpoint is 'collector:4318'", Assert.Single(refused.Failures), StringComparison.Ordinal);
    }

    /// <summary>Takes what a collector takes, and keeps the bytes.</summary>
    private sealed class Collector : IAsyncDisposable
    {
        private readonly WebApplication _app;
        private readonly Channel<(string Path, byte[] Body)> _posts = Channel.CreateUnbounded<(string, byte[])>();

        private Collector()
        {
            WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
            builder.Services.AddRouting();
            builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
            _app = builder.Build();
            _app.MapPost("/{**path}", async (HttpContext context) =>
            {
                using var body = new MemoryStream();
                await context.Request.Body.CopyToAsync(body);
                await _posts.Writer.WriteAsync((context.Request.Path, body.ToArray()));
            });
        }

        public string Address => _app.Urls.Single();

        public static async Task<Collector> StartAsync()
        {
            var collector = new Collector();
            await collector._app.StartAsync();
            return collector;
        }

        public async Task<byte[]> UntilAsync(string path, string text)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            var all = new MemoryStream();
            await foreach ((string posted, byte[] body) in _posts.Reader.ReadAllAsync(limit.Token))
            {
                if (posted == path)
                {
                    all.Write(body);
                    if (Encoding.Latin1.GetString(all.ToArray()).Contains(text, StringComparison.Ordinal))
                    {
                        return all.ToArray();
                    }
                }
            }

            throw new InvalidOperationException("The collector ended.");
        }

        public ValueTask DisposeAsync() => _app.DisposeAsync();
    }
}
