using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Orbit.ApiTesting.Values;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>Writes datasets out in the forms in which they are read, a page of rows at a time. CSV has the values alone; there a row of one empty value is an empty line, which readers skip.</summary>
internal static class DatasetExportQueries
{
    private const int PageRows = 500;

    public static async IAsyncEnumerable<(string Type, byte[] Data)> ExportDatasetAsync(this OrbitStore store, long id, string format, [EnumeratorCancellation] CancellationToken ct)
    {
        string type = format switch
        {
            "" or "csv" => "text/csv; charset=utf-8",
            "json" => "application/json",
            "jsonl" => "application/x-ndjson",
            _ => throw OrbitException.Invalid("EXPORT_FORMAT_UNKNOWN", $"The format '{format}' is not one of csv, json, jsonl."),
        };
        ApiDataset dataset = await store.ReadAsync((database, cancel) => database.ApiDatasets.AsNoTracking().RequireAsync(id, cancel), ct);
        string[] columns = [.. JsonSerializer.Deserialize<string[]>(dataset.Columns)!];
        bool csv = format is "" or "csv";
        yield return (type, Encoding.UTF8.GetBytes(csv ? CsvText.Line(columns) : format == "json" ? "[" : ""));
        long? after = null;
        for (bool first = true; ;)
        {
            Page<ApiDatasetRow> page = await store.ReadAsync((database, cancel) => database.ApiDatasetRows.PageAsync(id, after, PageRows, cancel), ct);
            var text = new StringBuilder();
            foreach (ApiDatasetRow row in page.Rows)
            {
                after = row.Number;
                if (csv && !row.Enabled)
                {
                    continue; // it has no way to say so
                }

                _ = csv ? text.Append(CsvOf(row, columns)) : text.Append(first || format == "jsonl" ? "" : ",").Append(JsonOf(row)).Append('\n');
                first = false;
            }

            if (text.Length > 0)
            {
                yield return ("", Encoding.UTF8.GetBytes(text.ToString()));
            }

            if (page.NextToken.Length == 0)
            {
                break;
            }
        }

        ApiDataset now = await store.ReadAsync((database, cancel) => database.ApiDatasets.AsNoTracking().RequireAsync(id, cancel), ct);
        if (now.Revision != dataset.Revision)
        {
            throw new OrbitException(Refusal.Conflict, "DATASET_CHANGED", $"Somebody changed dataset {id} while it was written out; begin anew.");
        }

        if (format == "json")
        {
            yield return ("", "]"u8.ToArray());
        }
    }

    private static string CsvOf(ApiDatasetRow row, string[] columns)
    {
        JsonElement content = JsonText.Parse(row.Content);
        return CsvText.Line(columns.Select(c => JsonText.TryMember(content, c, out JsonElement value) ? Text(value) : ""));
    }

    private static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => JsonText.TextOf(value),
        JsonValueKind.Null => "",
        _ => value.GetRawText(),
    };

    private static string JsonOf(ApiDatasetRow row)
    {
        string members = row.Content.Trim()[1..^1].Trim();
        var text = new StringBuilder("{").Append(members);
        void Add(string name, string json) => text.Append(text.Length > 1 ? "," : "").Append(JsonText.Quote(name)).Append(':').Append(json);
        if (row.Name.Length > 0)
        {
            Add("$name", JsonText.Quote(row.Name));
        }

        if (!row.Enabled)
        {
            Add("$enabled", "false");
        }

        if (row.Expect.Length > 0)
        {
            Add("$expect", row.Expect);
        }

        return text.Append('}').ToString();
    }
}
