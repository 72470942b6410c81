using Orbit.Contracts.V1;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Scheduling;
using Orbit.Tests.Support;

namespace Orbit.ControlPlane.Tests.Scheduling;

public sealed class HandOutTests
{
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Work_is_offered_accepted_confirmed_and_confirmed_again(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();

        Run run = await lab.TriggerAsync(await lab.ItemAsync());
        FakeWork work = await agent.OfferAsync();
        Assert.Equal((run.Id, 1, 1L), (work.Offer.Plan.Deploy.RunId, work.Offer.Plan.Deploy.Attempt, work.Offer.Epoch));
        Assert.Equal((RunStatus.Pending, "", WorkState.Offered), (run.Status, run.Agent, (await lab.WorkAsync(run.Id)).State));
        await work.AcceptAsync();
        await work.AcceptAsync();

        Run accepted = await lab.UntilAsync(run.Id, r => r.Agent == "lab-1");
        Assert.NotNull(accepted.StartedAt);
        await work.EndAsync();
        Assert.Equal(Verdict.Passed, (await lab.EndedAsync(run.Id)).Verdict);
        await work.SayAcceptedAsync();
        await agent.TakeAsync(m => m.Fenced?.AssignmentId == work.Id);
    }

    [Fact]
    public async Task An_offer_that_nobody_answers_is_made_again_under_the_same_epoch()
    {
        await using Lab lab = await Lab.StartAsync(Databases.Sqlite, "--Agents:OfferTimeout=00:00:01");
        FakeAgentSession agent = await lab.AgentAsync();
        await lab.TriggerAsync(await lab.ItemAsync());

        FakeWork first = await agent.OfferAsync();
        FakeWork again = await agent.OfferAsync();

        Assert.Equal(first.Offer, again.Offer);
        await again.AcceptAsync();
        await again.EndAsync();
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Work_that_its_agent_never_accepted_goes_to_another_when_that_agent_is_gone(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider, "--Agents:OfferTimeout=00:00:01");
        FakeAgentSession gone = await lab.AgentAsync();
        Run run = await lab.TriggerAsync(await lab.ItemAsync());
        FakeWork lost = await gone.OfferAsync();
        await gone.DropAsync();

        FakeAgentSession other = await lab.AgentAsync("lab-2");
        FakeWork work = await other.OfferAsync();

        Assert.Equal((lost.Id, lost.Offer.Epoch + 1), (work.Id, work.Offer.Epoch));
        await work.AcceptAsync();
        FakeAgentSession back = await lab.ConnectAsync(gone.Agent, h => h.Open.Add(lost.Open(unconfirmed: true)));
        Assert.Equal(AssignmentOrder.Forget, Assert.Single(back.Welcome.Assignments).Order);
        lost.Session = back;
        await lost.SayAcceptedAsync();
        Assert.Equal(work.Offer.Epoch, (await back.TakeAsync(m => m.Fenced is not null)).Fenced.CurrentEpoch);
        Assert.Equal("lab-2", (await lab.UntilAsync(run.Id, r => r.Agent.Length > 0)).Agent);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Declined_work_waits_with_the_reason_and_goes_to_an_agent_that_takes_it(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession full = await lab.AgentAsync();
        Run run = await lab.TriggerAsync(await lab.ItemAsync());

        FakeWork declined = await full.OfferAsync();
        await declined.DeclineAsync("AGENT_SHORT_OF_SPACE", "3 MB free");
        await lab.UntilAsync(run.Id, r => r.WaitingReason == "lab-1 declined: AGENT_SHORT_OF_SPACE: 3 MB free");
        FakeAgentSession other = await lab.AgentAsync("lab-2");
        FakeWork work = await other.OfferAsync();

        Assert.Equal(declined.Id, work.Id);
        await full.BeatAsync();
        Assert.Equal(1, full.Received.Count(m => m.Offer is not null)); // not offered over and over to who declined just now
        await work.AcceptAsync();
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task What_waits_says_why_in_words(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        Run run = await lab.TriggerAsync(await lab.ItemAsync(labels: ("os", "el8")));
        await lab.UntilAsync(run.Id, r => r.WaitingReason == "waits for an agent: none has joined");

        FakeAgentSession other = await lab.AgentAsync("lab-1", null, ("os", "el7"));
        await lab.UntilAsync(run.Id, r => r.WaitingReason == "waits for an agent with os=el8: there is none");

        FakeAgentSession fits = await lab.AgentAsync("lab-2", h => h.Labels["gpu"] = "1", ("os", "el8"));
        FakeWork work = await (await fits.OfferAsync()).AcceptAsync();
        Run second = await lab.TriggerAsync(await lab.ItemAsync(labels: ("gpu", "1")));
        await lab.UntilAsync(second.Id, r => r.WaitingReason == "waits for a free slot on lab-2");
        await work.EndAsync();
        await (await fits.OfferAsync()).AcceptAsync();

        await fits.LeaveAsync();
        Run third = await lab.TriggerAsync(await lab.ItemAsync(labels: ("gpu", "1")));
        await lab.UntilAsync(third.Id, r => r.WaitingReason == "waits for lab-2: not connected");
        Assert.DoesNotContain(other.Received, m => m.Offer is not null);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Deploy_tests_and_no_ops_have_slots_of_their_own(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync(adjust: h => (h.Slots, h.ApiSlots) = (1, 2));
        var diagnostics = new DiagnosticsService.DiagnosticsServiceClient(lab.Admin);
        (Run run, FakeWork deploy) = await lab.AcceptedAsync(agent);

        for (int i = 0; i < 3; i++)
        {
            await diagnostics.SubmitNoopAsync(new SubmitNoopRequest());
        }

        FakeWork[] noops = [await (await agent.OfferAsync()).AcceptAsync(), await (await agent.OfferAsync()).AcceptAsync()];
        CountNoopsResponse counts = await diagnostics.CountNoopsAsync(new CountNoopsRequest());
        Assert.Equal((1, 2, 0), (counts.Queued, counts.Running, counts.Ended));
        await noops[0].SendAsync(1, Fact.Ended());
        await agent.TakeAsync(m => m.Forget?.AssignmentId == noops[0].Id);
        FakeWork last = await (await agent.OfferAsync()).AcceptAsync();
        await noops[1].SendAsync(1, Fact.Note("RESTARTED", "began again"), Fact.Ended()); // two facts, so not on the short way
        await agent.TakeAsync(m => m.Forget?.AssignmentId == noops[1].Id);
        await last.SendAsync(1, Fact.Ended());
        await agent.TakeAsync(m => m.Forget?.AssignmentId == last.Id);
        await Eventually.HoldsAsync(async () => (await diagnostics.CountNoopsAsync(new CountNoopsRequest())).Ended == 3);
        Assert.Equal(RunStatus.Pending, (await lab.RunAsync(run.Id)).Status);
        await deploy.EndAsync();
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_second_run_of_a_service_on_a_host_waits_for_the_first_one(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync(adjust: h => h.Slots = 2);
        (long item, long build) = await lab.ShopAsync();
        Run first = await lab.TriggerAsync(item, build);
        FakeWork work = await (await agent.OfferAsync()).AcceptAsync();

        Run second = await lab.TriggerAsync(item, build);
        await lab.UntilAsync(second.Id, r => r.WaitingReason == $"waits for run {first.Id} on host lab-1");
        (Run free, FakeWork other) = await lab.AcceptedAsync(agent); // the slot itself is free
        await other.EndAsync();
        Assert.Equal(1, await lab.LocksAsync());

        await work.EndAsync();
        FakeWork next = await agent.OfferAsync();
        Assert.Equal(second.Id, next.Offer.Plan.Deploy.RunId);
        await next.AcceptAsync();
        await next.EndAsync(RunStatus.Failed, Verdict.InfrastructureError, "no");
        Assert.Equal(0, await lab.LocksAsync());
        Assert.Equal(RunStatus.Completed, (await lab.EndedAsync(free.Id)).Status);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_queue_of_many_pages_is_worked_off_by_few_slots(string provider)
    {
        const int Many = 450; // more than two pages of the queue
        await using Lab lab = await Lab.StartAsync(provider);
        var diagnostics = new DiagnosticsService.DiagnosticsServiceClient(lab.Admin);
        await Task.WhenAll(Enumerable.Range(0, Many).Select(_ => diagnostics.SubmitNoopAsync(new SubmitNoopRequest()).ResponseAsync));
        FakeAgentSession agent = await lab.AgentAsync(adjust: h => (h.Slots, h.ApiSlots) = (1, 50));
        Run run = await lab.TriggerAsync(await lab.ItemAsync()); // behind all of them, and for a slot of another kind

        FakeWork deploy = await agent.OfferAsync(offer => offer.Plan.Deploy?.RunId == run.Id);
        for (int i = 0; i < Many; i++)
        {
            FakeWork noop = await (await agent.OfferAsync(offer => offer.Plan.Noop is not null)).AcceptAsync();
            await noop.SendAsync(1, Fact.Ended());
        }

        await Eventually.HoldsAsync(async () => (await diagnostics.CountNoopsAsync(new CountNoopsRequest())).Ended == Many);
        await (await deploy.AcceptAsync()).EndAsync();
    }

    [Fact]
    public async Task What_an_agent_answers_to_an_offer_that_is_being_stored_waits_for_that()
    {
        using var session = new AgentSession
        {
            AgentId = 1,
            Name = "a",
            Host = "a",
            Epoch = 1,
            Slots = 1,
            ApiSlots = 1,
            RemoteAddress = "",
            Labels = new Dictionary<string, string>(),
        };
        var storing = new TaskCompletionSource();
        Guid offered = Guid.CreateVersion7();

        session.OfferAhead(offered, storing.Task);
        Task answered = session.StoredAsync(offered);

        Assert.False(answered.IsCompleted);
        Assert.True(session.StoredAsync(Guid.CreateVersion7()).IsCompleted);
        storing.SetResult();
        await answered.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.True(session.StoredAsync(offered).IsCompleted);
    }

    [Fact]
    public async Task More_important_work_goes_first_and_equal_work_in_order()
    {
        await using Lab lab = await Lab.StartAsync(Databases.Sqlite);
        long item = await lab.ItemAsync();
        Run[] runs = [await lab.TriggerAsync(item), await lab.TriggerAsync(item), await lab.TriggerAsync(item, priority: 5), await lab.TriggerAsync(item, priority: -5)];
        FakeAgentSession agent = await lab.AgentAsync();

        var order = new List<long>();
        for (int i = 0; i < runs.Length; i++)
        {
            FakeWork work = await (await agent.OfferAsync()).AcceptAsync();
            order.Add(work.Offer.Plan.Deploy.RunId);
            await work.EndAsync();
        }

        Assert.Equal([runs[2].Id, runs[0].Id, runs[1].Id, runs[3].Id], order);
    }
}
