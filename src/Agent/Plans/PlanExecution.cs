using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging;
using Orbit.Agent.Deployment;
using Orbit.Agent.Journal;
using Orbit.Agent.Link;
using Orbit.Agent.Steps;
using Orbit.Contracts.V1;
using Orbit.Shared;

namespace Orbit.Agent.Plans;

/// <summary>
/// One plan from its first step to its last event, or from wherever an earlier process of this agent left it. Before each step: not
/// cancelled, time left, lease held. A step that ended is not run again; one that had begun is resumed by its own rules.
/// </summary>
internal sealed class PlanExecution
{
    private const int DefaultBackups = 3;
    private static readonly TimeSpan DefaultPlanLimit = TimeSpan.FromHours(4);
    private readonly Assignment _assignment;
    private readonly DeployWork _work;
    private readonly StepCatalog _catalog;
    private readonly UploadBook _uploads;
    private readonly Lease _lease;
    private readonly WorkFolder _folder;
    private readonly CancellationToken _leaving;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly PlanOutcome _outcome = new();
    private readonly List<AgentEvent> _eventsBefore;
    private readonly List<StepFact> _factsBefore;
    private readonly PlanFacts _facts;
    private readonly long _begunAt;
    private readonly TimeSpan _usedBefore;

    public PlanExecution(
        Assignment assignment, DeployWork work, StepCatalog catalog, UploadBook uploads, Lease lease, WorkFolder folder,
        TimeProvider time, ILogger logger, CancellationToken leaving)
    {
        (_assignment, _work, _catalog, _uploads, _lease, _folder) = (assignment, work, catalog, uploads, lease, folder);
        (_leaving, _time, _logger) = (leaving, time, logger);
        _eventsBefore = assignment.Before?.Events ?? [];
        _factsBefore = assignment.Before?.Facts ?? [];
        _facts = new PlanFacts(_factsBefore);
        _begunAt = time.GetTimestamp();
        _usedBefore = Since(_eventsBefore.Count == 0 ? null : _eventsBefore[0].AgentTime);
    }

    /// <summary>Without what somebody added.</summary>
    private TimeSpan PlannedTimeLeft =>
        (_assignment.Plan.TimeLimit?.ToTimeSpan() ?? DefaultPlanLimit) - _usedBefore - _time.GetElapsedTime(_begunAt);

    /// <summary>What the plan asks for, within what this host allows.</summary>
    private long KeepLogBytes => _work.MaxLogBytes > 0 ? Math.Min(_work.MaxLogBytes, _catalog.MostLogBytes) : _catalog.MostLogBytes;

    /// <summary>Runs to the last event.</summary>
    public async Task RunAsync()
    {
        _folder.Create();
        if (_eventsBefore.Count == 0)
        {
            _logger.PlanBegan(_assignment.Id, _work.RunId, _work.Steps.Count);
        }
        else
        {
            await SayRestartedAsync();
        }

        foreach (PlanStep planned in _work.Steps.Where(step => step.StepCase != PlanStep.StepOneofCase.Report))
        {
            if (!_outcome.MayGoOn)
            {
                break;
            }

            await RunStepAsync(StepCatalog.NameOf(planned), planned, needsLease: true);
        }

        if (_outcome.WantsRollback(_work.Rollback))
        {
            await RunStepAsync("rollback", StepCatalog.AutomaticRollback(_work.RunId), needsLease: false);
        }

        if (_work.Steps.FirstOrDefault(step => step.StepCase == PlanStep.StepOneofCase.Report) is { } report)
        {
            await RunStepAsync("report", report, needsLease: false);
        }

        if (_outcome.MayGoOn && _outcome.Results.ContainsKey("replace"))
        {
            _ = Backup.Prune(_work.InstallDir, _work.KeepBackups > 0 ? _work.KeepBackups : DefaultBackups);
        }

        PlanEnded end = _outcome.ToEvent(HostWords.Describe(_work, _outcome));
        _logger.PlanEnded(_assignment.Id, end.Status, end.Verdict, _assignment.Secrets.Hide(end.Error));
        _ = await _assignment.RecordAsync(new AgentEvent { PlanEnded = end });
        FailPoint.Pass("plan.ended");
    }

    /// <summary>Finds the logs and files again that may not have been uploaded before the agent was started again.</summary>
    public void ReopenUploads()
    {
        foreach (AgentEvent ended in _eventsBefore.Where(fact => fact.StepEnded is not null))
        {
            string step = ended.StepEnded.Step;
            UploadItem log = _uploads.AddLog(_assignment, step, _folder.Log(step), SeqOfStart(step), ask: true);
            log.Seal(ended.StepEnded.LogLength, ended.StepEnded.LogDropped);
        }

        foreach (AgentEvent listed in _eventsBefore.Where(fact => fact.ResultsListed is not null))
        {
            foreach (ResultFile file in listed.ResultsListed.Files)
            {
                _uploads.AddFile(_assignment, file, _folder.FileOf(file), listed.Seq, ask: true);
            }
        }

        _uploads.Changed();
    }

    private async Task RunStepAsync(string name, PlanStep planned, bool needsLease)
    {
        if (_eventsBefore.FirstOrDefault(fact => fact.StepEnded?.Step == name) is { } endedBefore)
        {
            _outcome.Add(name, PlanMemory.ResultOf(endedBefore.StepEnded, _factsBefore));
            return;
        }

        IStep step = _catalog.StepFor(planned, automatic: !needsLease && name == "rollback");
        AgentEvent? startedBefore = _eventsBefore.FirstOrDefault(fact => fact.StepStarted?.Step == name);
        if (startedBefore is null && !await MayBeginAsync(name, needsLease))
        {
            return;
        }

        StepFact intent = _facts.Last(name, StepFact.Intent) ?? NewIntent(name);
        long seq = startedBefore?.Seq
            ?? await _assignment.RecordAsync(new AgentEvent { StepStarted = new() { Step = name } }, AssignmentRecords.ForFact(_assignment.Id, intent));
        FailPoint.Pass($"{name}.intent");
        using StepLogFile log = new(_folder.Log(name), KeepLogBytes, _assignment.Secrets, _uploads.Changed);
        UploadItem upload = _uploads.AddLog(_assignment, name, _folder.Log(name), seq, ask: startedBefore is not null);
        StepResult result = await ExecuteAsync(name, planned, step, intent, log, startedBefore?.AgentTime);
        result = result with { Error = _assignment.Secrets.Hide(result.Error) };
        _outcome.Add(name, result);
        await RecordEndAsync(name, result, log, upload, startedBefore?.AgentTime);
    }

    private async Task<bool> MayBeginAsync(string name, bool needsLease)
    {
        if (_assignment.Fenced)
        {
            throw new PlanFencedException();
        }

        if (!needsLease)
        {
            return true;
        }

        using StopSignal stop = new(_assignment, cancellable: true, TimeSpan.MaxValue, PlannedTimeLeft, _time, _leaving);
        try
        {
            await _lease.WaitAsync(stop.Token);
            stop.Token.ThrowIfCancellationRequested();
            return true;
        }
        catch (OperationCanceledException) when (stop.Cause != StopCause.None)
        {
            _outcome.StopBefore(name, Unless(stop.Cause), _assignment.Cancel?.Reason is { Length: > 0 } reason ? reason : "Cancelled.");
            return false;
        }
    }

    private async Task<StepResult> ExecuteAsync(
        string name, PlanStep planned, IStep step, StepFact intent, StepLogFile log, Timestamp? startedBefore)
    {
        TimeSpan limit = planned.TimeLimit?.ToTimeSpan() ?? StepCatalog.DefaultLimit(planned);
        using StopSignal stop = new(_assignment, step.MayBeStopped, limit - Since(startedBefore), PlannedTimeLeft, _time, _leaving);
        StepContext context = new()
        {
            Assignment = _assignment,
            Work = _work,
            Name = name,
            StepId = PlanMemory.StepIdOf(intent),
            Folder = _folder,
            Log = log,
            Stop = stop,
            Limit = limit,
            Facts = _facts,
            IsResumed = startedBefore is not null,
            EventsBefore = _eventsBefore,
            Logger = _logger,
            Time = _time,
        };
        _logger.StepBegan(_assignment.Id, name);
        try
        {
            return await step.RunAsync(context);
        }
        catch (AgentLeavesException)
        {
            throw;
        }
        catch (OperationCanceledException) when (stop.Cause != StopCause.None)
        {
            return StepEnds.Of(Unless(stop.Cause), _assignment, name, limit);
        }
        catch (Exception refused) when (StepRefusal.ResultOf(refused, name) is not null && refused is not JournalException)
        {
            return StepRefusal.ResultOf(refused, name)!;
        }
        catch (Exception defect) when (defect is not JournalException)
        {
            _logger.StepBroke(_assignment.Id, name, defect);
            return StepResult.Failed(FailureClass.Orbit, "AGENT_DEFECT", $"A defect of the agent ended the step: {defect.Message}");
        }
    }

    private async Task RecordEndAsync(string name, StepResult result, StepLogFile log, UploadItem upload, Timestamp? startedBefore)
    {
        FailPoint.Pass($"{name}.ended");
        LogSeal seal = await log.SealAsync();
        StepEnded ended = new()
        {
            Step = name,
            Status = result.Status,
            Reason = result.Reason,
            Error = Words.Cut(result.Error, 1000),
            FailureClass = result.Class,
            DurationMs = (long)(Since(startedBefore) + upload.Age(_time)).TotalMilliseconds,
            LogLength = seal.Length,
            LogSha256 = ByteString.CopyFrom(seal.Sha256),
            LogDropped = seal.Dropped,
        };
        if (result.ExitCode is int code)
        {
            ended.ExitCode = code;
        }

        JournalEntry[] beside = result.Tests is { } tests ? [AssignmentRecords.ForFact(_assignment.Id, PlanMemory.Remember(name, tests))] : [];
        _ = await _assignment.RecordAsync(new AgentEvent { StepEnded = ended }, beside);
        _logger.StepEnded(_assignment.Id, name, result.Status, result.Error);
        upload.Seal(seal.Length, seal.Dropped);
        _uploads.Changed();
        FailPoint.Pass($"{name}.result");
    }

    private async Task SayRestartedAsync()
    {
        ReopenUploads();
        string step = _eventsBefore.LastOrDefault(fact => fact.StepStarted is not null)?.StepStarted.Step ?? "";
        _logger.PlanResumed(_assignment.Id, step);
        _ = await _assignment.RecordAsync(new AgentEvent { Note = new() { Code = "RESTARTED", Text = "The agent was started again and goes on." } });
    }

    private static StopCause Unless(StopCause cause) => cause switch
    {
        StopCause.Leaving => throw new AgentLeavesException(),
        StopCause.Fenced => throw new PlanFencedException(),
        _ => cause,
    };

    private StepFact NewIntent(string step)
    {
        StepFact intent = PlanMemory.NewIntent(step);
        _facts.Add(intent);
        return intent;
    }

    private long SeqOfStart(string step) => _eventsBefore.FirstOrDefault(fact => fact.StepStarted?.Step == step)?.Seq ?? 0;

    /// <summary>Time since an event of an earlier process; by the wall clock, which is all there is across a restart.</summary>
    private TimeSpan Since(Timestamp? then)
    {
        TimeSpan since = then is null ? TimeSpan.Zero : _time.GetUtcNow() - then.ToDateTimeOffset();
        return since > TimeSpan.Zero ? since : TimeSpan.Zero;
    }
}
