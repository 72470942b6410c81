using Orbit.ApiTesting.Values;

namespace Orbit.ApiTesting.Documents;

/// <summary>Reads datasets of a document.</summary>
internal static class DatasetReader
{
    private const int MostRows = 10_000;

    public static Dataset Read(DocumentNode node)
    {
        _ = node.Only("name", "file", "types", "columns", "rows");
        var types = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((string column, DocumentNode type) in node.Get("types")?.Entries() ?? [])
        {
            types[column] = type.OneOf(DataTypes.Names);
        }

        string[] columns = [.. node.Get("columns")?.Items().Select(c => c.Name()) ?? []];
        List<DatasetRow> rows = [.. node.Get("rows")?.Items().Take(MostRows + 1).Select((row, i) => Row(row, i, columns)) ?? []];
        if (rows.Count > MostRows)
        {
            throw node.Require("rows").Wrong($"at most {MostRows} rows may stand in a document; put more into a file");
        }

        return new(node.Require("name").Name(), node.Get("file")?.Text(), types, rows);
    }

    /// <summary>A row: a list of values under <c>columns</c>, or a map; <c>$name</c>, <c>$enabled</c> and <c>$expect</c> are about the row itself.</summary>
    internal static DatasetRow Row(DocumentNode node, long number, IReadOnlyList<string> columns)
    {
        var values = new Dictionary<string, Value>(StringComparer.Ordinal);
        if (node.IsArray)
        {
            DocumentNode[] items = [.. node.Items()];
            if (items.Length != columns.Count)
            {
                throw node.Wrong($"has {items.Length} values; there are {columns.Count} columns");
            }

            for (int i = 0; i < items.Length; i++)
            {
                values[columns[i]] = Value.Of(items[i].Json);
            }

            return new(number, values);
        }

        foreach ((string name, DocumentNode value) in node.Entries())
        {
            if (name is not ("$name" or "$enabled" or "$expect"))
            {
                values[ApiDocumentReader.VariableName(name, value)] = Value.Of(value.Json);
            }
        }

        return new(
            number,
            values,
            node.Get("$name")?.Text() ?? "",
            node.Get("$enabled")?.Boolean() ?? true,
            node.Get("$expect") is { } expect ? [.. expect.Items().Select(CheckReader.Read)] : null)
        {
            ExpectText = node.Get("$expect")?.Json.GetRawText() ?? "",
        };
    }
}
