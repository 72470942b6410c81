using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Storage;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Runs;

/// <summary>What a batch of an agent's facts does to one run, in one transaction.</summary>
internal sealed class RunProgressIngest(OrbitDbContext database, Run run, DateTimeOffset now)
{
    private const int LongestText = 1000;
    private const int LongestReason = 64;
    private const int LongestName = 16;
    private readonly NewRunEvents _events = new(run, now);
    private TestChangesIngest _tests = null!;
    private RunAttempt _attempt = null!;
    private List<RunStep> _steps = [];

    /// <summary>Reads what the facts change.</summary>
    public async Task ReadAsync(CancellationToken ct)
    {
        _attempt = await database.RunAttempts.SingleAsync(a => a.RunId == run.Id && a.Number == run.Attempt, ct);
        int first = _attempt.Kind is "rerun-failed" ? await database.FirstOfChainAsync(run, ct) : run.Attempt;
        _tests = new(database, run, first);
        _steps = await database.RunSteps.Where(s => s.RunId == run.Id && s.Attempt == run.Attempt).OrderBy(s => s.Ordinal).ToListAsync(ct);
    }

    /// <summary>The agent has the attempt, and is in contact.</summary>
    public void HeardFrom(string agentName)
    {
        if (!run.HasBegun)
        {
            run.AcceptedBy(agentName, whole: _attempt.Kind is "rerun", now);
            (_attempt.AgentName, _attempt.StartedAt) = (agentName, now);
            _events.Add(Wire.RunEventType.Accepted).Agent = agentName;
        }

        if (run.RegainContact())
        {
            _events.Add(Wire.RunEventType.ContactRestored).Agent = agentName;
        }
    }

    /// <summary>Applies one fact.</summary>
    public async Task ApplyAsync(Wire.AgentEvent fact, CancellationToken ct)
    {
        DateTimeOffset at = TimeOf(fact);
        switch (fact.FactCase)
        {
            case Wire.AgentEvent.FactOneofCase.StepStarted:
                StepStarted(fact.StepStarted.Step, at);
                break;
            case Wire.AgentEvent.FactOneofCase.StepEnded:
                StepEnded(fact.StepEnded, at);
                break;
            case Wire.AgentEvent.FactOneofCase.Progress:
                Wire.RunEvent progress = _events.Add(Wire.RunEventType.Progress);
                (progress.Step, progress.Text) = (new Wire.Step { Name = fact.Progress.Step, Status = Wire.StepStatus.Running }, Cut(fact.Progress.Text));
                break;
            case Wire.AgentEvent.FactOneofCase.TestsCollected:
                _tests.Collected(fact.TestsCollected, _events);
                break;
            case Wire.AgentEvent.FactOneofCase.TestStarted:
                _events.Add(Wire.RunEventType.TestStarted).Test = new Wire.TestResult { Id = fact.TestStarted.Id, Worker = fact.TestStarted.Worker, Attempt = run.Attempt };
                break;
            case Wire.AgentEvent.FactOneofCase.TestEnded:
                await _tests.EndedAsync(fact.TestEnded, _events, ct);
                break;
            case Wire.AgentEvent.FactOneofCase.ResultsListed:
                await ResultsListedAsync(fact.ResultsListed, ct);
                break;
            case Wire.AgentEvent.FactOneofCase.Note:
                _events.Note($"{fact.Note.Code}: {Cut(fact.Note.Text)}");
                break;
            case Wire.AgentEvent.FactOneofCase.PlanEnded:
                await PlanEndedAsync(fact.PlanEnded, ct);
                break;
            default:
                _events.Note("the agent sent a fact that this server does not know; it is newer");
                break;
        }
    }

    /// <summary>A fact that can never be stored leaves a remark in its place.</summary>
    public Task RefusedAsync(Wire.AgentEvent fact)
    {
        _events.Note($"event {fact.Seq} of the agent ({fact.FactCase}) could not be stored and is left out");
        return Task.CompletedTask;
    }

    /// <summary>Stores tests and events; the rest is tracked.</summary>
    public async Task StoreAsync(CancellationToken ct)
    {
        await _tests.StoreAsync(ct);
        await _events.StoreAsync(database, ct);
    }

    /// <summary>When the fact happened by the server's clock: arrival less its age, within the life of the run.</summary>
    private DateTimeOffset TimeOf(Wire.AgentEvent fact)
    {
        TimeSpan age = fact.Age is { Seconds: >= 0 and < 864_000 } known ? known.ToTimeSpan() : TimeSpan.Zero;
        DateTimeOffset at = now - age;
        return at < run.CreatedAt ? run.CreatedAt : at;
    }

    private void StepStarted(string name, DateTimeOffset at)
    {
        RunStep step = Find(name);
        if (step.Ended || step.Status is StepStatus.Running)
        {
            _events.Note($"step {name} was reported as begun again; it is {step.Status}");
            return;
        }

        (step.Status, step.StartedAt) = (StepStatus.Running, at);
        if (RunLifecycle.StageOf(name) is { } stage and not RunStatus.Reporting)
        {
            _events.MoveTo(stage);
        }

        _events.Add(Wire.RunEventType.StepStarted).Step = step.ToWire();
    }

    private void StepEnded(Wire.StepEnded ended, DateTimeOffset at)
    {
        RunStep step = Find(ended.Step);
        if (step.Ended)
        {
            _events.Note($"step {ended.Step} was reported as ended again; it stays {step.Status}");
            return;
        }

        (step.Status, step.FinishedAt, step.DurationMs) = (ended.Status.ToDomain(), at, Math.Max(0, ended.DurationMs));
        step.StartedAt ??= step.Status is StepStatus.Skipped ? null : at;
        step.ExitCode = ended.HasExitCode ? ended.ExitCode : null;
        (step.Error, step.Reason) = (Cut(ended.Error), AgentText.Cut(ended.Reason, LongestReason));
        step.LogLength = ended.LogLength;
        if (step.Status is StepStatus.Failed or StepStatus.Unknown)
        {
            run.Blame(ended.FailureClass.ToDomain() ?? FailureClass.Infrastructure, $"{step.Name}: {step.Error}");
        }

        if (ended.Step is "extract" && step.Status is StepStatus.Succeeded)
        {
            _events.MoveTo(RunStatus.Downloaded);
        }

        _events.Add(Wire.RunEventType.StepFinished).Step = step.ToWire();
    }

    private async Task ResultsListedAsync(Wire.ResultsListed listed, CancellationToken ct)
    {
        await ResultListIngest.StoreAsync(database, run, listed, ct);
        if (listed.LeftOut.Length > 0)
        {
            _events.Note($"left out of the results: {Cut(listed.LeftOut)}");
        }
    }

    private async Task PlanEndedAsync(Wire.PlanEnded ended, CancellationToken ct)
    {
        await _tests.StoreAsync(ct);
        await _tests.CloseAsync(ct);
        foreach (RunStep step in _steps.Where(s => !s.Ended))
        {
            step.Status = step.Status is StepStatus.Running ? StepStatus.Unknown : StepStatus.Skipped;
            step.FinishedAt = now;
        }

        (_attempt.Status, _attempt.Verdict) = EndOf(ended);
        (_attempt.FinishedAt, _attempt.Reason) = (now, Cut(ended.HostState.Length > 0 ? ended.HostState : ended.Error));
        if (_attempt.Kind is not "rollback") // puts a version back and tests nothing: the numbers stay
        {
            int first = _attempt.Kind is "rerun-failed" ? await database.FirstOfChainAsync(run, ct) : run.Attempt;
            run.Count(await database.CountTestsAsync(run, first, ended.Summary?.DurationMs ?? 0, ct));
        }

        if (_attempt.Status is not RunStatus.Completed)
        {
            run.Blame(ended.FailureClass.ToDomain() ?? FailureClass.Orbit, Cut(ended.Error));
        }

        _events.MoveTo(RunStatus.Reporting);
        Wire.RunEvent told = _events.Add(Wire.RunEventType.AttemptFinished);
        (told.AttemptState, told.Verdict, told.Summary) = (_attempt.ToWire(), _attempt.Verdict.ToWire(), run.Tests.ToWire());
        database.RaiseAfterCommit(RunTopics.Reporting);
        if (await RunCompletion.IsCompleteWithoutReportAsync(database, run, _steps, ct))
        {
            await RunFinish.FinishAsync(database, run, _attempt, _events, now, ct);
        }
    }

    /// <summary>How the attempt ended; what a newer agent says in words of its own is unknown.</summary>
    private static (RunStatus Status, Verdict Verdict) EndOf(Wire.PlanEnded ended) =>
        (ended.Status.ToDomain() is { } status && RunLifecycle.IsTerminal(status) ? status : RunStatus.Failed, ended.Verdict.ToDomain() ?? Verdict.Unknown);

    private RunStep Find(string told)
    {
        string name = AgentText.Cut(told, LongestName);
        RunStep? step = _steps.Find(s => s.Name == name);
        if (step is null)
        {
            // The agent adds a rollback when the plan's policy asks for one.
            step = new RunStep { RunId = run.Id, Attempt = run.Attempt, Ordinal = _steps.Count, Name = name };
            _steps.Add(step);
            database.RunSteps.Add(step);
        }

        return step;
    }

    private static string Cut(string text) => AgentText.Cut(text, LongestText);
}

/// <summary>Topics of this slice.</summary>
internal static class RunTopics
{
    /// <summary>A run may be ready to be reported on, or to finish.</summary>
    public const string Reporting = "reporting";

    private const string EndedPrefix = "run-ended:";

    /// <summary>An attempt of a run has ended, and the run with it.</summary>
    public static string Ended(long runId) => $"{EndedPrefix}{runId}";

    /// <summary>The run of an <see cref="Ended"/> topic; null for any other.</summary>
    public static long? EndedRun(string topic) =>
        topic.StartsWith(EndedPrefix, StringComparison.Ordinal) ? long.Parse(topic.AsSpan(EndedPrefix.Length), System.Globalization.CultureInfo.InvariantCulture) : null;
}
