using Google.Protobuf;
using Grpc.Core;
using Orbit.Contracts.V1;
using Orbit.Tests.Support;
using Refused = Orbit.ControlPlane.Tests.Access.Refused;

namespace Orbit.ControlPlane.Tests.Gateway;

public sealed class SessionTests
{
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Only_who_signs_the_challenge_with_a_known_key_and_a_known_protocol_gets_in(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        using FakeAgent agent = await FakeAgent.JoinAsync(lab.Orbit, lab.Admin, "lab-1");
        using FakeAgent stranger = FakeAgent.WithKey("lab-2");

        Assert.Equal("AGENT_SIGNATURE_INVALID", await EndOfAsync(lab, agent, h => h.Signature = ByteString.CopyFrom([.. h.Signature.Span[..^1], (byte)(h.Signature.Span[^1] ^ 1)])));
        Assert.Equal("AGENT_SIGNATURE_INVALID", await EndOfAsync(lab, agent, h => h.Signature = ByteString.Empty));
        Assert.Equal("AGENT_UNKNOWN", await EndOfAsync(lab, stranger, _ => { }));
        Assert.Equal("PROTOCOL_UNSUPPORTED", await EndOfAsync(lab, agent, h => (h.MinProtocol, h.MaxProtocol) = (3, 9)));
        Assert.Equal("PROTOCOL_UNSUPPORTED", await EndOfAsync(lab, agent, h => (h.MinProtocol, h.MaxProtocol) = (0, 0)));
        Assert.Equal("HELLO_INVALID", await EndOfAsync(lab, agent, h => h.Host = "a b"));
        Assert.Equal("HELLO_INVALID", await EndOfAsync(lab, agent, h => h.Slots = 65));
        Assert.Equal("HELLO_INVALID", await EndOfAsync(lab, agent, h => h.Labels["os"] = "a\0b"));
        Assert.Equal("HELLO_INVALID", await EndOfAsync(lab, agent, h => h.Open.Add(new OpenAssignment { AssignmentId = "x" })));
        FakeAgentSession session = await lab.ConnectAsync(agent, h => (h.MinProtocol, h.MaxProtocol) = (1, 2));
        Assert.Equal((1, "lab-1"), (session.Welcome.Protocol, session.Welcome.AgentName));
    }

    [Fact]
    public async Task Hello_is_the_first_message_and_comes_once()
    {
        await using Lab lab = await Lab.StartAsync(Databases.Sqlite);
        using var early = new AgentGateway.AgentGatewayClient(lab.Orbit.Channel).Session();
        await early.RequestStream.WriteAsync(new AgentMessage { Heartbeat = new Heartbeat { Nonce = 1 } });
        RpcException first = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await early.ResponseStream.MoveNext(default))
            {
            }
        });
        Assert.Equal("MESSAGE_UNEXPECTED", Refused.ReasonOf(first));

        FakeAgentSession session = await lab.AgentAsync();
        await session.SendAsync(new AgentMessage { Hello = new AgentHello() });
        Assert.Equal("MESSAGE_UNEXPECTED", Refused.ReasonOf(await session.EndedAsync()));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task The_newest_session_wins_and_the_older_one_is_told_so(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession older = await lab.AgentAsync();

        FakeAgentSession newer = await lab.ConnectAsync(older.Agent);
        RpcException end = await older.EndedAsync();

        Assert.Equal((StatusCode.Aborted, "SUPERSEDED"), (end.StatusCode, Refused.ReasonOf(end)));
        Assert.True(newer.Welcome.SessionEpoch > older.Welcome.SessionEpoch);
        await newer.BeatAsync();
        Assert.Equal(AgentState.Online, (await lab.Agents.GetAgentAsync(new GetAgentRequest { Id = newer.Agent.Id })).State);
        Assert.Equal("UPLOAD_TOKEN_INVALID", await Refused.ReasonAsync(() => FakeUpload.OpenAsync(older)));
        using FakeUpload upload = await FakeUpload.OpenAsync(newer);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task An_upload_ends_with_the_session_that_it_belongs_to(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession older = await lab.AgentAsync();
        using FakeUpload upload = await FakeUpload.OpenAsync(older);

        await lab.ConnectAsync(older.Agent);

        Assert.Equal("FENCED", await Refused.ReasonAsync(upload.NextAsync));
    }

    [Fact]
    public async Task The_newest_session_wins_across_replicas()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(Databases.Postgres);
        await using OrbitServer one = await OrbitServer.StartAsync(database);
        await using OrbitServer two = await OrbitServer.StartAsync(database);
        using FakeAgent agent = await FakeAgent.JoinAsync(one, await one.AdminAsync(), "lab-1");
        await using FakeAgentSession older = await agent.ConnectAsync(one.Channel);

        await using FakeAgentSession newer = await agent.ConnectAsync(two.Channel);

        Assert.Equal("SUPERSEDED", Refused.ReasonOf(await older.EndedAsync()));
        await newer.BeatAsync();
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Drain_disable_and_delete_reach_a_connected_agent(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession session = await lab.AgentAsync();
        long id = session.Agent.Id;

        await lab.Agents.DrainAgentAsync(new DrainAgentRequest { Id = id, Note = "maintenance" });
        Assert.True((await session.TakeAsync(m => m.Desired is not null)).Desired.Draining);
        Run waits = await lab.TriggerAsync(await lab.ItemAsync());
        await lab.UntilAsync(waits.Id, r => r.WaitingReason == "waits for lab-1: takes no work now");
        await lab.Agents.ResumeAgentAsync(new ResumeAgentRequest { Id = id });
        Assert.False((await session.TakeAsync(m => m.Desired is not null)).Desired.Draining);
        FakeWork work = await (await session.OfferAsync()).AcceptAsync();
        await work.EndAsync();

        await lab.Agents.DisableAgentAsync(new DisableAgentRequest { Id = id, Note = "broken disk" });
        RpcException end = await session.EndedAsync();
        Assert.Equal((StatusCode.PermissionDenied, "AGENT_DISABLED"), (end.StatusCode, Refused.ReasonOf(end)));
        Assert.Contains("broken disk", end.Status.Detail, StringComparison.Ordinal);
        Assert.Equal("AGENT_DISABLED", await EndOfAsync(lab, session.Agent, _ => { }));

        await lab.Agents.ResumeAgentAsync(new ResumeAgentRequest { Id = id });
        FakeAgentSession back = await lab.ConnectAsync(session.Agent);
        await lab.Agents.DeleteAgentAsync(new DeleteAgentRequest { Id = id });
        Assert.Equal("AGENT_UNKNOWN", Refused.ReasonOf(await back.EndedAsync()));
    }

    [Fact]
    public async Task An_agent_that_is_silent_loses_its_session_and_one_that_answers_keeps_it()
    {
        await using Lab lab = await Lab.StartAsync(Databases.Sqlite, "--Agents:HeartbeatInterval=00:00:01", "--Agents:LeaseDuration=00:00:03");
        FakeAgentSession silent = await lab.AgentAsync();
        FakeAgentSession alive = await lab.AgentAsync("lab-2");

        silent.FallSilent();
        RpcException end = await silent.EndedAsync();

        Assert.Equal((StatusCode.Unavailable, "AGENT_SILENT"), (end.StatusCode, Refused.ReasonOf(end)));
        await alive.BeatAsync();
    }

    [Fact]
    public async Task An_agent_is_given_nothing_before_it_has_answered_a_heartbeat()
    {
        await using Lab lab = await Lab.StartAsync(Databases.Sqlite);
        using FakeAgent agent = await FakeAgent.JoinAsync(lab.Orbit, lab.Admin, "lab-1");
        await using FakeAgentSession session = await agent.GreetAsync(lab.Orbit.Channel);
        await session.TakeAsync(m => m.Welcome is not null);
        Run run = await lab.TriggerAsync(await lab.ItemAsync());
        await lab.UntilAsync(run.Id, r => r.WaitingReason.StartsWith("waits for a free slot", StringComparison.Ordinal));

        await session.BeatAsync();
        Assert.DoesNotContain(session.Received, m => m.Offer is not null);
        await session.BeatAsync();

        Assert.Equal(run.Id, (await session.OfferAsync()).Offer.Plan.Deploy.RunId);
    }

    private static async Task<string> EndOfAsync(Lab lab, FakeAgent agent, Action<AgentHello> adjust)
    {
        await using FakeAgentSession session = await agent.GreetAsync(lab.Orbit.Channel, adjust);
        return Refused.ReasonOf(await session.EndedAsync());
    }
}
