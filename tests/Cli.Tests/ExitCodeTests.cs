using Grpc.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Orbit.Cli.Tests.Support;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Tests;

public sealed class ExitCodeTests
{
    [Theory]
    [InlineData("Completed", "Passed", 0)]
    [InlineData("Completed", "TestsFailed", 1)]
    [InlineData("Completed", "NoTests", 1)]
    [InlineData("Failed", "InfrastructureError", 3)]
    [InlineData("Failed", "Interrupted", 3)]
    [InlineData("Failed", "TimedOut", 4)]
    [InlineData("Cancelled", "Cancelled", 4)]
    [InlineData("Failed", "Unknown", 5)]
    [InlineData("Failed", "Unspecified", 3)]
    [InlineData("Cancelled", "Unspecified", 4)]
    [InlineData("Completed", "Unspecified", 5)]
    public async Task The_verdict_of_a_watched_run_is_the_exit_code(string status, string verdict, int code)
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync();
        server.Answers.When<ListRunTestsRequest, ListRunTestsResponse>(_ => new());
        server.Answers.Watches.Enqueue(Some.Events(
            Some.Snapshot(1, Some.Run()), Some.Finished(2, Enum.Parse<RunStatus>(status), Enum.Parse<Verdict>(verdict))));
        using var cli = new OrbitCli(server);

        Outcome outcome = await cli.RunAsync("watch", "12");

        Assert.Equal(code, outcome.ExitCode);
    }

    [Theory]
    [InlineData("frob", "unknown command or argument 'frob'")]
    [InlineData("watch abc", "RUN takes a number from 1 on, not 'abc'")]
    [InlineData("watch", "Required argument missing")]
    [InlineData("builds --limit x", "--limit takes a number from 1 to 100000, not 'x'")]
    [InlineData("builds --nonsense 1", "unknown command or argument '--nonsense'")]
    [InlineData("build post --job j", "is required")]
    [InlineData("trigger shop --priority 101", "--priority takes a number from -100 to 100")]
    [InlineData("trigger shop --param novalue", "--param takes KEY=VALUE, not 'novalue'")]
    [InlineData("trigger shop --build 1 --build-number 2", "exclude each other")]
    [InlineData("runs --status sleeping", "'sleeping' is none of PENDING, DOWNLOADING")]
    [InlineData("login", "--email ADDRESS")]
    [InlineData("builds --server ftp://x", "--server must be an address")]
    [InlineData("params create --name x --file /no/such/file", "cannot read /no/such/file")]
    public async Task Wrong_usage_ends_with_2_and_one_line_that_says_what_is_wrong(string line, string message)
    {
        using var cli = new OrbitCli();

        Outcome outcome = await cli.RunAsync(line.Split(' '));

        Assert.Equal(2, outcome.ExitCode);
        Assert.StartsWith("orbit: ", outcome.Error, StringComparison.Ordinal);
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
        Assert.Single(outcome.Error.TrimEnd('\n').Split('\n'));
        Assert.Empty(outcome.Output);
    }

    [Fact]
    public async Task Nothing_at_all_shows_the_help_and_ends_with_2()
    {
        using var cli = new OrbitCli();

        Outcome outcome = await cli.RunAsync();

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("trigger <ITEM>", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_not_there_ends_with_6()
    {
        using var cli = new OrbitCli();

        Outcome outcome = await cli.RunAsync("watch", "12", "--server", $"http://127.0.0.1:{FreePort()}");

        Assert.Equal(6, outcome.ExitCode);
        Assert.Matches(@"^orbit: cannot reach http://127\.0\.0\.1:\d+: Connection refused \(UNAVAILABLE\)\n$", outcome.Error);
    }

    [Theory]
    [InlineData("whoami")]
    [InlineData("watch 12")]
    [InlineData("logs 12")]
    public async Task The_web_port_instead_of_the_grpc_port_is_named_as_the_cause(string line)
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(HttpProtocols.Http1);
        using var cli = new OrbitCli(server);

        Outcome outcome = await cli.RunAsync(line.Split(' '));

        Assert.Equal(6, outcome.ExitCode);
        Assert.Contains("gRPC port (8081", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(StatusCode.NotFound, "RUN_NOT_FOUND", 2)]
    [InlineData(StatusCode.FailedPrecondition, "RUN_NOT_ENDED", 2)]
    [InlineData(StatusCode.PermissionDenied, "PARAMETER_NOT_OVERRIDABLE", 2)]
    [InlineData(StatusCode.Unauthenticated, "SESSION_ENDED", 6)]
    [InlineData(StatusCode.Unavailable, "SERVER_STOPPING", 6)]
    [InlineData(StatusCode.Internal, "DEFECT", 5)]
    public async Task A_refusal_shows_the_servers_words_and_its_reason_code(StatusCode status, string reason, int code)
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync();
        server.Answers.When<GetRunRequest, Run>(_ => throw Some.Refusal(status, "Run 12 is not to be had.", reason));
        using var cli = new OrbitCli(server);

        Outcome outcome = await cli.RunAsync("run", "12");

        Assert.Equal(code, outcome.ExitCode);
        Assert.StartsWith("orbit: Run 12 is not to be had.", outcome.Error, StringComparison.Ordinal);
        Assert.EndsWith($"({reason})\n", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(status is StatusCode.Unauthenticated, outcome.Error.Contains("orbit login", StringComparison.Ordinal));
    }

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }
}
