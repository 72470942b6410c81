using Orbit.Agent.Plans;
using Orbit.Agent.Processes;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Steps;

/// <summary>Runs the tests.</summary>
internal sealed class TestRun(TestStep test, CommandRunner commands) : IStep
{
    private const int TestNice = 5;

    /// <inheritdoc/>
    public bool MayBeStopped => true;

    /// <inheritdoc/>
    public async Task<StepResult> RunAsync(StepContext context)
    {
        try
        {
            return await RunPlainAsync(context);
        }
        catch (ProcessStartException refused)
        {
            return StepResult.Failed(FailureClass.Test, refused.Reason, refused.Message);
        }
    }

    private async Task<StepResult> RunPlainAsync(StepContext context)
    {
        CommandEnd ended = await commands.RunAsync(context, new StepCommand { Argv = [.. test.Command.Argv], Directory = test.Dir, Variables = test.Env, Nice = TestNice });
        if (ended.Stopped != StopCause.None)
        {
            return StepEnds.Of(ended.Stopped, context.Assignment, context.Name, default, ended.End.ExitCode);
        }

        return ended.End switch
        {
            { Outcome: ProcessOutcome.Unknown } => StepResult.Unknown($"Whether the command finished cannot be known. {ended.End.Detail}"),
            { ExitCode: 0 } => StepResult.Succeeded(0) with { Tests = new TestVerdict(Verdict.Passed, "", new()) },
            { ExitCode: int code } => StepResult.Succeeded(code) with { Tests = new TestVerdict(Verdict.TestsFailed, $"The command ended with exit code {code}.", new()) },
            _ => StepResult.Failed(FailureClass.Test, "COMMAND_NOT_STARTED", ended.End.Detail ?? "The command did not start."),
        };
    }
}
