using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using Grpc.Core;
using Orbit.Contracts.V1;
using Orbit.Tests.Support;
using Refused = Orbit.ControlPlane.Tests.Access.Refused;

namespace Orbit.ControlPlane.Tests.Logs;

public sealed class StepLogTests
{
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task What_is_read_is_what_was_sent_byte_by_byte_over_overlaps_and_gaps(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();
        (Run run, FakeWork work) = await lab.AcceptedAsync(agent);
        using FakeUpload upload = await FakeUpload.OpenAsync(agent);
        byte[] bytes = Bytes(300_000);

        Assert.Equal(100_000, await NextAsync(upload.LogAsync(work, "test", 0, bytes[..100_000])));
        Assert.Equal(100_000, await NextAsync(upload.LogAsync(work, "test", 0, bytes[..100_000]))); // again
        Assert.Equal(100_000, await NextAsync(upload.LogAsync(work, "test", 200_000, bytes[200_000..]))); // a gap
        Assert.Equal(100_000, await NextAsync(upload.LogAsync(work, "test", 50_000, bytes[50_000..150_000]))); // overlaps
        Assert.Equal(100_000, await NextAsync(upload.LogAsync(work, "test", -1, bytes[..10])));
        Assert.Equal(100_000, await NextAsync(upload.LogAsync(work, "test", 0, []))); // only asks
        Assert.Equal(100_001, await NextAsync(upload.LogAsync(work, "test", 100_000, bytes[100_000..100_001])));
        Assert.Equal(300_000, await NextAsync(upload.LogAsync(work, "test", 100_001, bytes[100_001..], end: true)));
        Assert.Equal(300_000, await NextAsync(upload.LogAsync(work, "test", 300_000, [1, 2], end: true))); // it is complete

        Assert.Equal(bytes, await ReadAsync(lab, run.Id, "test"));
        LogStream log = Assert.Single((await lab.Runs.ListLogsAsync(new ListLogsRequest { RunId = run.Id })).Logs);
        Assert.Equal(("test", 300_000L, true, bytes.LongCount(b => b == '\n')), (log.Step, log.Length, log.Complete, log.Lines));
        Assert.Equal(bytes[1000..1010], await ReadAsync(lab, run.Id, "test", 1000, 10));
        Assert.Equal(bytes[99_990..100_050], await ReadAsync(lab, run.Id, "test", 99_990, 60));
        Assert.Equal(bytes[^7..], await ReadAsync(lab, run.Id, "test", -7));
        Assert.Equal(bytes, await ReadAsync(lab, run.Id, "test", -1_000_000));
        Assert.Equal(bytes[^1_000..^990], await ReadAsync(lab, run.Id, "test", -1_000, 10));
        Assert.Empty(await ReadAsync(lab, run.Id, "test", 300_000));
        Assert.Equal(Encoding.UTF8.GetString(bytes[..100]), Encoding.UTF8.GetString(await RestAsync(lab, $"/api/v1/deploy-test-runs/{run.Id}/logs?step=test&limit=100")));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Steps_follow_each_other_and_a_limit_holds_over_all_of_them(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();
        (Run run, FakeWork work) = await lab.AcceptedAsync(agent);
        using FakeUpload upload = await FakeUpload.OpenAsync(agent);
        await upload.LogAsync(work, "report", 0, "packing\nEnd of Report"u8.ToArray(), end: true);
        await upload.LogAsync(work, "test", 0, "one\nTwo report\nthree\0\xff\n"u8.ToArray(), end: true);

        Assert.Equal("one\nTwo report\nthree\0\xff\npacking\nEnd of Report", Encoding.UTF8.GetString(await ReadAsync(lab, run.Id, "")));
        Assert.Equal("one\nTwo", Encoding.UTF8.GetString(await ReadAsync(lab, run.Id, "", limit: 7)));
        Assert.Equal("Two report\nEnd of Report", Encoding.UTF8.GetString(await ReadAsync(lab, run.Id, "", grep: "REPORT")));
        Assert.Equal("RANGE_INVALID", await Refused.ReasonAsync(() => ReadAsync(lab, run.Id, "", offset: 1)));
        Assert.Equal("RANGE_INVALID", await Refused.ReasonAsync(() => ReadAsync(lab, run.Id, "test", limit: -1)));
        Assert.Equal("RANGE_INVALID", await Refused.ReasonAsync(() => ReadAsync(lab, run.Id, "test", offset: 1, grep: "x")));
        Assert.Equal("STEP_NOT_FOUND", await Refused.ReasonAsync(() => ReadAsync(lab, run.Id, "deploy")));
        Assert.Equal("RUN_NOT_FOUND", await Refused.ReasonAsync(() => ReadAsync(lab, 4711, "")));
        Assert.Equal("Two report\n", Encoding.UTF8.GetString(await RestAsync(lab, $"/api/v1/deploy-test-runs/{run.Id}/logs?step=test&grep=two")));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Who_follows_sees_bytes_as_they_come_and_the_end(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();
        (Run run, FakeWork work) = await lab.AcceptedAsync(agent);
        using FakeUpload upload = await FakeUpload.OpenAsync(agent);
        await work.TellAsync(Fact.Started("test"));
        using AsyncServerStreamingCall<LogChunk> follow = lab.Runs.FollowLog(new FollowLogRequest { RunId = run.Id, Step = "test", Follow = true });

        await upload.LogAsync(work, "test", 0, "one\n"u8.ToArray());
        Assert.True(await follow.ResponseStream.MoveNext(default));
        Assert.Equal((0, "one\n"), (follow.ResponseStream.Current.Offset, follow.ResponseStream.Current.Data.ToStringUtf8()));
        await work.TellAsync(Fact.Finished("test", logLength: 8)); // its last bytes are still to come
        await upload.LogAsync(work, "test", 4, "two\n"u8.ToArray(), end: true);
        Assert.True(await follow.ResponseStream.MoveNext(default));
        Assert.Equal((4, 1, "two\n"), (follow.ResponseStream.Current.Offset, follow.ResponseStream.Current.FirstLine, follow.ResponseStream.Current.Data.ToStringUtf8()));
        Assert.True(await follow.ResponseStream.MoveNext(default));
        Assert.True(follow.ResponseStream.Current.End);
        Assert.False(await follow.ResponseStream.MoveNext(default));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_run_ends_at_once_when_its_last_log_bytes_are_there(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();
        using FakeUpload upload = await FakeUpload.OpenAsync(agent);
        TimeSpan fastest = TimeSpan.MaxValue;
        for (int i = 0; i < 3; i++)
        {
            (Run run, FakeWork work) = await lab.AcceptedAsync(agent);
            await work.TellAsync(Fact.Started("test"), Fact.Finished("test", logLength: 4));
            await work.EndAsync();
            Assert.Equal(RunStatus.Reporting, (await lab.RunAsync(run.Id)).Status);

            long clock = Stopwatch.GetTimestamp();
            Assert.Equal(4, await NextAsync(upload.LogAsync(work, "test", 0, "one\n"u8.ToArray(), end: true)));

            Assert.Equal(Verdict.Passed, (await lab.EndedAsync(run.Id)).Verdict);
            fastest = Stopwatch.GetElapsedTime(clock) < fastest ? Stopwatch.GetElapsedTime(clock) : fastest;
        }

        Assert.True(fastest < TimeSpan.FromSeconds(1), $"{fastest.TotalMilliseconds} ms: somebody waited for the slow look"); // it comes every 2 s
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Bytes_under_a_wrong_epoch_or_for_nothing_are_refused_and_the_stream_goes_on(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();
        FakeAgentSession stranger = await lab.AgentAsync("lab-2");
        (Run run, FakeWork work) = await lab.AcceptedAsync(agent);
        using FakeUpload upload = await FakeUpload.OpenAsync(agent);
        using FakeUpload strangers = await FakeUpload.OpenAsync(stranger);

        Assert.Equal("FENCED", (await upload.LogAsync(work, "test", 0, [1], epoch: 2)).Refused.Reason);
        Assert.Equal("FENCED", (await strangers.LogAsync(work, "test", 0, [1])).Refused.Reason);
        Assert.Equal("STEP_UNKNOWN", (await upload.LogAsync(work, "", 0, [1])).Refused.Reason);
        Assert.Equal("STEP_UNKNOWN", (await upload.LogAsync(work, "te\0st", 0, [1])).Refused.Reason);
        Assert.Equal(1, await NextAsync(upload.LogAsync(work, "test", 0, [1])));
        Assert.Equal([1], await ReadAsync(lab, run.Id, "test"));
        Assert.Equal("UPLOAD_TOKEN_INVALID", await Refused.ReasonAsync(() => FakeUpload.OpenAsync(lab.Orbit.Channel, "")));
        Assert.Equal("UPLOAD_TOKEN_INVALID", await Refused.ReasonAsync(() => FakeUpload.OpenAsync(lab.Orbit.Channel, $"{agent.Agent.Id}.00")));
    }

    /// <summary>Lines, NUL and bytes that are no UTF-8; the same each time.</summary>
    private static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        new Random(7).NextBytes(bytes);
        for (int i = 0; i < length; i += 80)
        {
            bytes[i] = (byte)'\n';
        }

        bytes[5] = 0;
        return bytes;
    }

    private static async Task<long> NextAsync(Task<UploadResponse> answer) => (await answer).Log.NextOffset;

    private static async Task<byte[]> ReadAsync(Lab lab, long run, string step, long offset = 0, long limit = 0, string grep = "")
    {
        using AsyncServerStreamingCall<RawBody> call = lab.Runs.ReadLog(new ReadLogRequest { RunId = run, Step = step, Offset = offset, Limit = limit, Grep = grep });
        using var all = new MemoryStream();
        await foreach (RawBody body in call.ResponseStream.ReadAllAsync())
        {
            all.Write(body.Data.Span);
        }

        return all.ToArray();
    }

    private static async Task<byte[]> RestAsync(Lab lab, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await lab.Orbit.TokenAsync("rest@example.org"));
        using HttpResponseMessage answer = await lab.Orbit.Http.SendAsync(request);
        Assert.Equal(("text/plain", true), (answer.Content.Headers.ContentType?.MediaType, answer.IsSuccessStatusCode));
        return await answer.Content.ReadAsByteArrayAsync();
    }
}
