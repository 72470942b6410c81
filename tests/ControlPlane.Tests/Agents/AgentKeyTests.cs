using Orbit.Contracts.V1;
using Orbit.Tests.Support;
using Refused = Orbit.ControlPlane.Tests.Access.Refused;

namespace Orbit.ControlPlane.Tests.Agents;

public sealed class AgentKeyTests
{
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Two_processes_with_one_key_are_quarantined_once_both_have_shown_themselves(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession right = await lab.AgentAsync(adjust: h => h.InstanceId = "right");
        FakeAgentSession copy = await lab.ConnectAsync(right.Agent, h => h.InstanceId = "copy");
        Assert.Equal("SUPERSEDED", Refused.ReasonOf(await right.EndedAsync()));

        Assert.Equal("AGENT_QUARANTINED", await EndOfAsync(lab, right.Agent, "right"));
        Assert.Equal("AGENT_QUARANTINED", Refused.ReasonOf(await copy.EndedAsync()));
        Assert.Equal("AGENT_QUARANTINED", await EndOfAsync(lab, right.Agent, "copy"));

        Contracts.V1.Agent seen = await lab.Agents.GetAgentAsync(new GetAgentRequest { Id = right.Agent.Id });
        Assert.Equal(AgentState.Quarantined, seen.State);
        Assert.Contains("one at 127.0.0.1 and one at 127.0.0.1", seen.Note, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Restarts_and_broken_streams_are_no_copies(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession first = await lab.AgentAsync(adjust: h => h.InstanceId = "1");
        foreach (string instance in new[] { "1", "2", "2", "3", "3", "4" })
        {
            await lab.ConnectAsync(first.Agent, h => h.InstanceId = instance);
        }

        Assert.Equal(AgentState.Online, (await lab.Agents.GetAgentAsync(new GetAgentRequest { Id = first.Agent.Id })).State);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_host_that_joins_again_leaves_quarantine_and_its_old_key_behind(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession right = await lab.AgentAsync(adjust: h => h.InstanceId = "right");
        await lab.ConnectAsync(right.Agent, h => h.InstanceId = "copy");
        Assert.Equal("AGENT_QUARANTINED", await EndOfAsync(lab, right.Agent, "right"));
        string plain = await FakeAgent.TokenAsync(lab.Admin, name: "lab-1");
        string token = (await lab.Agents.CreateJoinTokenAsync(new CreateJoinTokenRequest { Name = "lab-1", Rejoin = true })).Token;
        using FakeAgent again = FakeAgent.WithKey("lab-1");

        Assert.Equal("AGENT_NAME_TAKEN", await Refused.ReasonAsync(() => again.EnrollAsync(lab.Orbit.Channel, plain)));
        EnrollResponse joined = await again.EnrollAsync(lab.Orbit.Channel, token);
        await lab.ConnectAsync(again, h => h.InstanceId = "right");

        Assert.Equal(right.Agent.Id, joined.AgentId);
        Assert.Equal("AGENT_UNKNOWN", await EndOfAsync(lab, right.Agent, "copy"));
        Contracts.V1.Agent seen = await lab.Agents.GetAgentAsync(new GetAgentRequest { Id = joined.AgentId });
        Assert.Equal((AgentState.Online, ""), (seen.State, seen.Note));
        Assert.Equal("JOIN_TOKEN_INVALID", await Refused.ReasonAsync(() => right.Agent.EnrollAsync(lab.Orbit.Channel, token)));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_revoked_key_ends_the_session_and_never_comes_back(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        string token = await FakeAgent.TokenAsync(lab.Admin);
        using FakeAgent agent = FakeAgent.WithKey("lab-1");
        await agent.EnrollAsync(lab.Orbit.Channel, token);
        FakeAgentSession session = await lab.ConnectAsync(agent);

        await lab.Agents.RevokeAgentKeyAsync(new RevokeAgentKeyRequest { Id = agent.Id, Note = "stolen" });

        await session.EndedAsync();
        Assert.Equal("AGENT_UNKNOWN", await EndOfAsync(lab, agent, "1"));
        Assert.Equal("JOIN_TOKEN_INVALID", await Refused.ReasonAsync(() => agent.EnrollAsync(lab.Orbit.Channel, token)));
        await Eventually.HoldsAsync(async () =>
            await lab.Agents.GetAgentAsync(new GetAgentRequest { Id = agent.Id }) is { State: AgentState.Offline, Note: "stolen" });
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_key_is_exchanged_on_wish_and_the_old_one_is_good_until_the_new_one_was_used(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession session = await lab.AgentAsync();
        string server = session.Received.Select(m => m.Challenge).First(c => c is not null).ServerId;
        Assert.False(session.Welcome.Desired.NewKey);

        await lab.Agents.RotateAgentKeyAsync(new RotateAgentKeyRequest { Id = session.Agent.Id });
        await session.TakeAsync(m => m.Desired is { NewKey: true });
        NewKey next = session.Agent.NextKey(server);
        await session.SendAsync(new AgentMessage { NewKey = next });
        await session.TakeAsync(m => m.KeyChanged is not null);
        await session.SendAsync(new AgentMessage { NewKey = next }); // the answer was lost
        await session.TakeAsync(m => m.KeyChanged is not null);

        FakeAgentSession old = await lab.ConnectAsync(session.Agent);
        Assert.False(old.Welcome.Desired.NewKey);
        session.Agent.SwapKeys();
        await lab.ConnectAsync(session.Agent);
        session.Agent.SwapKeys();
        Assert.Equal("AGENT_UNKNOWN", await EndOfAsync(lab, session.Agent, "1"));
    }

    [Fact]
    public async Task A_new_key_that_does_not_sign_for_itself_is_refused()
    {
        await using Lab lab = await Lab.StartAsync(Databases.Sqlite);
        FakeAgentSession session = await lab.AgentAsync();

        await session.SendAsync(new AgentMessage { NewKey = session.Agent.NextKey(Guid.NewGuid().ToString()) });

        Assert.Equal("AGENT_SIGNATURE_INVALID", Refused.ReasonOf(await session.EndedAsync()));
    }

    [Fact]
    public async Task A_key_that_is_old_is_exchanged_without_being_asked()
    {
        await using Lab lab = await Lab.StartAsync(Databases.Sqlite);
        FakeAgentSession session = await lab.AgentAsync();

        lab.Orbit.Clock.Advance(TimeSpan.FromDays(91));

        Assert.True((await lab.ConnectAsync(session.Agent)).Welcome.Desired.NewKey);
    }

    [Fact]
    public async Task A_token_to_join_again_names_the_agent()
    {
        await using Lab lab = await Lab.StartAsync(Databases.Sqlite);

        Assert.Equal("JOIN_TOKEN_INVALID", await Refused.ReasonAsync(async () => await lab.Agents.CreateJoinTokenAsync(new CreateJoinTokenRequest { Rejoin = true })));
    }

    private static async Task<string> EndOfAsync(Lab lab, FakeAgent agent, string instance)
    {
        await using FakeAgentSession session = await agent.GreetAsync(lab.Orbit.Channel, h => h.InstanceId = instance);
        return Refused.ReasonOf(await session.EndedAsync());
    }
}
