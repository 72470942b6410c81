using System.Diagnostics;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Orbit.Contracts.V1;
using Orbit.Tests.Support;
using Refused = Orbit.ControlPlane.Tests.Access.Refused;

namespace Orbit.ControlPlane.Tests.Runs;

/// <summary>Many open streams at a time.</summary>
public sealed class CrowdOfWatchersTests
{
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Fifty_watchers_that_read_nothing_delay_none_of_a_hundred_and_fifty_others(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        (Run run, FakeWork work) = await lab.AcceptedAsync(await lab.AgentAsync());
        using GrpcChannel aside = Wide(lab.Orbit);
        using GrpcChannel channel = Wide(lab.Orbit);
        string token = await lab.Orbit.TokenAsync("watcher@example.org");
        AsyncServerStreamingCall<RunEvent>[] stalled = [.. Enumerable.Range(0, 50).Select(_ => Watch(aside, token, run.Id))];
        AsyncServerStreamingCall<RunEvent>[] reading = [.. Enumerable.Range(0, 150).Select(_ => Watch(channel, token, run.Id))];
        await Task.WhenAll(stalled.Concat(reading).Select(call => call.ResponseHeadersAsync));
        Task<List<RunEvent>>[] seen = [.. reading.Select(ReadAsync)];

        AgentEvent[] tests = [.. Enumerable.Range(0, 200).Select(n => Fact.Tested($"t::{n}", TestOutcome.Failed))];
        Array.ForEach(tests, test => test.TestEnded.Message = new string('x', 2000)); // more than a stream may hold back
        await work.TellAsync(tests);
        await work.EndAsync();

        List<RunEvent>[] told = await Task.WhenAll(seen).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.All(told, events => Assert.Equal(200, events.Count(e => e.Type is RunEventType.TestFinished)));
        Assert.All(told, events => Assert.Equal(events.Select(e => e.Seq).Order().Distinct(), events.Select(e => e.Seq)));
        Array.ForEach(stalled, call => call.Dispose());
    }

    [Fact]
    public async Task A_server_that_stops_ends_a_thousand_streams_within_ten_seconds_and_says_when_to_come_back()
    {
        await using Lab lab = await Lab.StartAsync(Databases.Sqlite);
        FakeAgentSession agent = await lab.AgentAsync();
        (Run run, FakeWork work) = await lab.AcceptedAsync(agent);
        using GrpcChannel channel = Wide(lab.Orbit);
        string token = await lab.Orbit.TokenAsync("watcher@example.org");
        AsyncServerStreamingCall<RunEvent>[] calls = [.. Enumerable.Range(0, 1000).Select(_ => Watch(channel, token, run.Id))];
        await Task.WhenAll(calls.Select(call => call.ResponseHeadersAsync));
        Task<List<RunEvent>>[] seen = [.. calls.Select(ReadAsync)];

        long stopped = Stopwatch.GetTimestamp();
        await lab.Orbit.StopAsync();

        Assert.InRange(Stopwatch.GetElapsedTime(stopped), TimeSpan.Zero, TimeSpan.FromSeconds(10));
        foreach (Task<List<RunEvent>> one in seen)
        {
            RpcException end = await Assert.ThrowsAsync<RpcException>(() => one);
            Assert.Equal((StatusCode.Unavailable, "SERVER_STOPPING"), (end.StatusCode, Refused.ReasonOf(end)));
            Assert.InRange(Refused.WaitOf(end), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));
        }

        ServerMessage last = await agent.TakeAsync(m => m.Drain is not null);
        Assert.InRange(last.Drain.ReconnectIn.ToTimeSpan(), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));
        Assert.Equal("SERVER_STOPPING", Refused.ReasonOf(await agent.EndedAsync()));
        Assert.Equal(0, work.Told); // its work was not asked to end
    }

    private static GrpcChannel Wide(OrbitServer orbit) => GrpcChannel.ForAddress(
        orbit.GrpcAddress, new GrpcChannelOptions { HttpHandler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true } });

    private static AsyncServerStreamingCall<RunEvent> Watch(GrpcChannel channel, string token, long run) =>
        new RunService.RunServiceClient(channel.Intercept(headers =>
        {
            headers.Add("authorization", $"Bearer {token}");
            return headers;
        })).WatchRun(new WatchRunRequest { RunId = run });

    private static async Task<List<RunEvent>> ReadAsync(AsyncServerStreamingCall<RunEvent> call)
    {
        using (call)
        {
            var seen = new List<RunEvent>();
            await foreach (RunEvent told in call.ResponseStream.ReadAllAsync())
            {
                if (told.Type is not RunEventType.Heartbeat)
                {
                    seen.Add(told);
                }
            }

            return seen;
        }
    }
}
