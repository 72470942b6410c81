using Grpc.Core;
using Orbit.Agent.Tests.Link;

namespace Orbit.Agent.Tests.Identity;

public sealed class IdentityTests : AgentAndGateway
{
    [Fact]
    public async Task A_reply_to_the_enrolment_that_was_lost_does_no_harm()
    {
        StartAgent("enrol.answered");
        Assert.Equal(137, await Agent.ExitAsync());

        StartAgent();
        ScriptedSession session = await Gateway.SessionAsync();

        Assert.Equal(2, Gateway.EnrolCalls);
        Assert.Equal(32, session.Hello.KeyId.Length);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(Agent.Data, "identity", "agent.key")));
    }

    [Fact]
    public async Task An_enrolled_agent_needs_no_token_and_ignores_one()
    {
        StartAgent();
        _ = await Gateway.SessionAsync();
        Assert.Equal(0, await Agent.StopAsync());

        Agent.Start(Gateway.Address, "another token");
        _ = await Gateway.SessionAsync(number: 2);

        Assert.Equal(1, Gateway.EnrolCalls);
        Assert.Contains("not needed", Agent.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_is_refused_ends_the_start_with_one_line()
    {
        Agent.Start(Gateway.Address, "wrong");

        Assert.Equal(1, await Agent.ExitAsync());
        Assert.Contains("cannot be enrolled: The join token is not valid. (JOIN_TOKEN_INVALID)", Agent.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_control_plane_at_the_same_address_is_not_talked_to()
    {
        StartAgent();
        _ = await Gateway.SessionAsync();
        Assert.Equal(0, await Agent.StopAsync());

        Gateway.ServerId = Guid.NewGuid().ToString();
        StartAgent();
        await Eventually.TrueAsync(() => Agent.Output.Contains("belongs to", StringComparison.Ordinal), () => Agent.Output);

        Assert.Single(Gateway.Sessions);
    }

    [Fact]
    public async Task A_second_copy_on_the_same_data_is_refused()
    {
        StartAgent();
        _ = await Gateway.SessionAsync();
        using AgentProcess second = new();

        second.Start(["--server", Gateway.Address.ToString(), "--name", "test"], failPoint: null, data: Agent.Data);

        Assert.Equal(1, await second.ExitAsync());
        Assert.Contains("in use by another agent", second.Output, StringComparison.Ordinal);
        Assert.Single(Gateway.Sessions);
    }

    [Fact]
    public async Task One_that_was_superseded_says_so_loudly_and_waits()
    {
        StartAgent();
        ScriptedSession session = await Gateway.SessionAsync();

        session.End(ScriptedGateway.Refusal(StatusCode.Aborted, "SUPERSEDED", "A newer session took over."));
        await Eventually.TrueAsync(() => Agent.Output.Contains("Another copy of this agent is connected", StringComparison.Ordinal), () => Agent.Output);

        Assert.Single(Gateway.Sessions);
    }

    [Theory]
    [InlineData("--server is missing", "--name", "x")]
    [InlineData("must be http://HOST:PORT", "--server", "ftp://x")]
    [InlineData("use https, or say --allow-plaintext", "--server", "http://192.0.2.1:8081")]
    [InlineData("must be key=value", "--server", "http://127.0.0.1:1", "--label", "x")]
    [InlineData("--policy '/nowhere' does not exist", "--server", "http://127.0.0.1:1", "--policy", "/nowhere")]
    public async Task Wrong_options_end_the_start_with_one_line_and_code_2(string message, params string[] options)
    {
        Agent.Start(options);

        Assert.Equal(2, await Agent.ExitAsync());
        Assert.Contains(message, Agent.Output, StringComparison.Ordinal);
        Assert.Single(Agent.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
