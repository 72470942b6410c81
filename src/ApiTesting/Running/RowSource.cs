using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Orbit.ApiTesting.Documents;
using Orbit.ApiTesting.Values;

namespace Orbit.ApiTesting.Running;

/// <summary>Rows from files, one at a time: memory does not grow with the file.</summary>
public static class RowSource
{
    private const int LongestRow = 4 * 1024 * 1024;
    private static readonly JsonSerializerOptions Limits = new() { MaxDepth = JsonText.DeepestNesting };

    /// <summary>The rows of a document's dataset that stand in the document.</summary>
    public static async IAsyncEnumerable<DatasetRow> Of(IEnumerable<DatasetRow> rows)
    {
        foreach (DatasetRow row in rows)
        {
            yield return row;
        }

        await Task.CompletedTask;
    }

    /// <summary>One row without values.</summary>
    public static IAsyncEnumerable<DatasetRow> OneWithoutValues() => Of([new(0, new Dictionary<string, Value>())]);

    /// <summary>Reads CSV with a first line of names, a JSON array of objects, or JSON lines, by the name's ending.</summary>
    /// <exception cref="DocumentException">A row is wrong; names its line.</exception>
    public static IAsyncEnumerable<DatasetRow> File(string path, IReadOnlyDictionary<string, string> types, CancellationToken ct) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".json" => JsonAsync(new FileStream(path, FileMode.Open, FileAccess.Read), ct),
        ".jsonl" or ".ndjson" => LinesAsync(new FileStream(path, FileMode.Open, FileAccess.Read), ct),
        _ => CsvAsync(new FileStream(path, FileMode.Open, FileAccess.Read), types, ct),
    };

    /// <summary>Reads CSV (RFC 4180) in UTF-8 with a first line of names.</summary>
    /// <exception cref="DocumentException">A row is wrong; names its line.</exception>
    public static async IAsyncEnumerable<DatasetRow> CsvAsync(Stream stream, IReadOnlyDictionary<string, string> types, [EnumeratorCancellation] CancellationToken ct)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var csv = new CsvLines(reader);
        if (await csv.NextAsync(ct) is not { } names)
        {
            yield break;
        }

        string[] columns = [.. names.Select(n => n.Trim())];
        CheckColumns(columns, types);
        string[] kinds = [.. columns.Select(c => types.GetValueOrDefault(c, "auto"))];
        long number = 0;
        while (await csv.NextAsync(ct) is { } cells)
        {
            if (cells is [""])
            {
                continue; // an empty line
            }

            if (cells.Count != columns.Length)
            {
                throw new DocumentException($"line {csv.Line}", $"has {cells.Count} values; there are {columns.Length} columns");
            }

            var values = new Dictionary<string, Value>(columns.Length, StringComparer.Ordinal);
            for (int i = 0; i < columns.Length; i++)
            {
                values[columns[i]] = DataTypes.Parse(cells[i], kinds[i], $"line {csv.Line}, column '{columns[i]}'");
            }

            yield return new(number++, values);
        }
    }

    /// <summary>Reads a JSON array of objects.</summary>
    /// <exception cref="DocumentException">A row is wrong; names it.</exception>
    public static async IAsyncEnumerable<DatasetRow> JsonAsync(Stream stream, [EnumeratorCancellation] CancellationToken ct)
    {
        await using Stream owned = stream;
        long number = 0;
        await using IAsyncEnumerator<JsonElement> rows = JsonSerializer.DeserializeAsyncEnumerable<JsonElement>(stream, Limits, ct).GetAsyncEnumerator(ct);
        while (true)
        {
            try
            {
                if (!await rows.MoveNextAsync())
                {
                    yield break;
                }
            }
            catch (JsonException wrong)
            {
                throw new DocumentException($"row {number + 1}", wrong.Message);
            }

            yield return DatasetReader.Row(new(rows.Current, $"row {number + 1}"), number, []);
            number++;
        }
    }

    /// <summary>Reads one JSON object a line.</summary>
    /// <exception cref="DocumentException">A row is wrong; names its line.</exception>
    public static async IAsyncEnumerable<DatasetRow> LinesAsync(Stream stream, [EnumeratorCancellation] CancellationToken ct)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8);
        long number = 0;
        for (long line = 1; await reader.ReadLineAsync(ct) is { } text; line++)
        {
            if (string.IsNullOrWhiteSpace(text))
            {
                continue;
            }

            JsonElement json;
            try
            {
                json = text.Length <= LongestRow ? JsonText.Parse(text) : throw new DocumentException($"line {line}", $"has more than {LongestRow} characters");
            }
            catch (JsonException wrong)
            {
                throw new DocumentException($"line {line}", wrong.Message);
            }

            yield return DatasetReader.Row(new(json, $"line {line}"), number++, []);
        }
    }

    private static void CheckColumns(string[] columns, IReadOnlyDictionary<string, string> types)
    {
        if (columns.Length > 1000 || columns.Any(c => c.Length is 0 or > 200 || c[0] == '$'))
        {
            throw new DocumentException("line 1", "every column needs a name of 1 to 200 characters that does not begin with $; at most 1000 columns");
        }

        if (columns.GroupBy(c => c, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new DocumentException("line 1", $"the column '{twice.Key}' is there twice");
        }

        if (types.Keys.FirstOrDefault(t => !columns.Contains(t)) is { } unknown)
        {
            throw new DocumentException("types", $"there is no column '{unknown}'");
        }
    }
}
