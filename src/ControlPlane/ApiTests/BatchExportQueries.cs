using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Orbit.ApiTesting.Reports;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>Writes batches out. A file is made beside and sent from there, so that memory does not grow with the rows.</summary>
internal static class BatchExportQueries
{
    private const int PageRows = 100;
    private const int ChunkBytes = 64 * 1024;

    public static async IAsyncEnumerable<(string Type, byte[] Data)> ExportAsync(this OrbitStore store, long id, string format, Caller by, [EnumeratorCancellation] CancellationToken ct)
    {
        string type = format switch
        {
            "junit" => "application/xml",
            "allure" => "application/zip",
            "html" => "text/html; charset=utf-8",
            "har" => "application/json",
            "jsonl" => "application/x-ndjson",
            _ => throw OrbitException.Invalid("EXPORT_FORMAT_UNKNOWN", $"The format '{format}' is not one of junit, allure, html, har, jsonl."),
        };
        BatchFigures figures = await store.ReadAsync((database, cancel) => database.FiguresAsync(id, 0, by, cancel), ct);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("orbit-export-");
        try
        {
            string path = Path.Combine(folder.FullName, "export");
            await WriteAsync(store, figures, format, path, ct);
            await using FileStream file = File.OpenRead(path);
            byte[] chunk = new byte[ChunkBytes];
            int read;
            bool first = true;
            while ((read = await file.ReadAsync(chunk, ct)) > 0)
            {
                yield return (first ? type : "", chunk[..read]);
                first = false;
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task WriteAsync(OrbitStore store, BatchFigures figures, string format, string path, CancellationToken ct)
    {
        ApiBatch batch = figures.Batch.Batch;
        switch (format)
        {
            case "junit":
                await using (var junit = new JUnitFile(path, batch.Name))
                {
                    await EachAsync(store, batch.Id, (_, row, _) => junit.Write(row), ct);
                }

                break;
            case "har":
                await using (FileStream file = File.Create(path))
                using (var har = new HarWriter(file))
                {
                    await EachAsync(store, batch.Id, (_, row, _) => har.Write(row), ct);
                }

                break;
            case "allure":
                using (var results = new AllureResults(path, batch.Name))
                {
                    await EachAsync(store, batch.Id, (view, row, record) => results.Write(view.Row.Target, view.Row.Content, row, record, view.Result?.FailureClass ?? "", view.Result?.FinishedAt ?? batch.CreatedAt), ct);
                }

                break;
            case "jsonl":
                await using (var lines = new StreamWriter(path, append: false, new UTF8Encoding(false)))
                {
                    await EachAsync(store, batch.Id, (_, _, record) => lines.WriteLine(record), ct);
                }

                break;
            default:
                await using (var page = new StreamWriter(path, append: false, new UTF8Encoding(false)))
                {
                    var html = new HtmlReport(page);
                    html.Begin(batch.Name, Facts(figures), figures.Clusters);
                    await EachAsync(store, batch.Id, (_, row, _) => html.Write(row), ct);
                    html.End();
                }

                break;
        }
    }

    private static async Task EachAsync(OrbitStore store, long id, Action<BatchRowView, RecordedRow, string> write, CancellationToken ct)
    {
        for (long after = -1; ;)
        {
            long from = after;
            List<BatchRowView> page = await store.ReadAsync(
                (database, cancel) => database.RowsAsync(id, rows => rows.Where(r => r.RowNo > from).OrderBy(r => r.RowNo).Take(PageRows), records: true, cancel), ct);
            foreach (BatchRowView view in page)
            {
                after = view.Row.RowNo;
                string text = view.Result is { Record.Length: > 0 } result ? BatchMapping.RecordText(result.Record) : Short(view);
                using JsonDocument record = JsonDocument.Parse(text);
                write(view, RecordedRow.Read(record.RootElement), text);
            }

            if (page.Count < PageRows)
            {
                return;
            }
        }
    }

    /// <summary>A row that was not run.</summary>
    private static string Short(BatchRowView view) =>
        JsonSerializer.Serialize(new { row = view.Row.RowNo, name = view.Row.Name, outcome = view.Result is null ? "skipped" : view.Result.Outcome.ToString().ToLowerInvariant(), reason = view.Result?.Reason ?? "not run yet" });

    private static IEnumerable<(string Label, string Value)> Facts(BatchFigures figures)
    {
        ApiBatch batch = figures.Batch.Batch;
        string Number(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
        return
        [
            ("rows", $"{batch.CompletedCount} of {batch.TotalCount}"),
            ("passed", $"{batch.PassCount}"),
            ("failed", $"{batch.FailCount}"),
            ("unchecked", $"{batch.UncheckedCount}"),
            ("skipped", $"{batch.SkippedCount}"),
            ("requests", $"{figures.Requests}"),
            ("p50 / p95 / p99 of a row", $"{Number(figures.Durations.Percentile(50))} / {Number(figures.Durations.Percentile(95))} / {Number(figures.Durations.Percentile(99))} ms"),
        ];
    }
}
