using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using Orbit.Cli.Tests.Support;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Tests;

public sealed class LogTests
{
    private static readonly byte[] Log = RandomNumberGenerator.GetBytes(300_000); // any bytes, of any encoding

    [Fact]
    public async Task A_log_followed_over_cuts_arrives_byte_for_byte()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync();
        server.Answers.Logs.Enqueue(Chunks("test", 0, 64_000, 128_000).ThenCut());
        server.Answers.Logs.Enqueue((_, _, _) => throw new RpcException(new(StatusCode.Unavailable, "stopping")));
        server.Answers.Logs.Enqueue(Chunks("test", 100_000, 150_000, 200_000).ThenCut()); // begins before the place asked for
        server.Answers.Logs.Enqueue((request, responses, context) => Chunks("test", (int)request.Offset, 280_000).ThenAbort()(request, responses, context));
        server.Answers.Logs.Enqueue((request, responses, context) => Chunks("test", (int)request.Offset, 300_000)(request, responses, context));
        using var cli = new OrbitCli(server);

        Outcome outcome = await cli.RunAsync("logs", "12", "--step", "test", "-f");

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(Log, outcome.Bytes);
        IReadOnlyList<FollowLogRequest> asked = server.Answers.AskedFor<FollowLogRequest>();
        Assert.All(asked, request => Assert.True(request.Follow));
        Assert.Equal([0, 128_000, 128_000, 200_000], asked.Take(4).Select(request => request.Offset));
    }

    [Fact]
    public async Task All_steps_in_a_row_over_a_cut_neither_repeat_nor_miss_a_byte()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync();
        server.Answers.Logs.Enqueue(Both(Chunks("download", 0, 50_000), Chunks("test", 0, 60_000)).ThenCut());
        server.Answers.Logs.Enqueue(Both(Chunks("download", 0, 50_000), Chunks("test", 0, 70_000)));
        using var cli = new OrbitCli(server);

        Outcome outcome = await cli.RunAsync("logs", "12", "-f");

        Assert.Equal([.. Log[..50_000], .. Log[..70_000]], outcome.Bytes);
        Assert.All(server.Answers.AskedFor<FollowLogRequest>(), request => Assert.Equal(0, request.Offset));
    }

    [Fact]
    public async Task Bytes_that_are_missing_are_asked_for_again()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync();
        server.Answers.Logs.Enqueue(Both(Chunks("test", 0, 1_000), Chunks("test", 2_000, 3_000)));
        server.Answers.Logs.Enqueue(Chunks("test", 1_000, 3_000));
        using var cli = new OrbitCli(server);

        Outcome outcome = await cli.RunAsync("logs", "12", "--step", "test");

        Assert.Equal(Log[..3_000], outcome.Bytes);
        Assert.Equal([0, 1_000], server.Answers.AskedFor<FollowLogRequest>().Select(asked => asked.Offset));
    }

    [Fact]
    public async Task The_tail_begins_before_the_end_of_the_newest_step()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync();
        server.Answers.When<ListLogsRequest, ListLogsResponse>(_ => new() { Logs = { new LogStream { Step = "download" }, new LogStream { Step = "test", Length = 300_000 } } });
        server.Answers.Logs.Enqueue(Chunks("test", 299_900, 300_000));
        using var cli = new OrbitCli(server);

        Outcome outcome = await cli.RunAsync("logs", "12", "-n", "100");

        Assert.Equal(Log[299_900..], outcome.Bytes);
        FollowLogRequest asked = server.Answers.AskedFor<FollowLogRequest>().Single();
        Assert.Equal(("test", -100), (asked.Step, asked.Offset));
    }

    [Fact]
    public async Task A_search_over_a_cut_neither_repeats_nor_misses_a_byte()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync();
        server.Answers.Searches.Enqueue(Found(0, 5_000, 9_000).ThenCut());
        server.Answers.Searches.Enqueue(Found(0, 8_000, 12_000));
        using var cli = new OrbitCli(server);

        Outcome outcome = await cli.RunAsync("logs", "12", "--grep", "error", "-f");

        Assert.Equal(Log[..12_000], outcome.Bytes);
        Assert.All(server.Answers.AskedFor<ReadLogRequest>(), request => Assert.Equal("error", request.Grep));
    }

    [Fact]
    public async Task On_a_terminal_a_log_cannot_move_the_cursor()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync();
        byte[] hostile = "\x1b[31mred\x1b[0m \x1b]0;title\a 好\r\nbar 1\rbar 2\n\u009b2J"u8.ToArray();
        server.Answers.Logs.Enqueue(Some.Sends<FollowLogRequest, LogChunk>(
            [.. hostile.Select((value, at) => new LogChunk { Step = "test", Offset = at, Data = ByteString.CopyFrom(value) })])); // a byte a chunk: everything is cut somewhere
        using var cli = new OrbitCli(server) { OutputIsTerminal = true };

        Outcome outcome = await cli.RunAsync("logs", "12");

        Assert.Equal("red \\x1b]0;title\\x07 好\nbar 1\nbar 2\n\\x9b2J", outcome.Output);
    }

    private static ScriptedServer.Script<FollowLogRequest, LogChunk> Chunks(string step, params int[] edges) =>
        Some.Sends<FollowLogRequest, LogChunk>([.. edges.Zip(edges.Skip(1)).SelectMany(pair => Pieces(step, pair.First, pair.Second))]);

    private static IEnumerable<LogChunk> Pieces(string step, int from, int to)
    {
        for (int at = from; at < to; at += 65_536)
        {
            yield return new() { Step = step, Offset = at, Data = ByteString.CopyFrom(Log, at, Math.Min(65_536, to - at)) };
        }
    }

    private static ScriptedServer.Script<ReadLogRequest, RawBody> Found(params int[] edges) =>
        Some.Sends<ReadLogRequest, RawBody>([.. edges.Zip(edges.Skip(1)).Select(pair => new RawBody { Data = ByteString.CopyFrom(Log, pair.First, pair.Second - pair.First) })]);

    private static ScriptedServer.Script<FollowLogRequest, LogChunk> Both(
        ScriptedServer.Script<FollowLogRequest, LogChunk> first, ScriptedServer.Script<FollowLogRequest, LogChunk> second) => async (request, responses, context) =>
    {
        await first(request, responses, context);
        await second(request, responses, context);
    };
}
