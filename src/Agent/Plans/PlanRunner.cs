using Microsoft.Extensions.Logging;
using Orbit.Agent.Link;
using Orbit.Agent.Steps;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Plans;

/// <summary>Carries plans out, each in its own execution.</summary>
internal sealed class PlanRunner(
    StepCatalog catalog, UploadBook uploads, Lease lease, ApiFileStore files, string dataDirectory, TimeProvider time, ILogger<PlanRunner> logger, CancellationToken leaving)
    : IPlanRunner
{
    /// <summary>A run is reported without what comes late, but late logs and files are still taken: a cable may be out for some hours.</summary>
    private static readonly TimeSpan UploadPatience = TimeSpan.FromHours(24);

    /// <inheritdoc/>
    public (string Reason, string Text)? WhyNot(Plan plan)
    {
        if (plan.Deploy is not { } work)
        {
            return null;
        }

        if (work.Steps.Count == 0 || work.Steps.FirstOrDefault(step => step.StepCase == PlanStep.StepOneofCase.None) is not null)
        {
            return ("PLAN_NOT_UNDERSTOOD", "The plan has a step that this agent does not know, or none.");
        }

        return work.Steps.GroupBy(step => step.StepCase).FirstOrDefault(same => same.Count() > 1) is { } twice
            ? ("PLAN_NOT_UNDERSTOOD", $"The plan has {twice.Key} twice.")
            : null;
    }

    /// <inheritdoc/>
    public async Task RunAsync(Assignment assignment)
    {
        try
        {
            if (assignment.Plan.Deploy is { } work)
            {
                await ExecutionOf(assignment, work).RunAsync();
                return;
            }

            if (assignment.Plan.ApiPiece is { } piece)
            {
                await new ApiPieceRun(assignment, piece, catalog.Policy, WorkFolder.Of(dataDirectory, assignment.Id), files, time, leaving).RunAsync();
                return;
            }

            bool cancelled = assignment.Cancel is not null;
            _ = await assignment.RecordAsync(new AgentEvent
            {
                PlanEnded = new()
                {
                    Status = cancelled ? RunStatus.Cancelled : RunStatus.Completed,
                    Verdict = cancelled ? Verdict.Cancelled : Verdict.Passed,
                    FailureClass = cancelled ? FailureClass.Cancelled : FailureClass.Unspecified,
                    Summary = new(),
                },
            });
        }
        catch (AgentLeavesException)
        {
            // the next start goes on from the journal
        }
        catch (PlanFencedException)
        {
            // nothing more may be started, and nobody wants to hear about it
        }
        catch (Exception defect)
        {
            logger.PlanBroke(assignment.Id, defect);
            await EndBrokenAsync(assignment, defect);
        }
    }

    /// <inheritdoc/>
    public void Reopen(Assignment assignment)
    {
        if (assignment.Plan.Deploy is { } work)
        {
            ExecutionOf(assignment, work).ReopenUploads();
        }
    }

    /// <inheritdoc/>
    public async Task<bool> UploadedAsync(Assignment assignment)
    {
        if (!assignment.IsDeploy)
        {
            return true;
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(leaving);
        patience.CancelAfter(UploadPatience);
        try
        {
            await uploads.FinishedAsync(assignment.Id, patience.Token);
            return true;
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            return !leaving.IsCancellationRequested; // out of patience: the rest is given up
        }
    }

    /// <inheritdoc/>
    public void Tidy(Assignment assignment)
    {
        if (!assignment.IsDeploy)
        {
            return;
        }

        uploads.Drop(assignment.Id);
        WorkFolder.Of(dataDirectory, assignment.Id).Delete();
    }

    private PlanExecution ExecutionOf(Assignment assignment, DeployWork work) =>
        new(assignment, work, catalog, uploads, lease, WorkFolder.Of(dataDirectory, assignment.Id), time, logger, leaving);

    private static async Task EndBrokenAsync(Assignment assignment, Exception defect)
    {
        if (!assignment.Ended)
        {
            _ = await assignment.RecordAsync(new AgentEvent
            {
                PlanEnded = new()
                {
                    Status = RunStatus.Failed,
                    Verdict = Verdict.InfrastructureError,
                    FailureClass = FailureClass.Orbit,
                    Error = Words.Cut($"A defect of the agent ended the plan: {defect.Message}", 1000),
                    Summary = new(),
                    HostState = "Not known; look at the host.",
                },
            });
        }
    }
}

/// <summary>The assignment is another's now: the plan starts nothing more.</summary>
internal sealed class PlanFencedException() : OperationCanceledException("The assignment was fenced.");
