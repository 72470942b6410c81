using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.DependencyInjection;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Care;
using Orbit.Tests.Support;

namespace Orbit.ControlPlane.Tests.Care;

public sealed class HostTrustTests
{
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_host_on_which_run_after_run_fails_gets_no_more_work_until_somebody_resumes_it(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        await new SettingService.SettingServiceClient(lab.Admin).UpdateSettingsAsync(new() { Settings = Struct.Parser.ParseJson("""{"agent_quarantine_after":2}""") });
        long item = await lab.ItemAsync();
        FakeAgentSession session = await lab.AgentAsync();

        await RunAsync(lab, session, item, FailureClass.Infrastructure);
        await RunAsync(lab, session, item, FailureClass.Test);
        Run first = await RunAsync(lab, session, item, FailureClass.Infrastructure);
        await LookAsync(lab);
        Assert.Equal(AgentState.Online, (await AgentAsync(lab, session)).State); // a test that fails shows a host that works
        Run second = await RunAsync(lab, session, item, FailureClass.Infrastructure);
        await Task.WhenAll(LookAsync(lab), LookAsync(lab));

        Contracts.V1.Agent failing = await AgentAsync(lab, session);
        Assert.Equal((AgentState.Draining, $"quarantined: its last 2 runs failed of the host ({second.Id}, {first.Id}); resume it when the host is mended"), (failing.State, failing.Note));
        await session.TakeAsync(m => m.Desired is { Draining: true });
        AuditEntry entry = Assert.Single((await new AuditService.AuditServiceClient(lab.Admin).ListAuditAsync(new() { Action = "agent.quarantined" })).Entries);
        Assert.Equal(("orbit", "agent:lab-1"), (entry.Who, entry.Object));

        Run waiting = await lab.TriggerAsync(item);
        await lab.UntilAsync(waiting.Id, r => r.WaitingReason.Length > 0);
        await lab.Agents.ResumeAgentAsync(new() { Id = session.Agent.Id });
        FakeWork work = await (await session.OfferAsync()).AcceptAsync();
        await LookAsync(lab);
        await work.EndAsync(RunStatus.Failed, Verdict.InfrastructureError, "no space left", FailureClass.Infrastructure);
        await lab.EndedAsync(waiting.Id);
        await LookAsync(lab);
        Assert.Equal((AgentState.Online, ""), ((await AgentAsync(lab, session)).State, (await AgentAsync(lab, session)).Note)); // it counts from zero
    }

    [Fact]
    public async Task Nobody_is_quarantined_when_that_is_not_wanted()
    {
        await using Lab lab = await Lab.StartAsync(Databases.Sqlite);
        await new SettingService.SettingServiceClient(lab.Admin).UpdateSettingsAsync(new() { Settings = Struct.Parser.ParseJson("""{"agent_quarantine_after":0}""") });
        long item = await lab.ItemAsync();
        FakeAgentSession session = await lab.AgentAsync();

        await RunAsync(lab, session, item, FailureClass.Infrastructure);
        await LookAsync(lab);

        Assert.Equal(AgentState.Online, (await AgentAsync(lab, session)).State);
    }

    private static async Task<Run> RunAsync(Lab lab, FakeAgentSession session, long item, FailureClass failed)
    {
        Run run = await lab.TriggerAsync(item);
        FakeWork work = await (await session.OfferAsync()).AcceptAsync();
        await work.EndAsync(RunStatus.Failed, Verdict.InfrastructureError, "it broke", failed);
        return await lab.EndedAsync(run.Id);
    }

    private static Task LookAsync(Lab lab) => lab.Orbit.Services.GetRequiredService<HostTrustCommands>().QuarantineAsync(default);

    private static async Task<Contracts.V1.Agent> AgentAsync(Lab lab, FakeAgentSession session) => await lab.Agents.GetAgentAsync(new() { Id = session.Agent.Id });
}
