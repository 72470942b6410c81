using System.CommandLine;
using System.Text.Json.Nodes;
using Orbit.Cli.Output;
using Orbit.Cli.Watching;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Commands;

/// <summary>Starting runs and looking on: <c>trigger</c>, <c>rerun</c>, <c>rollback</c>, <c>watch</c>.</summary>
internal static class TriggerCommands
{
    /// <summary>Look on until the end.</summary>
    public static readonly Option<bool> Watch = Inputs.Flag("--watch", "Look on until the run ends; the exit code tells the verdict.");

    /// <summary>How long to look on in silence.</summary>
    public static readonly Option<long?> GiveUpAfter = Inputs.Number(
        "--give-up-after", "Stop watching when the server or the agent was silent for so long (900; 0: never). The run goes on.", "SECONDS", 0, 864_000);

    public static IEnumerable<Command> All(CommandRunner runner) => [Trigger(runner), WatchRun(runner), Rerun(runner), Rollback(runner)];

    private static Command Trigger(CommandRunner runner)
    {
        Argument<string> item = Inputs.Name("ITEM", "Id or name of the test item.");
        Option<long?> build = Inputs.Number("--build", "Id of the build to test; the job's selected version when unset.", "ID", 1);
        Option<string> buildNumber = Inputs.Text("--build-number", "CI's number of the build to test.", "N");
        Option<string> set = Inputs.Text("--parameter-set", "Another parameter set than the item's (id or name); admins only.", "SET");
        Option<string[]> param = Inputs.Many("--param", "Overrides one parameter, e.g. test.timeout_s=60. The value is JSON where it can be. May be repeated.", "KEY=VALUE");
        Option<string> file = Inputs.Text("--params", "JSON file with parameters to override; - for standard input.", "FILE");
        Option<long?> priority = Inputs.Number("--priority", "-100 to 100, higher first (0).", "N", -100, 100);
        Option<string> key = Inputs.Text("--key", "Idempotency key: the same key gives the same run.", "KEY");
        var trigger = new Command("trigger", "Deploy a build and test it.") { item, build, buildNumber, set, param, file, priority, key, Watch, GiveUpAfter };
        return runner.On(trigger, async context =>
        {
            if (context.Get(build) is not null && context.Given(buildNumber))
            {
                throw new UsageException("--build and --build-number exclude each other");
            }

            JsonObject parameters = Parameters(context, context.Get(file), context.Get(param));
            TestItem found = await Lookup.ItemAsync(context.Server, context.Get(item), context.Stop);
            var request = new TriggerDeployTestRequest
            {
                TestItemId = found.Id,
                Priority = (int)(context.Get(priority) ?? 0),
                IdempotencyKey = context.Get(key) ?? Guid.NewGuid().ToString("n"),
                Parameters = parameters.Count > 0 ? JsonText.ToStruct(parameters) : null,
            };
            if (context.Get(build) is { } id)
            {
                request.BuildInfoId = id;
            }
            else if (context.Get(buildNumber) is { } number)
            {
                request.BuildInfoId = (await Lookup.BuildAsync(context.Server, found.JobName, number, context.Stop)).Id;
            }

            if (context.Get(set) is { Length: > 0 } setName)
            {
                request.ParameterSetId = (await Lookup.SetAsync(context.Server, setName, context.Stop)).Id;
            }

            return await StartedAsync(context, await context.Server.Runs.TriggerDeployTestAsync(request, context.Server.Call(context.Stop)));
        });
    }

    private static Command WatchRun(CommandRunner runner)
    {
        Argument<long> id = Inputs.Id("RUN", "The run's id.");
        return runner.On(new Command("watch", "Look on until a run ends; the exit code tells the verdict.") { id, GiveUpAfter }, context =>
            RunWatch.LookOnAsync(context, context.Get(id), started: null, Patience(context)));
    }

    private static Command Rerun(CommandRunner runner)
    {
        Argument<long> id = Inputs.Id("RUN", "The run's id.");
        Option<bool> failedOnly = Inputs.Flag("--failed-only", "Only the tests that did not pass, without deploying again.");
        return runner.On(new Command("rerun", "Run an ended run again as its next attempt.") { id, failedOnly, Watch, GiveUpAfter }, async context =>
        {
            var request = new RerunRunRequest { Id = context.Get(id), FailedOnly = context.Get(failedOnly) };
            return await StartedAsync(context, await context.Server.Runs.RerunRunAsync(request, context.Server.Call(context.Stop)));
        });
    }

    private static Command Rollback(CommandRunner runner)
    {
        Argument<long> id = Inputs.Id("RUN", "The run's id.");
        return runner.On(new Command("rollback", "Put back the version that was installed before an ended run.") { id, Watch, GiveUpAfter }, async context =>
            await StartedAsync(context, await context.Server.Runs.RollbackRunAsync(new() { Id = context.Get(id) }, context.Server.Call(context.Stop))));
    }

    /// <summary>Says what was started, or looks on.</summary>
    public static async Task<int> StartedAsync(CommandContext context, Run run)
    {
        if (context.Get(Watch))
        {
            return await RunWatch.LookOnAsync(context, run.Id, run, Patience(context));
        }

        context.Report.Show(run, () =>
        {
            context.Report.Line(RunWords.Title(run));
            if (run.WaitingReason.Length > 0)
            {
                context.Report.Line(run.WaitingReason);
            }

            context.Report.Line(new Span($"watch it: orbit watch {run.Id}", Tone.Faint));
        });
        return ExitCodes.Passed;
    }

    private static TimeSpan Patience(CommandContext context) => context.Get(GiveUpAfter) switch
    {
        0 => Timeout.InfiniteTimeSpan,
        null => TimeSpan.FromMinutes(15),
        { } seconds => TimeSpan.FromSeconds(seconds),
    };

    // The file first, then each key=value over it; a dot in a key goes one level down.
    private static JsonObject Parameters(CommandContext context, string? file, string[]? pairs)
    {
        JsonObject content = [];
        if (file is not null)
        {
            (string text, string source) = context.ReadText(file);
            content = JsonText.Object(text, source);
        }

        foreach ((string path, string value) in Inputs.Pairs(pairs, "--param"))
        {
            JsonObject level = content;
            string[] names = path.Split('.');
            foreach (string name in names[..^1])
            {
                if (level[name] is not JsonObject below)
                {
                    level[name] = below = [];
                }

                level = below;
            }

            level[names[^1]] = JsonText.Typed(value);
        }

        return content;
    }
}
