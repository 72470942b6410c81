using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Orbit.ApiTesting.Http;
using Orbit.ApiTesting.Running;
using Orbit.Tests.Support;

namespace Orbit.ApiTesting.Tests.Running;

/// <summary>What a row does on a real server.</summary>
public sealed class RowTests
{
    [Fact]
    public async Task A_retry_keeps_every_attempt_and_counts_the_last()
    {
        int calls = 0;
        await using FlowServer server = await FlowServer.StartAsync(app => app.MapGet("/busy", () => ++calls < 3 ? Results.StatusCode(503) : Results.Ok()));

        RowResult row = await Runs.OneAsync(At(server.Url, """
            cases: [{name: busy, request: {url: "BASE/busy"}, assert: [{status: 200}]}]
            scenarios: [{name: s, steps: [{case: busy, retry: {times: 3, delay_ms: 1, on: [status]}}]}]
            """));

        Assert.Equal([(1, true, Outcome.Failed), (2, true, Outcome.Failed), (3, false, Outcome.Passed)], row.Steps.Select(s => (s.Attempt, s.Superseded, s.Outcome)));
        Assert.Equal(Outcome.Passed, row.Outcome);
    }

    [Fact]
    public async Task A_request_without_assertions_is_unchecked_whatever_the_status()
    {
        await using FlowServer server = await FlowServer.StartAsync();

        RowResult row = await Runs.OneAsync(At(server.Url, """cases: [{name: a, request: {url: "BASE/nowhere"}}]"""));

        Assert.Equal((Outcome.Unchecked, 404), (row.Outcome, row.Steps[0].Exchange!.Status));
    }

    [Fact]
    public async Task A_forbidden_address_is_refused_after_its_name_was_resolved()
    {
        await using FlowServer server = await FlowServer.StartAsync();
        string url = server.Url.Replace("127.0.0.1", "localhost", StringComparison.Ordinal);

        RowResult row = await Runs.OneAsync(At(url, """cases: [{name: a, request: {url: "BASE/items?page=1"}, assert: [{status: 200}]}]"""), transport: new() { Forbidden = [IPNetwork.Parse("127.0.0.0/8")] });

        Assert.Equal("forbidden", row.FailureClass);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task A_time_out_a_refused_connection_and_an_unknown_variable_are_told_apart()
    {
        await using FlowServer server = await FlowServer.StartAsync(app => app.MapGet("/slow", async (CancellationToken ct) => await Task.Delay(Timeout.Infinite, ct)));

        Assert.Equal("timeout", (await Runs.OneAsync(At(server.Url, """cases: [{name: a, request: {url: "BASE/slow", timeout_ms: 100}, assert: [{status: 200}]}]"""))).FailureClass);
        Assert.Equal("connect", (await Runs.OneAsync("""cases: [{name: a, request: {url: "http://127.0.0.1:1/"}, assert: [{status: 200}]}]""")).FailureClass);
        RowResult unknown = await Runs.OneAsync("""cases: [{name: a, request: {url: "http://{{nobody}}/"}, assert: [{status: 200}]}]""");
        Assert.Equal("variable", unknown.FailureClass);
        Assert.Contains("cases[0].request.url: the variable 'nobody' is unknown", unknown.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Teardown_runs_after_a_failure_and_after_a_stop()
    {
        using var stop = new CancellationTokenSource();
        await using FlowServer server = await FlowServer.StartAsync(app => app.MapGet("/slow", async (CancellationToken ct) =>
        {
            await stop.CancelAsync();
            await Task.Delay(Timeout.Infinite, ct);
        }));
        string document = At(server.Url, """
            cases:
              - {name: slow, request: {url: "BASE/slow"}, assert: [{status: 200}]}
              - {name: clean, request: {url: "BASE/items?page=9"}, assert: [{status: 200}]}
            scenarios: [{name: s, steps: [slow], teardown: [clean]}]
            """);

        RowResult row = await Runs.OneAsync(document, ct: stop.Token);

        Assert.Equal(["slow", "teardown/clean"], row.Steps.Select(s => s.Step));
        Assert.Equal((Outcome.Skipped, Outcome.Passed), (row.Steps[0].Outcome, row.Steps[1].Outcome));
    }

    [Fact]
    public async Task Requests_are_not_sent_faster_than_the_rate()
    {
        await using FlowServer server = await FlowServer.StartAsync();
        string document = At(server.Url, """
            cases: [{name: a, request: {url: "BASE/items?page=1"}, assert: [{status: 200}]}]
            scenarios: [{name: s, steps: [{case: a, loop: {times: 100, max: 100}}]}]
            """);
        long started = Stopwatch.GetTimestamp();

        RowResult row = await Runs.OneAsync(document, transport: new TransportOptions { RatePerHost = 50 });

        Assert.Equal(100, row.Steps.Count);
        Assert.InRange(100 / Stopwatch.GetElapsedTime(started).TotalSeconds, 0, 50 * 1.05);
    }

    [Fact]
    public async Task A_rate_is_kept_within_five_percent()
    {
        const int Tokens = 150;
        double fastest = 0;
        for (int i = 0; i < 3 && fastest < 50 * 0.95; i++) // a busy machine may wake the takers late, never early
        {
            var bucket = new TokenBucket(50, TimeProvider.System);
            long started = Stopwatch.GetTimestamp();
            int left = Tokens;
            await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
            {
                while (Interlocked.Decrement(ref left) >= 0)
                {
                    await bucket.TakeAsync(CancellationToken.None);
                }
            }));
            fastest = Math.Max(fastest, Tokens / Stopwatch.GetElapsedTime(started).TotalSeconds);
        }

        Assert.InRange(fastest, 50 * 0.95, 50 * 1.05);
    }

    private static string At(string url, string document) => document.Replace("BASE", url, StringComparison.Ordinal);
}
