using Grpc.Core;
using Orbit.Cli.Commands;
using Orbit.Cli.Output;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Watching;

/// <summary>Looks on until the gate of an ended run is decided: a deployed version is good when its gate says so too.</summary>
internal static class GateWatch
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    /// <param name="context">The command.</param>
    /// <param name="runId">The run, which has ended.</param>
    /// <param name="code">What came of the run itself.</param>
    /// <returns>The run's own code, unless its gate says worse.</returns>
    public static async Task<int> LookOnAsync(CommandContext context, long runId, int code)
    {
        bool told = false;
        while (true)
        {
            RunGate? gate = await ReadAsync(context, runId);
            if (gate is null || gate.State is GateState.Skipped or GateState.Unspecified)
            {
                return code;
            }

            if (gate.State is not (GateState.Pending or GateState.Running))
            {
                context.Report.Show(gate, () => context.Report.Line(new Span($"gate {Word(gate.State)}", gate.State is GateState.Passed ? Tone.Good : Tone.Bad), $": {gate.Reason}"));
                return CodeOf(gate.State, code);
            }

            if (!told && gate.BatchId != 0)
            {
                told = true;
                context.Report.Show(gate, () => context.Report.Line(new Span($"gate: batch {gate.BatchId} runs", Tone.Faint)));
            }

            await Task.Delay(LookAgain, context.Shell.Clock, context.Stop);
        }
    }

    /// <summary>The exit code of a run and its gate.</summary>
    public static int CodeOf(GateState gate, int run) => gate switch
    {
        GateState.Failed => run == ExitCodes.Passed ? ExitCodes.TestsFailed : run,
        GateState.Stopped => run == ExitCodes.Passed ? ExitCodes.CancelledOrTimedOut : run,
        GateState.Error => run == ExitCodes.Passed ? ExitCodes.RunFailed : run,
        _ => run,
    };

    private static async Task<RunGate?> ReadAsync(CommandContext context, long runId)
    {
        while (true)
        {
            try
            {
                return (await context.Server.Runs.GetRunAsync(new() { Id = runId }, context.Server.Call(context.Stop))).Gate;
            }
            catch (RpcException gone) when (gone.StatusCode is StatusCode.Unavailable)
            {
                await Task.Delay(LookAgain, context.Shell.Clock, context.Stop);
            }
        }
    }

    private static string Word(GateState state) => state.ToString().ToLowerInvariant();
}
