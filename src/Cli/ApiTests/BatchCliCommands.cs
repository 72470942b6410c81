using System.CommandLine;
using Grpc.Core;
using Orbit.Cli.Commands;
using Orbit.Cli.Output;
using Orbit.Contracts.V1;

namespace Orbit.Cli.ApiTests;

/// <summary><c>batches</c>, <c>batch run|show|watch|pause|resume|stop|concurrency|rerun</c>: API tests on the agents of a server.</summary>
internal static class BatchCliCommands
{
    public static IEnumerable<Command> All(CommandRunner runner)
    {
        var batch = new Command("batch", "API tests on the server's agents.");
        batch.Subcommands.Add(Run(runner));
        batch.Subcommands.Add(Show(runner));
        batch.Subcommands.Add(Watch(runner));
        batch.Subcommands.Add(Change(runner, "pause", "Begin no further row.", (server, id, call) => server.PauseBatchAsync(new() { Id = id }, call)));
        batch.Subcommands.Add(Change(runner, "resume", "Go on.", (server, id, call) => server.ResumeBatchAsync(new() { Id = id }, call)));
        batch.Subcommands.Add(Change(runner, "stop", "End it; rows that were not reached are skipped.", (server, id, call) => server.StopBatchAsync(new() { Id = id }, call)));
        batch.Subcommands.Add(Change(runner, "rerun", "Run its failed rows again.", (server, id, call) => server.RerunFailedRowsAsync(new() { Id = id }, call)));
        batch.Subcommands.Add(Concurrency(runner));
        return [List(runner), batch];
    }

    private static Command List(CommandRunner runner)
    {
        Option<long?> limit = Inputs.Number("--limit", "At most so many (20).", "N", 1, 1000);
        return runner.On(new Command("batches", "List batches, newest first.") { limit }, async context =>
        {
            ListBatchesResponse page = await context.Server.Batches.ListBatchesAsync(new() { PageSize = (int)(context.Get(limit) ?? 20) }, context.Server.Call(context.Stop));
            context.Report.Show(page, () => context.Report.Columns(
                ["ID", "NAME", "STATUS", "DONE", "PASSED", "FAILED", "UNCHECKED", "BY"],
                [.. page.Batches.Select(b => new Span[]
                {
                    $"{b.Id}", b.Name, Word(b.Status), $"{b.CompletedCount}/{b.TotalCount}", $"{b.PassCount}", new($"{b.FailCount}", b.FailCount > 0 ? Tone.Bad : Tone.Plain), $"{b.UncheckedCount}", b.RequestedBy,
                })]));
        });
    }

    private static Command Run(CommandRunner runner)
    {
        Argument<string?> file = new("FILE") { Description = "A document to run; without it name cases, scenarios, a folder or a tag.", Arity = ArgumentArity.ZeroOrOne };
        Option<long[]> cases = new("--case") { Description = "A case by id.", HelpName = "ID" };
        Option<long[]> scenarios = new("--scenario") { Description = "A scenario by id.", HelpName = "ID" };
        Option<string> folder = Inputs.Text("--folder", "All active cases of a folder.", "PATH");
        Option<string> tag = Inputs.Text("--tag", "All active cases with a tag.", "TAG");
        Option<long?> environment = Inputs.Number("--env", "Environment by id.", "ID", 1);
        Option<long?> dataset = Inputs.Number("--dataset", "Dataset by id.", "ID", 1);
        Option<long?> concurrency = Inputs.Number("--concurrency", "Rows at a time (5).", "N", 1, 1000);
        Option<bool> adaptive = Inputs.Flag("--adaptive", "Fewer rows at a time when the target gets slow.");
        Option<bool> shared = Inputs.Flag("--shared", "Of a document: everybody may read what comes of it and steer it, not only you and admins.");
        Option<bool> detach = Inputs.Flag("--detach", "Do not wait for the end.");
        var run = new Command("run", "Begin a batch and follow it to its end.") { file, cases, scenarios, folder, tag, environment, dataset, concurrency, adaptive, shared, detach };
        return runner.On(run, async context =>
        {
            var request = new CreateBatchRequest
            {
                Folder = context.Get(folder) ?? "",
                Tag = context.Get(tag) ?? "",
                EnvironmentId = context.Get(environment) ?? 0,
                DatasetId = context.Get(dataset) ?? 0,
                Concurrency = (int)(context.Get(concurrency) ?? 0),
                Adaptive = context.Get(adaptive),
                Shared = context.Get(shared),
                Document = context.Get(file) is { } path ? context.ReadText(path).Text : "",
            };
            request.CaseIds.AddRange(context.Get(cases) ?? []);
            request.ScenarioIds.AddRange(context.Get(scenarios) ?? []);
            Batch made = await context.Server.Batches.CreateBatchAsync(request, context.Server.Call(context.Stop));
            if (context.Get(detach))
            {
                context.Report.Show(made, () => Line(context, made));
                return ExitCodes.Passed;
            }

            return await FollowAsync(context, made.Id);
        });
    }

    private static Command Show(CommandRunner runner)
    {
        Argument<long> id = Inputs.Id("BATCH", "Id of the batch.");
        return runner.On(new Command("show", "Show a batch and its failures by cause.") { id }, async context =>
        {
            BatchReport report = await context.Server.Batches.GetBatchReportAsync(new() { Id = context.Get(id) }, context.Server.Call(context.Stop));
            context.Report.Show(report, () =>
            {
                Line(context, report.Batch);
                foreach (FailureCluster cluster in report.Clusters)
                {
                    context.Report.Line(new Span($"{cluster.Count} × ", Tone.Bad), $"{cluster.Reason} [{cluster.Fingerprint}]");
                }
            });
        });
    }

    private static Command Watch(CommandRunner runner)
    {
        Argument<long> id = Inputs.Id("BATCH", "Id of the batch.");
        return runner.On(new Command("watch", "Follow a batch to its end; the exit code tells what came of it.") { id }, context => FollowAsync(context, context.Get(id)));
    }

    private static Command Concurrency(CommandRunner runner)
    {
        Argument<long> id = Inputs.Id("BATCH", "Id of the batch.");
        Argument<long> rows = Inputs.Id("N", "Rows at a time, 1 to 1000.");
        return runner.On(new Command("concurrency", "Change how many rows run at a time.") { id, rows }, async context =>
        {
            Batch batch = await context.Server.Batches.SetBatchConcurrencyAsync(
                new() { Id = context.Get(id), Concurrency = (int)Math.Min(context.Get(rows), int.MaxValue) }, context.Server.Call(context.Stop));
            context.Report.Show(batch, () => Line(context, batch));
        });
    }

    private static Command Change(CommandRunner runner, string name, string help, Func<ApiBatchService.ApiBatchServiceClient, long, CallOptions, AsyncUnaryCall<Batch>> change)
    {
        Argument<long> id = Inputs.Id("BATCH", "Id of the batch.");
        return runner.On(new Command(name, help) { id }, async context =>
        {
            Batch batch = await change(context.Server.Batches, context.Get(id), context.Server.Call(context.Stop));
            context.Report.Show(batch, () => Line(context, batch));
        });
    }

    /// <summary>Follows a batch; a connection that breaks is opened again where the last event was.</summary>
    private static async Task<int> FollowAsync(CommandContext context, long id)
    {
        long seen = 0;
        while (true)
        {
            try
            {
                using AsyncServerStreamingCall<BatchEvent> events = context.Server.Batches.WatchBatch(new() { Id = id, AfterSeq = seen }, context.Server.Stream(context.Stop));
                while (await events.ResponseStream.MoveNext(context.Stop))
                {
                    BatchEvent happened = events.ResponseStream.Current;
                    seen = Math.Max(seen, happened.Seq);
                    if (happened.Type is not BatchEventType.Heartbeat)
                    {
                        context.Report.Show(happened, () => Tell(context, happened));
                    }
                }

                Batch batch = await context.Server.Batches.GetBatchAsync(new() { Id = id }, context.Server.Call(context.Stop));
                return batch.Status is BatchStatus.Stopped ? ExitCodes.CancelledOrTimedOut : batch.FailCount > 0 ? ExitCodes.TestsFailed : ExitCodes.Passed;
            }
            catch (RpcException gone) when (gone.StatusCode is StatusCode.Unavailable && seen > 0)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), context.Shell.Clock, context.Stop);
            }
        }
    }

    private static void Tell(CommandContext context, BatchEvent happened)
    {
        if (happened.Row is { } row)
        {
            if (row.Outcome is RowOutcome.Failed)
            {
                context.Report.Line(new Span("✗ ", Tone.Bad), $"row {row.Row + 1} {row.Name}: {row.Reason}".Replace("  ", " ", StringComparison.Ordinal));
            }

            return;
        }

        Line(context, happened.Batch);
    }

    private static void Line(CommandContext context, Batch batch) => context.Report.Line(
        new Span(Word(batch.Status), batch.FailCount > 0 ? Tone.Bad : Tone.Plain),
        $": batch {batch.Id} {batch.Name}: {batch.CompletedCount} of {batch.TotalCount} rows, {batch.PassCount} passed, {batch.FailCount} failed, {batch.UncheckedCount} unchecked, {batch.SkippedCount} skipped{(batch.WaitingReason.Length > 0 ? $"; waits: {batch.WaitingReason}" : "")}");

    private static string Word(BatchStatus status) => status.ToString().ToLowerInvariant();
}
