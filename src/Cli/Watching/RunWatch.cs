using Grpc.Core;
using Orbit.Cli.Commands;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Watching;

/// <summary>Looks on until a run ends and turns what came of it into an exit code.</summary>
internal static class RunWatch
{
    /// <param name="context">The command.</param>
    /// <param name="runId">The run.</param>
    /// <param name="started">The run as the call that started it returned it; null when it was started elsewhere.</param>
    /// <param name="patience">How long server or agent may be silent.</param>
    public static async Task<int> LookOnAsync(CommandContext context, long runId, Run? started, TimeSpan patience)
    {
        var picture = new RunPicture(context.Shell.Clock);
        IRunView view = View(context, picture);
        var follower = new RunFollower(context.Server, context.Shell, runId, picture, view, patience);
        if (started is not null)
        {
            follower.KnowsAlready(started);
            view.Show(new RunEvent { Type = RunEventType.Snapshot, Seq = started.LastSeq, Time = started.CreatedAt, Run = started });
        }

        bool ended = false;
        try
        {
            await view.WhileAsync(async () =>
            {
                if (started is null)
                {
                    await ShowEarlierFailuresAsync(context, runId, view);
                    follower.ServerAnswered();
                }

                ended = await follower.FollowAsync(context.Stop);
            });
        }
        catch (Exception failure) when (context.Stop.IsCancellationRequested && failure is OperationCanceledException or RpcException)
        {
            view.Leave($"stopped watching; run {runId} goes on. Watch it again: orbit watch {runId}; end it: orbit cancel {runId}");
            return ExitCodes.Unknown;
        }

        if (!ended)
        {
            string silent = picture.AgentSilence is { } silence ? RunWords.LostAgent(picture.Run.Agent, silence) : "the server was out of reach for too long";
            view.Leave($"{silent}. Watching ends here, run {runId} does not: orbit watch {runId}");
            return ExitCodes.Unknown;
        }

        view.End();
        int code = ExitCodes.Of(picture.Run.Status, picture.Run.Verdict);
        return picture.Run.Gate is null ? code : await GateWatch.LookOnAsync(context, runId, code);
    }

    private static IRunView View(CommandContext context, RunPicture picture) => context switch
    {
        { Report.Json: true } => new JsonRunView(context.Shell),
        { Shell.CanRedraw: true } => new LiveRunView(context.Shell, context.Report, picture),
        _ => new PlainRunView(context.Shell, context.Report, picture),
    };

    // Who comes late sees in the snapshot how many tests failed, not which.
    private static async Task ShowEarlierFailuresAsync(CommandContext context, long runId, IRunView view)
    {
        var request = new ListRunTestsRequest { RunId = runId, Outcome = { TestOutcome.Failed, TestOutcome.Broken, TestOutcome.Interrupted }, PageSize = 200 };
        foreach (TestResult test in (await context.Server.Runs.ListRunTestsAsync(request, context.Server.Call(context.Stop))).Tests)
        {
            view.ShowEarlierFailure(test);
        }
    }
}
