using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Outbox;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;
using Orbit.ControlPlane.TestItems;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Runs;

/// <summary>What an ended run does to its gate, and how a gate's change is told. All in the present transaction.</summary>
internal static class RunGateIngest
{
    /// <summary>An attempt has ended: its gate opens, or is passed over.</summary>
    public static void OpenGate(this Run run, RunAttempt attempt, OrbitDbContext database, DateTimeOffset now)
    {
        if (attempt.Kind is "rollback" || ItemGate.Read(run.Gate) is not { } gate)
        {
            return;
        }

        bool deployed = run.Verdict is Verdict.Passed || (gate.EvenIfTestsFailed && run.Verdict is Verdict.TestsFailed or Verdict.NoTests);
        var opened = new RunGate { RunId = run.Id, Attempt = attempt.Number };
        opened.Decide(deployed ? GateState.Pending : GateState.Skipped, deployed ? "" : "the deploy test did not pass", now);
        database.RunGates.Add(opened);
        database.RaiseAfterCommit(Topics.Gates);
    }

    /// <summary>Somebody cancelled a run that has ended: its batch is not to go on.</summary>
    public static async Task StopGateAsync(this OrbitDbContext database, Run run, string reason, DateTimeOffset now, CancellationToken ct)
    {
        foreach (RunGate gate in await database.RunGates.AsTracking().Where(g => g.RunId == run.Id && (g.State == GateState.Pending || g.State == GateState.Running) && g.StopReason == "").ToListAsync(ct))
        {
            gate.StopReason = reason;
            var events = new NewRunEvents(run, now);
            events.Add(Wire.RunEventType.Gate).Text = $"the gate is being stopped: {reason}";
            await events.StoreAsync(database, ct);
            database.RaiseAfterCommit(Topics.Gates);
        }
    }

    /// <summary>Changes where a gate stands and tells it.</summary>
    public static async Task DecideGateAsync(this OrbitDbContext database, Run run, RunGate gate, GateState state, string reason, DateTimeOffset now, CancellationToken ct)
    {
        gate.Decide(state, reason.Length > 2000 ? reason[..2000] : reason, now);
        var events = new NewRunEvents(run, now);
        events.Add(Wire.RunEventType.Gate).Text = reason.Length == 0 ? $"gate {state}" : $"gate {state}: {reason}";
        await events.StoreAsync(database, ct);
        if (!gate.IsOpen)
        {
            database.NoticeGateDecided(run.Id, gate.Attempt, now);
        }
    }
}
