using Google.Protobuf.WellKnownTypes;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Watching;

/// <summary>A run as its events tell it. Begins with a snapshot and follows event by event.</summary>
internal sealed class RunPicture(TimeProvider clock)
{
    private DateTimeOffset _serverTime;
    private long _heardAt;

    /// <summary>Held while the picture changes; a view that reads it from another thread takes it too.</summary>
    public Lock Gate { get; } = new();

    public Run Run { get; private set; } = new();

    /// <summary>Test that began last and has not ended; empty when none runs.</summary>
    public string CurrentTest { get; private set; } = "";

    /// <summary>Latest word about the running step.</summary>
    public string Progress { get; private set; } = "";

    public bool HasEnded => RunWords.HasEnded(Run.Status);

    /// <summary>The server's clock now, as far as its last message and our own clock tell; our clocks need not agree.</summary>
    public DateTimeOffset ServerNow => _serverTime == default ? clock.GetUtcNow() : _serverTime + clock.GetElapsedTime(_heardAt);

    /// <summary>How long the agent has been silent; null while in contact.</summary>
    public TimeSpan? AgentSilence => Run.ContactLostSince is { } since ? ServerNow - since.ToDateTimeOffset() : null;

    public void Begin(Run run)
    {
        lock (Gate)
        {
            Run = run.Clone();
        }
    }

    public void Apply(RunEvent change)
    {
        lock (Gate)
        {
            Change(change);
        }
    }

    private void Change(RunEvent change)
    {
        if (change.Time is { } time)
        {
            (_serverTime, _heardAt) = (time.ToDateTimeOffset(), clock.GetTimestamp());
        }

        TakeFields(change);
        switch (change.Type)
        {
            case RunEventType.Snapshot when change.Run is { } run:
                Run = run.Clone();
                break;
            case RunEventType.Queued:
                Requeued();
                break;
            case RunEventType.Accepted:
                Run.WaitingReason = "";
                break;
            case RunEventType.Status:
                Run.Status = change.Status;
                break;
            case RunEventType.StepStarted or RunEventType.StepFinished when change.Step is { } step:
                Put(step);
                Progress = "";
                break;
            case RunEventType.Progress:
                Progress = change.Text;
                break;
            case RunEventType.TestStarted:
                CurrentTest = change.Test?.Id ?? "";
                break;
            case RunEventType.TestFinished when change.Test?.Id == CurrentTest:
                CurrentTest = "";
                break;
            case RunEventType.CancelRequested:
                Run.CancelRequested = true;
                break;
            case RunEventType.ContactLost:
                Run.ContactLostSince ??= change.Time ?? Timestamp.FromDateTimeOffset(clock.GetUtcNow());
                break;
            case RunEventType.ContactRestored:
                Run.ContactLostSince = null;
                break;
            case RunEventType.ReportReady:
                Run.ReportUrl = change.ReportUrl;
                break;
            case RunEventType.AttemptFinished when change.AttemptState is { } attempt:
                Put(attempt);
                break;
            case RunEventType.Finished:
                (Run.Status, Run.Verdict, Run.Error, Run.ContactLostSince) = (change.Status, change.Verdict, change.Text, null);
                Run.ReportUrl = change.ReportUrl.Length > 0 ? change.ReportUrl : Run.ReportUrl;
                CurrentTest = "";
                break;
        }
    }

    private void TakeFields(RunEvent change)
    {
        Run.LastSeq = Math.Max(Run.LastSeq, change.Seq);
        if (change.Agent.Length > 0)
        {
            Run.Agent = change.Agent;
        }

        if (change.Summary is { } summary && change.Type is not RunEventType.Snapshot)
        {
            Run.Summary = summary.Clone();
        }
    }

    // A run that ended and is queued again begins anew; what the first queueing tells is in the picture already.
    private void Requeued()
    {
        if (HasEnded)
        {
            (Run.Status, Run.Verdict, Run.Error) = (RunStatus.Pending, Verdict.Unspecified, "");
            Run.Steps.Clear();
        }
    }

    private void Put(Step step)
    {
        Step? known = Run.Steps.FirstOrDefault(existing => existing.Name == step.Name);
        if (known is null)
        {
            Run.Steps.Add(step.Clone());
        }
        else
        {
            Run.Steps[Run.Steps.IndexOf(known)] = step.Clone();
        }
    }

    private void Put(Attempt attempt)
    {
        Attempt? known = Run.Attempts.FirstOrDefault(existing => existing.Number == attempt.Number);
        if (known is null)
        {
            Run.Attempts.Add(attempt.Clone());
        }
        else
        {
            Run.Attempts[Run.Attempts.IndexOf(known)] = attempt.Clone();
        }
    }
}
