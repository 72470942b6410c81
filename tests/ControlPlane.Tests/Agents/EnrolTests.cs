using System.Security.Cryptography;
using Grpc.Core;
using Orbit.Contracts.V1;
using Orbit.Tests.Support;
using Refused = Orbit.ControlPlane.Tests.Access.Refused;

namespace Orbit.ControlPlane.Tests.Agents;

public sealed class EnrolTests
{
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_join_token_binds_one_key_and_its_repetition_does_no_harm(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        string token = await FakeAgent.TokenAsync(lab.Admin);
        using FakeAgent agent = FakeAgent.WithKey("lab-1");
        using FakeAgent other = FakeAgent.WithKey("lab-2");

        EnrollResponse first = await agent.EnrollAsync(lab.Orbit.Channel, token);
        EnrollResponse again = await agent.EnrollAsync(lab.Orbit.Channel, token);

        Assert.Equal(first, again);
        Assert.Equal("JOIN_TOKEN_INVALID", await Refused.ReasonAsync(() => other.EnrollAsync(lab.Orbit.Channel, token)));
        Assert.Equal("JOIN_TOKEN_INVALID", await Refused.ReasonAsync(() => other.EnrollAsync(lab.Orbit.Channel, "orbit-join-guessed")));
        Assert.Single((await lab.Agents.ListAgentsAsync(new ListAgentsRequest())).Agents);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_token_that_names_an_agent_or_has_expired_is_good_for_nobody_else(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        string named = await FakeAgent.TokenAsync(lab.Admin, name: "lab-1");
        string late = await FakeAgent.TokenAsync(lab.Admin);
        using FakeAgent wrong = FakeAgent.WithKey("lab-2");
        using FakeAgent right = FakeAgent.WithKey("lab-1");

        Assert.Equal("JOIN_TOKEN_INVALID", await Refused.ReasonAsync(() => wrong.EnrollAsync(lab.Orbit.Channel, named)));
        Assert.Equal("lab-1", (await right.EnrollAsync(lab.Orbit.Channel, named)).Name);
        lab.Orbit.Clock.Advance(TimeSpan.FromSeconds(3601));
        Assert.Equal("JOIN_TOKEN_INVALID", await Refused.ReasonAsync(() => wrong.EnrollAsync(lab.Orbit.Channel, late)));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Names_and_keys_that_do_not_fit_use_up_no_token(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        using FakeAgent first = await FakeAgent.JoinAsync(lab.Orbit, lab.Admin, "lab-1");
        string token = await FakeAgent.TokenAsync(lab.Admin);
        using FakeAgent agent = FakeAgent.WithKey("lab-1");
        using var wrongCurve = ECDsa.Create(ECCurve.NamedCurves.nistP384);

        Assert.Equal("AGENT_NAME_TAKEN", await Refused.ReasonAsync(() => agent.EnrollAsync(lab.Orbit.Channel, token)));
        foreach (string name in new[] { "", "-x", "a b", "a/b", "name\n", new string('a', 101) })
        {
            Assert.Equal("AGENT_NAME_INVALID", await Refused.ReasonAsync(() => agent.EnrollAsync(lab.Orbit.Channel, token, name)));
        }

        byte[][] keys = [[], [1, 2, 3], wrongCurve.ExportSubjectPublicKeyInfo(), [.. agent.PublicKey, 0]];
        foreach (byte[] key in keys)
        {
            Assert.Equal("AGENT_KEY_INVALID", await Refused.ReasonAsync(() => agent.EnrollAsync(lab.Orbit.Channel, token, "lab-2", key)));
        }

        Assert.Equal("lab-2", (await agent.EnrollAsync(lab.Orbit.Channel, token, "lab-2")).Name);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Of_several_who_race_with_one_token_one_joins(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        string token = await FakeAgent.TokenAsync(lab.Admin);
        FakeAgent[] racers = [.. Enumerable.Range(0, 6).Select(n => FakeAgent.WithKey($"lab-{n}"))];

        string[] outcomes = await Task.WhenAll(racers.Select(r => OutcomeAsync(() => r.EnrollAsync(lab.Orbit.Channel, token))));

        Assert.Equal(["joined", .. Enumerable.Repeat("JOIN_TOKEN_INVALID", 5)], outcomes.OrderByDescending(o => o, StringComparer.Ordinal));
        Assert.Single((await lab.Agents.ListAgentsAsync(new ListAgentsRequest())).Agents);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Of_several_who_race_for_one_name_one_gets_it(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        string[] tokens = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => FakeAgent.TokenAsync(lab.Admin)));

        string[] outcomes = await Task.WhenAll(tokens.Select(token => OutcomeAsync(() => FakeAgent.WithKey("lab-1").EnrollAsync(lab.Orbit.Channel, token))));

        Assert.Equal(["joined", .. Enumerable.Repeat("AGENT_NAME_TAKEN", 5)], outcomes.OrderByDescending(o => o, StringComparer.Ordinal));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_deleted_agent_does_not_come_back_with_its_used_token(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        string token = await FakeAgent.TokenAsync(lab.Admin);
        using FakeAgent agent = FakeAgent.WithKey("lab-1");
        await agent.EnrollAsync(lab.Orbit.Channel, token);

        await lab.Agents.DeleteAgentAsync(new DeleteAgentRequest { Id = agent.Id });

        Assert.Equal("JOIN_TOKEN_INVALID", await Refused.ReasonAsync(() => agent.EnrollAsync(lab.Orbit.Channel, token)));
    }

    private static async Task<string> OutcomeAsync(Func<Task> join)
    {
        try
        {
            await join();
            return "joined";
        }
        catch (RpcException refused)
        {
            return Refused.ReasonOf(refused);
        }
    }
}
