using Orbit.Agent.Plans;
using Orbit.Agent.Processes;
using Orbit.Agent.Pytest;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Steps;

/// <summary>Runs the tests: pytest with live results, or a plain command that its exit code decides about. Never run twice in one attempt.</summary>
internal sealed class TestRun(TestStep test, CommandRunner commands, TestTools tools) : IStep
{
    private const int TestNice = 5;
    private const string UsualPython = "python3";

    /// <inheritdoc/>
    public bool MayBeStopped => true;

    /// <inheritdoc/>
    public async Task<StepResult> RunAsync(StepContext context)
    {
        _ = tools.Policy.RequirePath(test.Dir, "test.dir");
        tools.Installed.RequireExpected(context.Work);
        StepCommand command = new() { Argv = CommandLine(), Directory = test.Dir, Variables = Variables(context), Nice = TestNice };
        return test.Plain ? Judge(context, await commands.RunAsync(context, command)) : await RunPytestAsync(context, command);
    }

    private Dictionary<string, string> Variables(StepContext context)
    {
        Dictionary<string, string> variables = new(test.Env);
        foreach ((string name, string value) in CommandRunner.SecretsFor(context.Work, testOnly: true))
        {
            variables[name] = value;
        }

        return variables;
    }

    private List<string> CommandLine() => test.HowCase == TestStep.HowOneofCase.Pytest
        ? [test.Python.Length > 0 ? test.Python : UsualPython, "-m", "pytest", .. test.Pytest.Argv]
        : [.. test.Command?.Argv ?? []];

    private static StepResult Judge(StepContext context, CommandEnd ended)
    {
        if (ended.Stopped != StopCause.None)
        {
            return StepEnds.Of(ended.Stopped, context.Assignment, context.Name, context.Limit, ended.End.ExitCode);
        }

        return ended.End switch
        {
            { Outcome: ProcessOutcome.Unknown } => StepResult.Unknown($"Whether the command finished cannot be known. {ended.End.Detail}"),
            { Outcome: ProcessOutcome.NotStarted } => StepResult.Failed(FailureClass.Test, "COMMAND_NOT_STARTED", ended.End.Detail ?? "The command did not start."),
            { ExitCode: 0 } => StepResult.Succeeded(0) with { Tests = new TestVerdict(Verdict.Passed, "", new()) },
            var end => StepResult.Succeeded(end.ExitCode) with { Tests = new TestVerdict(Verdict.TestsFailed, $"The command ended with exit code {end.ExitCode}.", new()) },
        };
    }

    private async Task<StepResult> RunPytestAsync(StepContext context, StepCommand command)
    {
        tools.Prepare(context.Folder);
        string? selection = test.Only.Count > 0 ? PytestFiles.WriteSelection(context.Folder.PytestSelection, test.Only) : null;
        Dictionary<string, string> own = new(PytestEnvironment.For(
            tools.PluginDirectory, context.Folder.PytestEvents, context.Folder.Allure, selection, existing: new Dictionary<string, string>()))
        {
            ["ORBIT_ARTIFACTS_DIR"] = context.Folder.Artifacts,
        };
        PytestRelay relay = new(context);
        Task<CommandEnd> running = commands.RunAsync(context, command with { Own = own });
        CommandEnd ended = await relay.FollowAsync(running);
        if (ended.End.Outcome == ProcessOutcome.Unknown && ended.Stopped == StopCause.None)
        {
            await relay.EndAsync("Whether pytest finished cannot be known.");
            return StepResult.Unknown($"Whether the tests finished cannot be known. {ended.End.Detail}");
        }

        PytestStop stop = ended.Stopped switch
        {
            StopCause.None => PytestStop.None,
            StopCause.Cancelled => PytestStop.Cancelled,
            _ => PytestStop.TimedOut,
        };
        PytestVerdict verdict = PytestVerdict.Of(relay.Session, new PytestEnd(ended.End.ExitCode ?? -1, ended.End.Signal, stop));
        await relay.EndAsync(verdict.Reason);
        return PytestResults.ToStep(verdict, relay.Summary(), ended, context);
    }
}
