using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Care;
using Orbit.ControlPlane.Platform;
using Orbit.Tests.Support;
using Agent = Orbit.Contracts.V1.Agent;
using Refused = Orbit.ControlPlane.Tests.Access.Refused;

namespace Orbit.ControlPlane.Tests.Care;

public sealed class CareTests
{
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Draining_ends_by_itself_when_it_was_said_when_and_the_audit_log_knows(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession session = await lab.AgentAsync();

        Agent drained = await lab.Agents.DrainAgentAsync(new() { Id = session.Agent.Id, Note = "new disk", ForS = 3600 });
        Assert.Equal((AgentState.Draining, "new disk"), (drained.State, drained.Note));
        Assert.InRange(drained.DrainedUntil.ToDateTimeOffset() - lab.Orbit.Clock.GetUtcNow(), TimeSpan.FromMinutes(59), TimeSpan.FromMinutes(60));
        await session.TakeAsync(m => m.Desired is { Draining: true });
        lab.Orbit.Clock.Advance(TimeSpan.FromMinutes(61));
        await session.TakeAsync(m => m.Desired is { Draining: false });

        Agent back = await lab.Agents.GetAgentAsync(new() { Id = session.Agent.Id });
        Assert.Equal(("", null), (back.Note, back.DrainedUntil));
        AuditEntry[] entries = [.. await AuditAsync(lab, "agent.drain")];
        Assert.Equal(["agent.drain_ended", "agent.drained"], entries.Select(e => e.Action));
        Assert.Equal(("orbit", "agent:lab-1"), (entries[0].Who, entries[0].Object));
        Assert.Contains("new disk", entries[0].Old.ToString(), StringComparison.Ordinal);
        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await lab.Agents.DrainAgentAsync(new() { Id = session.Agent.Id, ForS = 1 }));
        Assert.Equal("DRAIN_INVALID", Refused.ReasonOf(refused));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Draining_that_somebody_prolonged_or_changed_in_the_last_moment_does_not_end(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession session = await lab.AgentAsync();
        CareCommands care = lab.Orbit.Services.GetRequiredService<CareCommands>();
        await lab.Agents.DrainAgentAsync(new() { Id = session.Agent.Id, ForS = 3600 });
        ControlPlane.Agents.Agent seen = await lab.Orbit.Store.ReadAsync((database, ct) => database.Agents.SingleAsync(ct), default);

        Assert.False(await care.EndDrainAsync(seen, default)); // it is not over yet
        await lab.Agents.DrainAgentAsync(new() { Id = session.Agent.Id, ForS = 36_000 });
        lab.Orbit.Clock.Advance(TimeSpan.FromHours(2));
        Assert.False(await care.EndDrainAsync(seen, default)); // what a pass saw before it was prolonged
        await lab.Agents.DisableAgentAsync(new() { Id = session.Agent.Id });
        lab.Orbit.Clock.Advance(TimeSpan.FromHours(20));
        await care.EndDrainsAsync(default);

        Assert.Equal(AgentState.Disabled, (await lab.Agents.GetAgentAsync(new() { Id = session.Agent.Id })).State);
        Assert.Empty(await AuditAsync(lab, "agent.drain_ended"));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_host_whose_disk_is_nearly_full_gets_no_deploy_test_and_the_run_says_so(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession session = await lab.AgentAsync();
        await FreeAsync(session, 1_000_000);

        Run run = await lab.TriggerAsync(await lab.ItemAsync());
        Run waiting = await lab.UntilAsync(run.Id, r => r.WaitingReason.StartsWith("waits for disk space on lab-1: 1 MB free", StringComparison.Ordinal));
        Agent full = await lab.Agents.GetAgentAsync(new() { Id = session.Agent.Id });
        await FreeAsync(session, 100_000_000_000);
        await (await session.OfferAsync()).AcceptAsync();

        Assert.Equal(RunStatus.Pending, waiting.Status);
        Assert.Equal((true, 1_000_000), (full.HasFreeBytes, full.FreeBytes));
        await Eventually.ReadAsync(async () => await lab.Agents.GetAgentAsync(new() { Id = session.Agent.Id }), agent => agent.DiskNote.Length == 0);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task An_agent_that_does_not_say_how_much_is_free_waits_unless_nobody_wants_to_know(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession session = await lab.AgentAsync();
        await FreeAsync(session, null);

        Run run = await lab.TriggerAsync(await lab.ItemAsync());
        await lab.UntilAsync(run.Id, r => r.WaitingReason == $"waits for disk space on lab-1: {DiskRule.Unknown}");
        Assert.False((await lab.Agents.GetAgentAsync(new() { Id = session.Agent.Id })).HasFreeBytes);
        await SettingsAsync(lab, """{"agent_min_free_bytes":0}""");
        await session.BeatAsync();
        await (await session.OfferAsync()).AcceptAsync();
    }

    [Fact]
    public void A_new_session_has_no_room_for_deploy_tests_before_its_agent_has_said_something()
    {
        using AgentSession session = new()
        {
            AgentId = 1,
            Name = "a",
            Host = "a",
            Epoch = 1,
            Labels = new Dictionary<string, string>(),
            Slots = 2,
            ApiSlots = 3,
            RemoteAddress = "",
        };

        Assert.Equal((0, 3), (session.FreeSlots(SlotKind.Deploy), session.FreeSlots(SlotKind.Api)));
        Assert.False(session.TryTakeSlot(Guid.NewGuid(), SlotKind.Deploy));
        session.DiskNote = DiskRule.Note(600, wanted: 500);
        Assert.True(session.TryTakeSlot(Guid.NewGuid(), SlotKind.Deploy));
        session.DiskNote = DiskRule.Note(0, wanted: 500);
        Assert.Equal((0, 3), (session.FreeSlots(SlotKind.Deploy), session.FreeSlots(SlotKind.Api)));
        Assert.StartsWith("0 MB free", session.DiskNote, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task What_an_agent_finds_on_its_host_is_asked_for_stored_and_shown(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession session = await lab.AgentAsync();

        Task<Agent> asked = lab.Agents.CheckAgentAsync(new() { Id = session.Agent.Id }).ResponseAsync;
        await session.TakeAsync(m => m.Check?.ServerTime is not null);
        await session.SendAsync(Found(("disk", true, "plenty"), ("clock", false, "90 s behind")));
        Agent found = await asked;
        Assert.Equal((false, "90 s behind"), (found.Check.Ok, found.Check.Findings[1].Text));

        await session.LeaveAsync();
        await Eventually.ReadAsync(async () => await lab.Agents.GetAgentAsync(new() { Id = session.Agent.Id }), agent => agent.State is AgentState.Offline);
        Assert.Equal("AGENT_NOT_CONNECTED", Refused.ReasonOf(await Assert.ThrowsAsync<RpcException>(async () => await lab.Agents.CheckAgentAsync(new() { Id = session.Agent.Id }))));

        await SettingsAsync(lab, """{"agent_check_interval_h":1}""");
        lab.Orbit.Clock.Advance(TimeSpan.FromHours(2));
        FakeAgentSession again = await lab.ConnectAsync(session.Agent);
        lab.Orbit.Services.GetRequiredService<Signals>().Raise(CheckCommands.Topic);
        await again.TakeAsync(m => m.Check is not null);
        await again.SendAsync(Found(("disk", true, "plenty")));
        await Eventually.ReadAsync(async () => await lab.Agents.GetAgentAsync(new() { Id = session.Agent.Id }), agent => agent.Check is { Ok: true });
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task An_agent_is_told_once_of_each_request_however_long_it_takes(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession session = await lab.AgentAsync();
        Signals signals = lab.Orbit.Services.GetRequiredService<Signals>();

        Task<Agent> first = lab.Agents.CheckAgentAsync(new() { Id = session.Agent.Id }).ResponseAsync;
        await session.TakeAsync(m => m.Check is not null);
        signals.Raise(CheckCommands.Topic);
        await session.BeatAsync();
        Task<Agent> second = lab.Agents.CheckAgentAsync(new() { Id = session.Agent.Id }).ResponseAsync;
        await session.TakeAsync(m => m.Check is not null);
        signals.Raise(CheckCommands.Topic);
        await session.BeatAsync();
        await session.SendAsync(Found(("disk", true, "plenty")));

        Assert.All(await Task.WhenAll(first, second), agent => Assert.True(agent.Check.Ok));
        Assert.Equal(2, session.Received.Count(m => m.Check is not null));
    }

    private static async Task FreeAsync(FakeAgentSession session, long? bytes)
    {
        session.FreeBytes = bytes;
        await session.BeatAsync();
    }

    private static async Task SettingsAsync(Lab lab, string json) =>
        await new SettingService.SettingServiceClient(lab.Admin).UpdateSettingsAsync(new() { Settings = Struct.Parser.ParseJson(json) });

    private static async Task<IEnumerable<AuditEntry>> AuditAsync(Lab lab, string action) =>
        (await new AuditService.AuditServiceClient(lab.Admin).ListAuditAsync(new() { Action = "agent." })).Entries.Where(e => e.Action.StartsWith(action, StringComparison.Ordinal));

    private static AgentMessage Found(params (string Name, bool Ok, string Text)[] findings) =>
        new() { Check = new() { Findings = { findings.Select(f => new AgentCheckFinding { Name = f.Name, Ok = f.Ok, Text = f.Text }) } } };
}
