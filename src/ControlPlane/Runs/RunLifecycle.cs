using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Runs;

/// <summary>The one table of a run's arrows. A rerun or a rollback by hand opens an ended run again as its next attempt.</summary>
internal static class RunLifecycle
{
    private static readonly RunStatus[] Order =
        [RunStatus.Pending, RunStatus.Downloading, RunStatus.Downloaded, RunStatus.Deploying, RunStatus.Testing, RunStatus.Reporting];

    /// <summary>True for states in which an attempt has ended for good.</summary>
    public static bool IsTerminal(RunStatus status) => status is RunStatus.Completed or RunStatus.Failed or RunStatus.Cancelled;

    /// <summary>True when a run may go from one state to the other. Stages that a plan does not need are passed over; nothing goes back, but for deploying after testing (rollback).</summary>
    public static bool Allows(RunStatus from, RunStatus to)
    {
        if (IsTerminal(from))
        {
            return to is RunStatus.Pending; // the next attempt
        }

        if (IsTerminal(to))
        {
            return true;
        }

        bool rollsBack = from is RunStatus.Testing && to is RunStatus.Deploying;
        return rollsBack || Array.IndexOf(Order, to) > Array.IndexOf(Order, from);
    }

    /// <summary>Refuses an arrow that is not in the table.</summary>
    public static void Require(long runId, RunStatus from, RunStatus to)
    {
        if (!Allows(from, to))
        {
            throw OrbitException.Conflict("RUN_STATE", $"Run {runId} cannot go from {from} to {to}.");
        }
    }

    /// <summary>The stage a run is in while a step runs; null when the step does not move it.</summary>
    public static RunStatus? StageOf(string step) => step switch
    {
        "download" or "extract" => RunStatus.Downloading,
        "stop" or "backup" or "replace" or "start" or "health" or "rollback" => RunStatus.Deploying,
        "test" => RunStatus.Testing,
        "report" => RunStatus.Reporting,
        _ => null,
    };
}
