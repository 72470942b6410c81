using Orbit.Contracts.V1;

namespace Orbit.Tests.Support;

/// <summary>An assignment in the hands of a fake agent: accepts, tells numbered facts, ends.</summary>
public sealed class FakeWork(FakeAgentSession session, Offer offer)
{
    private long _seq;

    /// <summary>As offered.</summary>
    public Offer Offer { get; } = offer;

    /// <summary>Id of the assignment.</summary>
    public string Id => Offer.AssignmentId;

    /// <summary>The stream it is told on; another after a reconnect.</summary>
    public FakeAgentSession Session { get; set; } = session;

    /// <summary>Number of the last fact told.</summary>
    public long Told => _seq;

    /// <summary>The assignment as it stands in the agent's Hello.</summary>
    public OpenAssignment Open(bool ended = false, bool unconfirmed = false) =>
        new() { AssignmentId = Id, Epoch = Offer.Epoch, LastSeq = _seq, Ended = ended, Unconfirmed = unconfirmed };

    /// <summary>Accepts without waiting.</summary>
    public Task SayAcceptedAsync() => Session.SendAsync(new() { Accept = new AcceptOffer { AssignmentId = Id, Epoch = Offer.Epoch } });

    /// <summary>Accepts, and waits for the confirmation.</summary>
    public async Task<FakeWork> AcceptAsync()
    {
        await SayAcceptedAsync();
        await Session.TakeAsync(m => m.Confirmed?.AssignmentId == Id);
        return this;
    }

    /// <summary>Declines.</summary>
    public Task DeclineAsync(string reason, string text) =>
        Session.SendAsync(new() { Decline = new DeclineOffer { AssignmentId = Id, Epoch = Offer.Epoch, Reason = reason, Text = text } });

    /// <summary>Tells facts under the next numbers, and waits until they are acknowledged.</summary>
    public async Task TellAsync(params AgentEvent[] facts)
    {
        long first = _seq + 1;
        _seq += facts.Length;
        await SendAsync(first, facts);
        long last = _seq;
        await Session.TakeAsync(m => m.Ack?.AssignmentId == Id && m.Ack.LastSeq >= last);
    }

    /// <summary>Sends facts under numbers of the test's choice; waits for nothing.</summary>
    public Task SendAsync(long first, params AgentEvent[] facts) => SendAsync(Offer.Epoch, first, facts);

    /// <summary>Sends facts under an epoch and numbers of the test's choice; waits for nothing.</summary>
    public Task SendAsync(long epoch, long first, AgentEvent[] facts)
    {
        var events = new AgentEvents { AssignmentId = Id, Epoch = epoch };
        for (int i = 0; i < facts.Length; i++)
        {
            AgentEvent fact = facts[i].Clone();
            fact.Seq = first + i;
            events.Events.Add(fact);
        }

        return Session.SendAsync(new() { Events = events });
    }

    /// <summary>Tells the end of the plan, and waits until it may be forgotten.</summary>
    public async Task EndAsync(RunStatus status = RunStatus.Completed, Verdict verdict = Verdict.Passed, string error = "", FailureClass failureClass = FailureClass.Unspecified)
    {
        await TellAsync(Fact.Ended(status, verdict, error, failureClass));
        await Session.TakeAsync(m => m.Forget?.AssignmentId == Id);
    }
}

/// <summary>Facts an agent tells.</summary>
public static class Fact
{
    /// <summary>A step began.</summary>
    public static AgentEvent Started(string step) => new() { StepStarted = new StepStarted { Step = step } };

    /// <summary>A step ended.</summary>
    public static AgentEvent Finished(string step, StepStatus status = StepStatus.Succeeded, string error = "", long logLength = 0) =>
        new() { StepEnded = new StepEnded { Step = step, Status = status, Error = error, DurationMs = 5, LogLength = logLength } };

    /// <summary>Tests became known.</summary>
    public static AgentEvent Collected(params string[] ids)
    {
        var collected = new TestsCollected { Total = ids.Length };
        collected.Ids.Add(ids);
        return new() { TestsCollected = collected };
    }

    /// <summary>A test ended.</summary>
    public static AgentEvent Tested(string id, TestOutcome outcome, int ordinal = 0) =>
        new() { TestEnded = new TestResult { Id = id, Outcome = outcome, DurationMs = 3, Ordinal = ordinal } };

    /// <summary>A remark.</summary>
    public static AgentEvent Note(string code, string text) => new() { Note = new AgentNote { Code = code, Text = text } };

    /// <summary>The plan ended.</summary>
    public static AgentEvent Ended(
        RunStatus status = RunStatus.Completed, Verdict verdict = Verdict.Passed, string error = "", FailureClass failureClass = FailureClass.Unspecified) =>
        new() { PlanEnded = new PlanEnded { Status = status, Verdict = verdict, Error = error, FailureClass = failureClass } };
}
