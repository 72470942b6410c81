using System.Diagnostics;
using Orbit.ApiTesting.Documents;
using Orbit.ApiTesting.Http;
using Orbit.ApiTesting.Records;
using Orbit.ApiTesting.Reports;
using Orbit.ApiTesting.Running;
using Orbit.ApiTesting.Values;
using Orbit.Cli.Commands;
using Orbit.Cli.Output;

namespace Orbit.Cli.ApiTests;

/// <summary>Runs a document on this machine.</summary>
internal static class LocalRun
{
    public static async Task<int> RunAsync(CommandContext context, LocalRunWish wish)
    {
        ApiDocument document = ApiCommands.Document(context, wish.File);
        string folder = Path.GetDirectoryName(Path.GetFullPath(wish.File))!;
        RunPlan plan = Plan(document, wish, folder);
        var pools = new LocalPools(document, plan.Scenario, wish.Pools);
        if (pools.Notice(wish.Concurrency) is { Length: > 0 } heldBack)
        {
            context.Shell.Error.WriteLine($"orbit: {CleanText.Line(heldBack)}");
        }

        wish = wish with { Concurrency = pools.Concurrency(wish.Concurrency) };
        using var transport = new HttpTransport(new() { Forbidden = wish.Forbidden, RatePerHost = wish.Rate }, context.Shell.Clock);
        var runner = new BatchRunner(plan, transport, new() { Concurrency = wish.Concurrency }, context.Shell.Clock);
        var summary = new RunSummary();
        var progress = new LocalProgress(context);
        long started = Stopwatch.GetTimestamp();
        try
        {
            await using RecordFile? records = wish.Record is { } path ? new(path, new RecordWriter()) : null;
            records?.WriteLine(json => Heading(json, document, wish, plan));
            await using JUnitFile? junit = wish.JUnit is { } file ? new(file, plan.Scenario.Name) : null;
            await runner.RunAsync(Rows(document, wish, plan, folder, context.Stop), row =>
            {
                summary.Add(row);
                records?.Write(row);
                junit?.Write(row);
                progress.Row(row, summary);
                return ValueTask.CompletedTask;
            }, context.Stop);
        }
        catch (DocumentException wrong)
        {
            throw new UsageException(wrong.Message, "DATA_INVALID");
        }
        catch (UnauthorizedAccessException refused)
        {
            throw new UsageException(refused.Message, "FILE_UNREADABLE");
        }

        progress.End(summary, plan, Stopwatch.GetElapsedTime(started));
        return context.Stop.IsCancellationRequested ? ExitCodes.CancelledOrTimedOut
            : summary.Rows[Outcome.Failed] > 0 || summary.Total == 0 || summary.Total == summary.Rows[Outcome.Skipped] ? ExitCodes.TestsFailed
            : ExitCodes.Passed;
    }

    private static RunPlan Plan(ApiDocument document, LocalRunWish wish, string folder)
    {
        try
        {
            ApiEnvironment? environment = wish.Environment is not { } name ? document.Environments.Count == 1 ? document.Environments.Values.First() : null
                : document.Environments.TryGetValue(name, out ApiEnvironment? found) ? found
                : throw new DocumentException("environments", $"there is no environment '{name}'; there are: {string.Join(", ", document.Environments.Keys)}");
            return new()
            {
                Document = document,
                Scenario = RunPlan.Choose(document, wish.Name),
                Environment = environment,
                Given = wish.Variables,
                Seed = wish.Seed,
                Files = path => File.ReadAllBytes(Path.Combine(folder, path)),
                Commands = wish.Commands ? new LocalCommands(folder) : null,
                ScriptProgram = wish.ScriptProgram,
            };
        }
        catch (DocumentException wrong)
        {
            throw new UsageException(wrong.Message, "DOCUMENT_INVALID");
        }
    }

    private static IAsyncEnumerable<DatasetRow> Rows(ApiDocument document, LocalRunWish wish, RunPlan plan, string folder, CancellationToken ct)
    {
        Dataset? dataset = plan.Scenario.Dataset.Length > 0 ? document.Datasets[plan.Scenario.Dataset] : null;
        string? file = wish.Data ?? (dataset?.File is { } beside ? Path.Combine(folder, beside) : null);
        if (file is not null)
        {
            return File.Exists(file) ? RowSource.File(file, dataset?.Types ?? new Dictionary<string, string>(), ct) : throw new UsageException($"there is no file {file}", "FILE_UNREADABLE");
        }

        return dataset is not null ? RowSource.Of(dataset.Rows) : RowSource.OneWithoutValues();
    }

    private static void Heading(System.Text.Json.Utf8JsonWriter json, ApiDocument document, LocalRunWish wish, RunPlan plan)
    {
        json.WriteStartObject();
        json.WriteString("document", document.Name);
        json.WriteString("run", plan.Scenario.Name);
        json.WriteString("environment", plan.Environment?.Name ?? "");
        json.WriteNumber("seed", wish.Seed);
        json.WriteNumber("concurrency", wish.Concurrency);
        json.WriteStartObject("variables");
        foreach ((string name, Value value) in plan.Environment?.Variables ?? new Dictionary<string, Value>())
        {
            json.WritePropertyName(name);
            json.WriteRawValue(value.ToJson());
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
