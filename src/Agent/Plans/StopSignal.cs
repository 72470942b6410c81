namespace Orbit.Agent.Plans;

/// <summary>Why a step is to end before it is done.</summary>
internal enum StopCause
{
    /// <summary>It is not.</summary>
    None,

    /// <summary>Somebody cancelled the plan.</summary>
    Cancelled,

    /// <summary>The step has used up its time.</summary>
    StepTimeLimit,

    /// <summary>The plan has used up its time.</summary>
    PlanTimeLimit,

    /// <summary>The assignment is another's now.</summary>
    Fenced,

    /// <summary>The agent leaves: nothing of the step is to be disturbed.</summary>
    Leaving,
}

/// <summary>Tells one step that it is to end, and why; the first cause counts.</summary>
internal sealed class StopSignal : IDisposable
{
    private static readonly TimeSpan TimeLimitGrace = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(30);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<IDisposable> _parts = [];
    private readonly List<(ITimer Timer, TimeSpan Limit)> _limits = [];
    private readonly Assignment _assignment;
    private readonly TimeProvider _time;
    private readonly long _begun;
    private int _cause;

    /// <param name="assignment">Whose cancel counts.</param>
    /// <param name="cancellable">False for a step that must not be torn: it ends by itself, whoever wants what.</param>
    /// <param name="step">What is left of the step's time, without what was added to it.</param>
    /// <param name="plan">What is left of the plan's time, without what was added to it.</param>
    /// <param name="time">The clock.</param>
    /// <param name="leaving">The agent leaves.</param>
    public StopSignal(Assignment assignment, bool cancellable, TimeSpan step, TimeSpan plan, TimeProvider time, CancellationToken leaving)
    {
        (_assignment, _time, _begun, Leaving) = (assignment, time, time.GetTimestamp(), leaving);
        _parts.Add(leaving.UnsafeRegister(_ => Fire(StopCause.Leaving), null));
        if (!cancellable)
        {
            return;
        }

        _parts.Add(assignment.CancelToken.UnsafeRegister(_ => Fire(assignment.Fenced ? StopCause.Fenced : StopCause.Cancelled), null));
        After(step, StopCause.StepTimeLimit);
        After(plan, StopCause.PlanTimeLimit);
        assignment.ExtraChanged += Extend;
        Extend(); // it may have come while the timers were made
    }

    /// <summary>Fires when the step is to end.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>Fires when the agent leaves.</summary>
    public CancellationToken Leaving { get; }

    /// <summary>Why; <see cref="StopCause.None"/> before <see cref="Token"/> fires.</summary>
    public StopCause Cause => (StopCause)Volatile.Read(ref _cause);

    /// <summary>Time between SIGTERM and SIGKILL.</summary>
    public TimeSpan Grace => _assignment.Cancel?.Grace ?? TimeLimitGrace;

    /// <inheritdoc/>
    public void Dispose()
    {
        _assignment.ExtraChanged -= Extend;
        _parts.ForEach(part => part.Dispose());
        _stop.Dispose();
    }

    private void After(TimeSpan limit, StopCause cause)
    {
        if (limit >= Longest)
        {
            return; // none, whatever is added to it
        }

        TimeSpan whole = limit + _assignment.Extra;
        if (whole <= TimeSpan.Zero)
        {
            Fire(cause);
        }
        else if (whole < Longest)
        {
            ITimer timer = _time.CreateTimer(_ => Fire(cause), null, whole, Timeout.InfiniteTimeSpan);
            _parts.Add(timer);
            _limits.Add((timer, limit));
        }
    }

    /// <summary>Moves the limits by what is added; a limit that is over already stays so.</summary>
    private void Extend()
    {
        foreach ((ITimer timer, TimeSpan limit) in _limits)
        {
            TimeSpan left = limit + _assignment.Extra - _time.GetElapsedTime(_begun);
            timer.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    private void Fire(StopCause cause)
    {
        if (Interlocked.CompareExchange(ref _cause, (int)cause, (int)StopCause.None) == (int)StopCause.None)
        {
            _stop.Cancel();
        }
    }
}

/// <summary>The agent leaves in the middle of a plan: everything stays as it is, and the next start goes on from the journal.</summary>
internal sealed class AgentLeavesException() : OperationCanceledException("The agent leaves.");
