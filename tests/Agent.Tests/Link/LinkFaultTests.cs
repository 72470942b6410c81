using System.Text;
using Grpc.Core;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Tests.Link;

public sealed class LinkFaultTests : AgentAndGateway
{
    [Fact]
    public async Task Events_and_logs_arrive_once_and_whole_although_sessions_and_uploads_are_cut()
    {
        int pieces = 0;
        Gateway.OnUpload = _ =>
        {
            if (Interlocked.Increment(ref pieces) % 40 == 0)
            {
                throw new RpcException(new Status(StatusCode.Unavailable, "cut"));
            }
        };
        int events = 0;
        Gateway.OnMessage = (session, message) =>
        {
            if (message.Events is not null && Interlocked.Increment(ref events) % 2 == 1)
            {
                session.End(new RpcException(new Status(StatusCode.Unavailable, "cut"))); // before anything is stored
                return false;
            }

            return true;
        };
        StartAgent();

        ScriptedAssignment run = await Gateway.OfferAsync(Work.Shell(Agent.Files, "seq 1 700000"));
        PlanEnded ended = await run.EndAsync(60);
        byte[] log = await run.WholeLogAsync("test");

        Assert.Equal(RunStatus.Completed, ended.Status);
        Assert.Equal(Enumerable.Range(1, run.Events.Count).Select(n => (long)n), run.Events.Select(fact => fact.Seq));
        Assert.Equal(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(1, 700000).Select(n => $"{n}\n"))), log);
        Assert.True(Gateway.Sessions.Count > 1 && Gateway.UploadConnections > 1, $"{Gateway.Sessions.Count} sessions, {Gateway.UploadConnections} uploads");
    }

    [Fact]
    public async Task A_log_arrives_although_the_acks_of_all_events_were_lost_and_the_end_is_known()
    {
        Gateway.OnMessage = (session, message) =>
        {
            if (message.Events is not { } events || session.Epoch > 1)
            {
                return true;
            }

            _ = Gateway.Assignments[events.AssignmentId].Take(events); // stored, and the answer never comes
            return false;
        };
        StartAgent();
        ScriptedAssignment run = await Gateway.OfferAsync(Work.Shell(Agent.Files, "echo hello"));
        await run.EndAsync();
        Assert.Empty(run.Log("test"));

        run.Order = AssignmentOrder.Forget;
        (await Gateway.SessionAsync()).End(new RpcException(new Status(StatusCode.Unavailable, "cut")));

        Assert.Equal("hello\n"u8.ToArray(), await run.WholeLogAsync("test"));
        await Eventually.TrueAsync(() => !Directory.Exists(Path.Combine(Agent.Data, "work", run.Id)), () => Agent.Output);
    }

    [Fact]
    public async Task A_stream_that_only_looks_alive_is_given_up_after_three_heartbeats()
    {
        StartAgent();
        ScriptedSession first = await Gateway.SessionAsync();

        first.Deaf = true;
        ScriptedSession second = await Gateway.SessionAsync(number: 2);

        Assert.NotEqual(first.Epoch, second.Epoch);
        Assert.Contains("no heartbeat came back", Agent.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_number_is_sent_again()
    {
        int dropped = 0;
        Gateway.OnMessage = (session, message) =>
        {
            if (message.Events is { } events && Interlocked.Exchange(ref dropped, 1) == 0)
            {
                session.Send(new() { Expect = new() { AssignmentId = events.AssignmentId, NextSeq = 1 } });
                return false;
            }

            return true;
        };
        StartAgent();

        ScriptedAssignment run = await Gateway.OfferAsync(new Plan { Noop = new() });

        Assert.Equal(RunStatus.Completed, (await run.EndAsync()).Status);
        Assert.Single(Gateway.Sessions);
    }

    [Fact]
    public async Task No_more_events_are_under_way_than_the_credit_allows()
    {
        Gateway.EventCredit = 2;
        Gateway.OnMessage = (_, message) => message.Events is null; // never acked
        StartAgent();
        ScriptedAssignment run = await Gateway.OfferAsync(Work.Shell(Agent.Files, "exit 0"));
        string finished = Path.Combine(Agent.Data, "work", run.Id, "exits", "test-1");
        await Eventually.TrueAsync(() => File.Exists(finished) && File.ReadAllText(finished).Contains("exit", StringComparison.Ordinal), () => Agent.Output);
        await Eventually.TrueAsync(() => Agent.Output.Contains("ended: Completed", StringComparison.Ordinal), () => Agent.Output);

        int sent = Gateway.Sessions[0].Received.Where(message => message.Events is not null).Sum(message => message.Events.Events.Count);

        Assert.Equal(2, sent);
    }

    [Fact]
    public async Task Cancel_ends_the_whole_process_tree_and_is_reported_once()
    {
        StartAgent();
        string alive = Path.Combine(Agent.Files, "alive");
        ScriptedAssignment run = await Gateway.OfferAsync(
            Work.Shell(Agent.Files, $"setsid sh -c 'trap \"\" TERM; while :; do date +%s%N > {alive}; sleep 0.05; done' & sleep 600"));
        await Eventually.TrueAsync(() => File.Exists(alive), () => Agent.Output);

        (await Gateway.SessionAsync()).Send(new()
        {
            Cancel = new() { AssignmentId = run.Id, Reason = "not needed", Grace = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(TimeSpan.FromMilliseconds(300)) },
        });
        PlanEnded ended = await run.EndAsync();
        string last = await File.ReadAllTextAsync(alive);

        Assert.Equal((RunStatus.Cancelled, Verdict.Cancelled, "not needed"), (ended.Status, ended.Verdict, ended.Error));
        Assert.Equal(StepStatus.Cancelled, run.Step("test").Status);
        await Task.Delay(200); // four rounds of a survivor
        Assert.Equal(last, await File.ReadAllTextAsync(alive));
    }

    [Fact]
    public async Task A_cancel_that_was_wished_during_an_outage_comes_with_the_next_heartbeat()
    {
        StartAgent();
        ScriptedAssignment run = await Gateway.OfferAsync(Work.Shell(Agent.Files, "sleep 600"));
        await Eventually.TrueAsync(() => run.Events.Count > 0, () => Agent.Output);

        run.CancelReason = "newer build";

        Assert.Equal((RunStatus.Cancelled, "newer build"), ((await run.EndAsync()).Status, run.Ended!.Error));
    }

    [Fact]
    public async Task A_step_that_runs_too_long_is_ended_and_the_plan_timed_out()
    {
        StartAgent();

        ScriptedAssignment run = await Gateway.OfferAsync(Work.Shell(Agent.Files, "sleep 600", TimeSpan.FromMilliseconds(500)));
        PlanEnded ended = await run.EndAsync();

        Assert.Equal((RunStatus.Failed, Verdict.TimedOut, FailureClass.Timeout), (ended.Status, ended.Verdict, ended.FailureClass));
    }

    [Fact]
    public async Task Without_a_lease_no_step_begins_until_a_heartbeat_came_back()
    {
        Gateway.HeartbeatInterval = TimeSpan.FromSeconds(3);
        Gateway.LeaseDuration = TimeSpan.FromMilliseconds(300);
        StartAgent();
        ScriptedSession session = await Gateway.SessionAsync();
        await Task.Delay(600); // the lease of the welcome is over

        ScriptedAssignment run = await Gateway.OfferAsync(Work.Shell(Agent.Files, "exit 0"));
        await Eventually.TrueAsync(() => run.Events.Count > 0, () => Agent.Output);

        List<AgentMessage> received = [.. session.Received];
        // The first beat renewed a lease that was over again when the offer came.
        Assert.InRange(received.FindIndex(message => message.Heartbeat is { Nonce: 2 }), 0, received.FindIndex(message => message.Events is not null));
    }

    [Fact]
    public async Task The_first_heartbeat_does_not_wait_for_its_interval()
    {
        Gateway.HeartbeatInterval = TimeSpan.FromMinutes(5);
        Gateway.LeaseDuration = TimeSpan.FromMinutes(15);
        StartAgent();
        ScriptedSession session = await Gateway.SessionAsync();

        await Eventually.TrueAsync(() => session.Received.Any(message => message.Heartbeat is { Nonce: 1 }), () => Agent.Output);
    }

    [Fact]
    public async Task A_fenced_assignment_stops_and_says_nothing_more()
    {
        StartAgent();
        string alive = Path.Combine(Agent.Files, "alive");
        ScriptedAssignment run = await Gateway.OfferAsync(Work.Shell(Agent.Files, $"while :; do date +%s%N > {alive}; sleep 0.05; done"));
        await Eventually.TrueAsync(() => File.Exists(alive) && run.Events.Count > 0, () => Agent.Output);
        ScriptedSession session = await Gateway.SessionAsync();

        session.Send(new() { Fenced = new() { AssignmentId = run.Id, CurrentEpoch = 9 } });
        await Eventually.TrueAsync(() => Agent.Output.Contains("no longer this agent's", StringComparison.Ordinal), () => Agent.Output);
        session.Send(new() { Forget = new() { AssignmentId = run.Id } });
        await Eventually.TrueAsync(() => !Directory.Exists(Path.Combine(Agent.Data, "work", run.Id)), () => Agent.Output);

        Assert.Null(run.Ended);
        Assert.Single(run.Events);
    }

    [Fact]
    public async Task The_same_offer_again_is_accepted_again_and_run_once()
    {
        StartAgent();
        string effects = Path.Combine(Agent.Files, "effects");
        ScriptedAssignment run = await Gateway.OfferAsync(Work.Shell(Agent.Files, $"echo effect >> {effects}"));
        ScriptedSession session = await Gateway.SessionAsync();
        session.Send(new() { Offer = run.Offer });
        await run.EndAsync();
        session.Send(new() { Offer = run.Offer });
        await Eventually.TrueAsync(() => run.Accepted >= 2, () => $"accepted {run.Accepted} times");

        Assert.Single(await File.ReadAllLinesAsync(effects));
    }

    [Fact]
    public async Task What_was_carried_out_and_forgotten_is_never_carried_out_again_not_even_after_a_restart()
    {
        StartAgent();
        string effects = Path.Combine(Agent.Files, "effects");
        ScriptedAssignment run = await Gateway.OfferAsync(Work.Shell(Agent.Files, $"echo effect >> {effects}"));
        await run.EndAsync();
        ScriptedSession session = await Gateway.SessionAsync();
        session.Send(new() { Forget = new() { AssignmentId = run.Id } });
        await Eventually.TrueAsync(() => !Directory.Exists(Path.Combine(Agent.Data, "work", run.Id)), () => Agent.Output);
        run.Epoch++;

        await Eventually.TrueAsync(() => DeclinesAgain(session), () => Agent.Output);
        Agent.Kill();
        StartAgent();
        ScriptedSession next = await Gateway.SessionAsync(2);
        await Eventually.TrueAsync(() => DeclinesAgain(next), () => Agent.Output);

        Assert.Single(await File.ReadAllLinesAsync(effects));

        bool DeclinesAgain(ScriptedSession session)
        {
            session.Send(new() { Offer = run.Offer });
            return session.Received.Any(message => message.Decline?.Reason == "ALREADY_CARRIED_OUT");
        }
    }

    [Fact]
    public async Task More_than_the_slots_is_declined_with_the_reason()
    {
        StartAgent();
        await Gateway.OfferAsync(Work.Shell(Agent.Files, "sleep 600", name: "first.sh"));
        ScriptedSession session = await Gateway.SessionAsync();

        ScriptedAssignment second = await Gateway.OfferAsync(Work.Shell(Agent.Files, "exit 0", name: "second.sh"));
        await Eventually.TrueAsync(() => session.Received.Any(message => message.Decline is not null), () => Agent.Output);

        DeclineOffer declined = session.Received.Single(message => message.Decline is not null).Decline;
        Assert.Equal((second.Id, "AGENT_BUSY"), (declined.AssignmentId, declined.Reason));
    }

    [Fact]
    public async Task An_offer_that_is_gone_when_it_is_accepted_gives_its_slot_back()
    {
        Gateway.OnMessage = (session, message) =>
        {
            if (message.Accept is { AssignmentId: var id, Epoch: var epoch } && Gateway.Assignments[id].CancelReason is not null)
            {
                session.Send(new() { Fenced = new() { AssignmentId = id, CurrentEpoch = epoch } });
                return false;
            }

            return true;
        };
        StartAgent();
        ScriptedSession session = await Gateway.SessionAsync();
        ScriptedAssignment gone = new(Guid.NewGuid().ToString(), Work.Shell(Agent.Files, "exit 0"), 1) { CancelReason = "cancelled meanwhile" };
        Gateway.Assignments[gone.Id] = gone;
        session.Send(new() { Offer = gone.Offer });
        await Eventually.TrueAsync(() => Agent.Output.Contains("no longer this agent's", StringComparison.Ordinal), () => Agent.Output);

        ScriptedAssignment next = await Gateway.OfferAsync(Work.Shell(Agent.Files, "exit 0"));

        Assert.Equal(RunStatus.Completed, (await next.EndAsync()).Status);
        Assert.Empty(gone.Events);
    }
}
