using System.Diagnostics.Metrics;
using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Telemetry;
using Orbit.Tests.Support;

namespace Orbit.ControlPlane.Tests.Telemetry;

public sealed partial class MetricsTests
{
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task The_page_of_figures_is_well_formed_and_says_what_is_open(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        await lab.TriggerAsync(await lab.ItemAsync(labels: ("os", "none")));
        FakeAgentSession agent = await lab.AgentAsync();

        string text = await lab.Orbit.Http.GetStringAsync(new Uri("/metrics", UriKind.Relative));

        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, line => Assert.Matches(Line(), line));
        Assert.Equal(lines.Length, lines.Distinct(StringComparer.Ordinal).Count());
        Assert.Contains("orbit_runs_active 1", lines);
        Assert.Contains("orbit_work_open{kind=\"run\",state=\"queued\"} 1", lines);
        Assert.Contains("orbit_agents{state=\"connected\"} 1", lines);
        Assert.Contains("orbit_agents_sessions 1", lines);
        Assert.Contains("orbit_database_up 1", lines);
        Assert.Contains("# TYPE http_server_request_duration_seconds histogram", lines);
        Assert.Contains(lines, l => l.StartsWith("orbit_work_oldest_seconds{", StringComparison.Ordinal));
        await agent.DropAsync();
    }

    [Fact]
    public async Task Figures_are_served_on_the_endpoint_that_is_named_for_them_alone()
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(
            Databases.Sqlite, "--Telemetry:MetricsEndpoint=Inside", "--Kestrel:Endpoints:Inside:Url=http://127.0.0.1:0");
        Uri inside = orbit.Services.GetRequiredService<NamedEndpoints>().AddressOf("Inside")!;

        using HttpResponseMessage outside = await orbit.Http.GetAsync(new Uri("/metrics", UriKind.Relative));
        using HttpResponseMessage answer = await orbit.Http.GetAsync(new Uri(inside, "/metrics"));

        Assert.Equal(HttpStatusCode.NotFound, outside.StatusCode);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(PrometheusText.ContentType, answer.Content.Headers.ContentType!.ToString());
    }

    [Fact]
    public async Task Counters_histograms_and_tags_are_written_as_the_format_says()
    {
        await using ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var store = new MetricStore(services.GetRequiredService<IMeterFactory>());
        Meter meter = services.GetRequiredService<IMeterFactory>().Create("Orbit.Test.Text");
        Counter<int> count = meter.CreateCounter<int>("orbit.test.things", "{thing}", "Things\nseen");
        count.Add(2, new("b", "say \"x\\y\"\n"), new KeyValuePair<string, object?>("a.b", 1));
        count.Add(3, new("a.b", 1), new KeyValuePair<string, object?>("b", "say \"x\\y\"\n"));
        Histogram<double> time = meter.CreateHistogram<double>("orbit.test.time", "s");
        time.Record(0.005);
        time.Record(0.2);
        time.Record(100);

        string[] lines = PrometheusText.Write(store.Collect().Where(s => s.Instrument.Meter == meter)).Split('\n');

        Assert.Contains(@"# HELP orbit_test_things_total Things\nseen", lines);
        Assert.Contains("""orbit_test_things_total{a_b="1",b="say \"x\\y\"\n"} 5""", lines);
        Assert.Contains("""orbit_test_time_seconds_bucket{le="0.005"} 1""", lines); // a bound belongs to its bucket
        Assert.Contains("""orbit_test_time_seconds_bucket{le="0.25"} 2""", lines);
        Assert.Contains("""orbit_test_time_seconds_bucket{le="10"} 2""", lines);
        Assert.Contains("""orbit_test_time_seconds_bucket{le="+Inf"} 3""", lines);
        Assert.Contains("orbit_test_time_seconds_count 3", lines);
        Assert.Contains("orbit_test_time_seconds_sum 100.205", lines);
    }

    [Fact]
    public async Task A_tag_with_ever_new_values_does_not_use_up_the_memory()
    {
        await using ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var store = new MetricStore(services.GetRequiredService<IMeterFactory>());
        Meter meter = services.GetRequiredService<IMeterFactory>().Create("Orbit.Test.Bound");
        Counter<long> count = meter.CreateCounter<long>("orbit.test.bound");
        for (int i = 0; i < 5000; i++)
        {
            count.Add(1, new KeyValuePair<string, object?>("id", i));
        }

        Assert.Equal(2000, store.Collect().Single(s => s.Instrument == count).Points.Count());
    }

    // Written from the format's page: a comment, or a name, labels, a number.
    [GeneratedRegex("""^(# (HELP|TYPE) [a-zA-Z_:][a-zA-Z0-9_:]* .*|[a-zA-Z_:][a-zA-Z0-9_:]*(\{[a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\["\\n])*"(,[a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\["\\n])*")*\})? ([0-9.eE+-]+|NaN|[+-]Inf))$""", RegexOptions.None, 1000)]
    private static partial Regex Line();
}
