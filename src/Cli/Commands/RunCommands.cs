using System.CommandLine;
using Orbit.Cli.Output;
using Orbit.Cli.Watching;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Commands;

/// <summary>Reading and ending runs: <c>runs</c>, <c>run</c>, <c>active</c>, <c>tests</c>, <c>cancel</c>.</summary>
internal static class RunCommands
{
    private static readonly TestOutcome[] NotPassed = [TestOutcome.Failed, TestOutcome.Broken, TestOutcome.Interrupted, TestOutcome.Unknown];

    public static IEnumerable<Command> All(CommandRunner runner) => [List(runner), Show(runner), Active(runner), Tests(runner), Cancel(runner)];

    private static Command List(CommandRunner runner)
    {
        Option<string> item = Inputs.Text("--item", "Only runs of this test item (id or name).", "ITEM");
        Option<string[]> status = Inputs.Many("--status", "Only runs that stand here, e.g. TESTING. May be repeated.", "STATUS");
        Option<string[]> verdict = Inputs.Many("--verdict", "Only runs with this verdict, e.g. TESTS_FAILED. May be repeated.", "VERDICT");
        Option<long?> build = Inputs.Number("--build", "Only runs of this build.", "ID", 1);
        Option<string> user = Inputs.Text("--user", "Only runs that this person triggered.", "ADDRESS");
        Option<long?> limit = Inputs.Number("--limit", "At most so many (50).", "N", 1, 100_000);
        return runner.On(new Command("runs", "List runs, newest first.") { item, status, verdict, build, user, limit }, async context =>
        {
            var request = new ListRunsRequest { BuildId = context.Get(build) ?? 0, RequestedBy = context.Get(user) ?? "" };
            request.Status.AddRange((context.Get(status) ?? []).Select(EnumWords.Parse<RunStatus>));
            request.Verdict.AddRange((context.Get(verdict) ?? []).Select(EnumWords.Parse<Verdict>));
            if (context.Get(item) is { Length: > 0 } name)
            {
                request.TestItemId = (await Lookup.ItemAsync(context.Server, name, context.Stop)).Id;
            }

            var answer = new ListRunsResponse();
            answer.NextPageToken = await Paging.ReadAsync(answer.Runs, context.Get(limit), async (size, token) =>
            {
                (request.PageSize, request.PageToken) = (size, token);
                ListRunsResponse page = await context.Server.Runs.ListRunsAsync(request, context.Server.Call(context.Stop));
                return (page.Runs, page.NextPageToken);
            });
            context.Report.Show(answer, () => WriteRows(context, answer.Runs));
        });
    }

    private static Command Active(CommandRunner runner) =>
        runner.On(new Command("active", "List everything that is queued or running."), async context =>
        {
            ListActiveRunsResponse answer = await context.Server.Runs.ListActiveRunsAsync(new(), context.Server.Call(context.Stop));
            context.Report.Show(answer, () => WriteRows(context, answer.Runs));
        });

    private static Command Show(CommandRunner runner)
    {
        Argument<long> id = Inputs.Id("RUN", "The run's id.");
        return runner.On(new Command("run", "Show one run: steps, numbers, report.") { id }, async context =>
        {
            Run run = await context.Server.Runs.GetRunAsync(new() { Id = context.Get(id) }, context.Server.Call(context.Stop));
            context.Report.Show(run, () => RunPage.Write(context.Report, run));
        });
    }

    private static Command Tests(CommandRunner runner)
    {
        Argument<long> id = Inputs.Id("RUN", "The run's id.");
        Option<bool> failed = Inputs.Flag("--failed", "Only tests that failed, broke or were interrupted, with the first line of why.");
        Option<string> query = Inputs.Text("--query", "Only tests with this text in their id.", "TEXT");
        Option<long?> attempt = Inputs.Number("--attempt", "The attempt; each test's newest result over all attempts when unset.", "N", 1, int.MaxValue);
        Option<long?> limit = Inputs.Number("--limit", "At most so many (all).", "N", 1);
        return runner.On(new Command("tests", "List the tests of a run.") { id, failed, query, attempt, limit }, async context =>
        {
            var request = new ListRunTestsRequest { RunId = context.Get(id), Query = context.Get(query) ?? "", Attempt = (int)(context.Get(attempt) ?? 0) };
            request.Outcome.AddRange(context.Get(failed) ? NotPassed : []);
            var answer = new ListRunTestsResponse();
            answer.NextPageToken = await Paging.ReadAsync(answer.Tests, context.Get(limit) ?? long.MaxValue, async (size, token) =>
            {
                (request.PageSize, request.PageToken) = (size, token);
                ListRunTestsResponse page = await context.Server.Runs.ListRunTestsAsync(request, context.Server.Call(context.Stop));
                return (page.Tests, page.NextPageToken);
            });
            context.Report.Show(answer, () => context.Report.Columns(
                ["OUTCOME", "TIME", "TEST", "MESSAGE"],
                [.. answer.Tests.Select(test => new Span[]
                {
                    new(test.Outcome == TestOutcome.Unspecified ? "RUNNING" : EnumWords.Of(test.Outcome), Tones.Of(test.Outcome)),
                    Durations.Words(test.DurationMs), test.Id, new(CleanText.FirstLine(test.Message), Tone.Faint),
                })]));
        });
    }

    private static Command Cancel(CommandRunner runner)
    {
        Argument<long> id = Inputs.Id("RUN", "The run's id.");
        Option<string> reason = Inputs.Text("--reason", "Why, in words; shown on the run.", "TEXT");
        return runner.On(new Command("cancel", "Ask for a run to end. Its processes are ended; a step that must not be torn finishes first.") { id, reason }, async context =>
        {
            Run run = await context.Server.Runs.CancelRunAsync(new() { Id = context.Get(id), Reason = context.Get(reason) ?? "" }, context.Server.Call(context.Stop));
            context.Report.Show(run, () => context.Report.Line(
                RunWords.HasEnded(run.Status)
                    ? $"run {run.Id} has ended: {EnumWords.Of(run.Status)} {EnumWords.Of(run.Verdict)}"
                    : $"run {run.Id}: cancel asked for; orbit watch {run.Id} shows it end"));
        });
    }

    private static void WriteRows(CommandContext context, IEnumerable<Run> runs) => context.Report.Columns(
        ["RUN", "ITEM", "BUILD", "STATUS", "VERDICT", "TESTS", "AGENT", "BY", "CREATED"],
        [.. runs.Select(run => new Span[]
        {
            $"{run.Id}", run.TestItemName, run.BuildNumber.Length > 0 ? $"#{run.BuildNumber}" : "", EnumWords.Of(run.Status),
            new(EnumWords.Of(run.Verdict), Tones.Of(run.Verdict)), RunWords.ShortNumbers(run.Summary), run.Agent, run.RequestedBy, Durations.Moment(run.CreatedAt),
        })]);
}
