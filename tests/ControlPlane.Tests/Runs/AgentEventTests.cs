using System.Text;
using Orbit.Contracts.V1;
using Orbit.Tests.Support;

namespace Orbit.ControlPlane.Tests.Runs;

/// <summary>What agents tell and what it does to runs.</summary>
public sealed class AgentEventTests
{
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Facts_move_the_run_its_steps_its_tests_and_its_numbers(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();
        (Run run, FakeWork work) = await lab.AcceptedAsync(agent);

        await work.TellAsync(Fact.Started("test"), Fact.Collected("t::a", "t::b", "t::c", "t::d"), Fact.Tested("t::a", TestOutcome.Passed), Fact.Tested("t::b", TestOutcome.Failed, 1));
        Run testing = await lab.RunAsync(run.Id);
        Assert.Equal((RunStatus.Testing, 4, 1, 1), (testing.Status, testing.Summary.Total, testing.Summary.Passed, testing.Summary.Failed));
        Assert.Equal([("test", StepStatus.Running), ("report", StepStatus.Pending)], testing.Steps.Select(s => (s.Name, s.Status)));
        await work.TellAsync(Fact.Tested("t::b", TestOutcome.Broken, 1), Fact.Tested("t::c", TestOutcome.Skipped, 2)); // b again: replaces
        await work.TellAsync(Fact.Finished("test"), Fact.Started("report"), Fact.Finished("report"));
        await work.EndAsync(RunStatus.Completed, Verdict.TestsFailed);

        Run ended = await lab.EndedAsync(run.Id);
        Assert.Equal((RunStatus.Completed, Verdict.TestsFailed), (ended.Status, ended.Verdict));
        Assert.Equal(new TestSummary { Total = 4, Passed = 1, Broken = 1, Skipped = 1, NotRun = 1 }, ended.Summary);
        Assert.All(ended.Steps, s => Assert.Equal(StepStatus.Succeeded, s.Status));
        ListRunTestsResponse tests = await lab.Runs.ListRunTestsAsync(new ListRunTestsRequest { RunId = run.Id });
        Assert.Equal(
            [("t::a", TestOutcome.Passed), ("t::b", TestOutcome.Broken), ("t::c", TestOutcome.Skipped), ("t::d", TestOutcome.NotRun)],
            tests.Tests.Select(t => (t.Id, t.Outcome)));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_gap_is_named_and_a_repetition_is_acknowledged_without_effect(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();
        (Run run, FakeWork work) = await lab.AcceptedAsync(agent);
        await work.TellAsync(Fact.Started("test"), Fact.Note("A", "one"));

        await work.SendAsync(4, Fact.Note("D", "too early"));
        Assert.Equal(3, (await agent.TakeAsync(m => m.Expect is not null)).Expect.NextSeq);
        await work.SendAsync(1, Fact.Started("test"), Fact.Note("A", "one"));
        Assert.Equal(2, (await agent.TakeAsync(m => m.Ack is not null)).Ack.LastSeq);
        await work.SendAsync(2, Fact.Note("A", "one"), Fact.Note("B", "two"));
        Assert.Equal(3, (await agent.TakeAsync(m => m.Ack is not null)).Ack.LastSeq);

        List<RunEvent> events = await lab.WatchAsync(run.Id, 1, e => e.Text == "B: two");
        Assert.Equal(["A: one", "B: two"], events.Where(e => e.Type is RunEventType.Note).Select(e => e.Text));
        Assert.Equal(3, (await lab.WorkAsync(run.Id)).LastSeq);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Who_has_not_the_assignment_changes_nothing_and_is_told(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();
        FakeAgentSession stranger = await lab.AgentAsync("lab-2");
        (Run run, FakeWork work) = await lab.AcceptedAsync(agent);
        FakeAgentSession holder = work.Session;
        await work.TellAsync(Fact.Started("test"));
        long before = (await lab.RunAsync(run.Id)).LastSeq;

        await work.SendAsync(work.Offer.Epoch + 1, 2, [Fact.Ended()]);
        Assert.Equal(work.Offer.Epoch, (await holder.TakeAsync(m => m.Fenced is not null)).Fenced.CurrentEpoch);
        await new FakeWork(stranger, work.Offer).SendAsync(2, Fact.Ended(RunStatus.Failed, Verdict.Unknown));
        await stranger.TakeAsync(m => m.Fenced is not null);
        await new FakeWork(stranger, new Offer { AssignmentId = Guid.CreateVersion7().ToString(), Epoch = 1 }).SendAsync(1, Fact.Ended());
        Assert.Equal(0, (await stranger.TakeAsync(m => m.Fenced is not null)).Fenced.CurrentEpoch);

        Run same = await lab.RunAsync(run.Id);
        Assert.Equal((RunStatus.Testing, before), (same.Status, same.LastSeq));
        Assert.Equal(1, (await lab.WorkAsync(run.Id)).LastSeq);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task What_a_stranger_sends_in_between_takes_nothing_from_the_holder(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();
        FakeAgentSession stranger = await lab.AgentAsync("lab-2");
        (Run run, FakeWork work) = await lab.AcceptedAsync(agent);
        var liar = new FakeWork(stranger, work.Offer);

        Task noise = Task.Run(async () =>
        {
            for (int i = 0; i < 300; i++)
            {
                await liar.SendAsync(1, Fact.Note("X", "not mine"));
            }
        });
        for (int i = 0; i < 100; i++)
        {
            await work.SendAsync(i + 1, Fact.Note("N", $"{i}"));
        }

        await agent.TakeAsync(m => m.Ack?.LastSeq == 100);
        await noise;
        Assert.Equal(100, (await lab.WorkAsync(run.Id)).LastSeq);
        List<RunEvent> events = await lab.WatchAsync(run.Id, 1, e => e.Text == "N: 99");
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"N: {i}"), events.Where(e => e.Type is RunEventType.Note).Select(e => e.Text));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task What_comes_after_the_end_is_acknowledged_and_may_be_forgotten(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();
        (Run run, FakeWork work) = await lab.AcceptedAsync(agent);
        await work.EndAsync();
        Run ended = await lab.EndedAsync(run.Id);

        await work.SendAsync(1, Fact.Ended(RunStatus.Failed, Verdict.TimedOut), Fact.Note("LATE", "late"));

        Assert.Equal(2, (await agent.TakeAsync(m => m.Ack is not null)).Ack.LastSeq);
        await agent.TakeAsync(m => m.Forget is not null);
        Assert.Equal(ended, await lab.RunAsync(run.Id));
    }

    [Fact]
    public async Task What_can_never_be_stored_is_refused_and_the_series_goes_on()
    {
        await using Lab lab = await Lab.StartAsync(Databases.Postgres);
        lab.Orbit.Log.ExpectErrors(2202);
        FakeAgentSession agent = await lab.AgentAsync();
        (Run run, FakeWork work) = await lab.AcceptedAsync(agent);
        var random = new Random(1); // does not pack, so PostgreSQL's index has no room for it
        var id = new StringBuilder();
        while (id.Length < 2000)
        {
            id.Append((char)random.Next(0x4e00, 0x9fff));
        }

        await work.SendAsync(1, Fact.Started("test"), Fact.Tested(id.ToString(), TestOutcome.Passed), Fact.Tested("t::b", TestOutcome.Passed, 1));

        Refused refused = (await agent.TakeAsync(m => m.Refused is not null)).Refused;
        Assert.Equal((work.Id, 2L, "EVENT_REFUSED"), (refused.AssignmentId, refused.Seq, refused.Reason));
        await agent.TakeAsync(m => m.Ack?.LastSeq == 3);
        Assert.Equal((3, 1), ((int)(await lab.WorkAsync(run.Id)).LastSeq, (await lab.RunAsync(run.Id)).Summary.Passed));
        await work.SendAsync(4, Fact.Ended());
        await agent.TakeAsync(m => m.Forget is not null);
        List<RunEvent> events = await lab.WatchAsync(run.Id, 1);
        Assert.Contains(events, e => e.Type is RunEventType.Note && e.Text.Contains("could not be stored", StringComparison.Ordinal));
        Assert.Equal(RunEventType.Finished, events[^1].Type);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Texts_with_nul_or_cut_in_the_middle_of_a_character_are_stored(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();
        (Run run, FakeWork work) = await lab.AcceptedAsync(agent);
        string longText = new string('x', 999) + "🙂 and more";
        AgentEvent odd = Fact.Finished("te\0st", StepStatus.Failed, longText);
        odd.StepEnded.Reason = new string('R', 63) + "🙂\0";

        await work.TellAsync(odd, Fact.Tested("t\0::a", TestOutcome.Failed), Fact.Note("A", longText), Fact.Started("a-step-with-15🙂-and-more"));
        await work.EndAsync(RunStatus.Failed, Verdict.InfrastructureError, longText);

        Run ended = await lab.EndedAsync(run.Id);
        Assert.Equal(new string('x', 999), ended.Error[6..]);
        Assert.DoesNotContain(agent.Received, m => m.Refused is not null);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_watcher_gets_the_run_as_it_is_then_each_later_event_once_and_the_end(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();
        (Run run, FakeWork work) = await lab.AcceptedAsync(agent);
        await work.TellAsync(Fact.Started("test"), Fact.Collected("t::a"));
        Task<List<RunEvent>> live = lab.WatchAsync(run.Id, 0);
        await work.TellAsync(Fact.Tested("t::a", TestOutcome.Passed));
        await work.EndAsync();

        List<RunEvent> seen = await live;
        Assert.Equal((RunEventType.Snapshot, run.Id), (seen[0].Type, seen[0].Run.Id));
        Assert.Equal(Enumerable.Range(0, seen.Count).Select(i => seen[0].Seq + i), seen.Select(e => e.Seq));
        Assert.Equal((RunEventType.Finished, Verdict.Passed), (seen[^1].Type, seen[^1].Verdict));

        long newest = seen[^1].Seq;
        List<RunEvent> all = [(await lab.WatchAsync(run.Id, 1))[0], .. (await lab.WatchAsync(run.Id, 2))];
        Assert.Equal(Enumerable.Range(2, (int)newest - 1).Select(i => (long)i), all.Select(e => e.Seq));
        Assert.Equal(seen.Skip(1), (await lab.WatchAsync(run.Id, seen[0].Seq)));
        Assert.Empty(await lab.WatchAsync(run.Id, newest));
        Assert.Equal(RunEventType.Snapshot, Assert.Single(await lab.WatchAsync(run.Id, 0)).Type);
        Assert.Equal("CURSOR_TOO_NEW", await Access.Refused.ReasonAsync(() => lab.WatchAsync(run.Id, newest + 1)));
        Assert.Equal("CURSOR_TOO_NEW", await Access.Refused.ReasonAsync(() => lab.WatchAsync(run.Id, -1)));
        Assert.Equal("RUN_NOT_FOUND", await Access.Refused.ReasonAsync(() => lab.WatchAsync(4711, 0)));
    }
}
