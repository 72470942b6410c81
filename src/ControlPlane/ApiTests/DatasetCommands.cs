using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Orbit.ApiTesting.Documents;
using Orbit.ApiTesting.Running;
using Orbit.ApiTesting.Values;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>What a person wants of a row; nulls keep what is.</summary>
internal sealed record DatasetRowWish(bool? Enabled, string? Name, string? Values, string? Expect);

/// <summary>Changes datasets. Rows are read from the content one at a time and inserted in groups, in one transaction: all of them or none.</summary>
internal sealed class DatasetCommands(OrbitStore store, TimeProvider time)
{
    private const int MostRows = 1_000_000;
    private const int GroupRows = 500;
    private const long LargestFile = 1024L * 1024 * 1024;

    public Task<ApiDataset> CreateAsync(string name, IReadOnlyDictionary<string, string> types, string content, string format, Caller by, CancellationToken ct)
    {
        if (TextRule.NameProblem(name, 200) is { } problem)
        {
            throw OrbitException.Invalid("DATASET_INVALID", $"The name {problem}.");
        }

        if (types.FirstOrDefault(t => !DataTypes.Names.Contains(t.Value)) is { Key: not null } unknown)
        {
            throw OrbitException.Invalid("DATASET_INVALID", $"The type '{unknown.Value}' of column '{unknown.Key}' is not one of {string.Join(", ", DataTypes.Names)}.");
        }

        return store.WriteAsync(
            async (database, token) =>
            {
                if (await database.ApiDatasets.AnyAsync(d => d.Name == name, token))
                {
                    throw new OrbitException(Refusal.Exists, "DATASET_NAME_TAKEN", $"There is a dataset '{name}' already.");
                }

                var dataset = new ApiDataset { Name = name, Types = JsonSerializer.Serialize(types), UpdatedAt = time.GetUtcNow(), UpdatedBy = by.Name };
                database.ApiDatasets.Add(dataset);
                await database.SaveChangesAsync(token);
                await AddRowsAsync(database, dataset, () => Stream(content), format, token);
                database.Audit(by, dataset.UpdatedAt, "dataset.created", $"dataset:{dataset.Id}", @new: Audited(dataset));
                return dataset;
            },
            ct);
    }

    public Task<ApiDataset> ImportAsync(long id, string content, string format, bool replace, Caller by, CancellationToken ct) =>
        ImportAsync(id, () => Stream(content), format, replace, by, ct);

    /// <summary>Adds the rows of a file that comes in parts. It is kept on disk until all of it is there, so that nobody waits behind a slow sender.</summary>
    /// <exception cref="OrbitException">DATASET_NOT_FOUND, DATASET_INVALID.</exception>
    public async Task<ApiDataset> UploadAsync(long id, IAsyncEnumerable<ReadOnlyMemory<byte>> parts, string format, bool replace, Caller by, CancellationToken ct)
    {
        _ = await store.ReadAsync((database, token) => database.ApiDatasets.RequireAsync(id, token), ct);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("orbit-rows-");
        try
        {
            string path = Path.Combine(folder.FullName, "rows");
            await using (FileStream file = File.Create(path))
            {
                await foreach (ReadOnlyMemory<byte> part in parts.WithCancellation(ct))
                {
                    await file.WriteAsync(part, ct);
                    if (file.Length > LargestFile)
                    {
                        throw OrbitException.Invalid("DATASET_INVALID", $"The file has more than {LargestFile} bytes.");
                    }
                }
            }

            return await ImportAsync(id, () => File.OpenRead(path), format, replace, by, ct);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private Task<ApiDataset> ImportAsync(long id, Func<Stream> open, string format, bool replace, Caller by, CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                ApiDataset dataset = await database.ApiDatasets.AsTracking().RequireAsync(id, token);
                object before = Audited(dataset);
                if (replace)
                {
                    await database.RunAsync("DELETE FROM api_dataset_rows WHERE dataset_id = @p0", [id], token);
                    (dataset.RowCount, dataset.EnabledCount, dataset.Columns) = (0, 0, "[]");
                }

                await AddRowsAsync(database, dataset, open, format, token);
                Stamp(dataset, by);
                database.Audit(by, dataset.UpdatedAt, "dataset.imported", $"dataset:{id}", before, Audited(dataset));
                return dataset;
            },
            ct);

    public Task<ApiDatasetRow> UpdateRowAsync(long id, long number, DatasetRowWish change, Caller by, CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                ApiDataset dataset = await database.ApiDatasets.AsTracking().RequireAsync(id, token);
                ApiDatasetRow row = await database.ApiDatasetRows.AsTracking().FirstOrDefaultAsync(r => r.DatasetId == id && r.Number == number, token)
                    ?? throw OrbitException.NotFound("DATASET_ROW_NOT_FOUND", $"Dataset {id} has no row {number}.");
                Check(dataset, number, change);
                bool was = row.Enabled;
                (row.Enabled, row.Name, row.Content, row.Expect) = (change.Enabled ?? row.Enabled, change.Name ?? row.Name, change.Values ?? row.Content, change.Expect ?? row.Expect);
                dataset.EnabledCount += (row.Enabled ? 1 : 0) - (was ? 1 : 0);
                Stamp(dataset, by);
                database.Audit(by, dataset.UpdatedAt, "dataset.row_changed", $"dataset:{id}", new { number, enabled = was }, new { number, enabled = row.Enabled });
                return row;
            },
            ct);

    public Task DeleteAsync(long id, Caller by, CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                ApiDataset dataset = await database.ApiDatasets.AsTracking().RequireAsync(id, token);
                await database.RunAsync("DELETE FROM api_dataset_rows WHERE dataset_id = @p0", [id], token);
                database.ApiDatasets.Remove(dataset);
                database.Audit(by, time.GetUtcNow(), "dataset.deleted", $"dataset:{id}", Audited(dataset));
            },
            ct);

    private static async Task AddRowsAsync(OrbitDbContext database, ApiDataset dataset, Func<Stream> open, string format, CancellationToken ct)
    {
        try
        {
            await using Stream content = open();
            if (content.Length == 0)
            {
                return;
            }

            var types = JsonSerializer.Deserialize<Dictionary<string, string>>(dataset.Types)!;
            List<string> columns = JsonSerializer.Deserialize<List<string>>(dataset.Columns)!;
            var group = new List<ApiDatasetRow>(GroupRows);
            long number = dataset.RowCount;
            await foreach (DatasetRow row in Rows(content, format, types, ct))
            {
                columns.AddRange(row.Values.Keys.Except(columns));
                CheckTypes(types, row);
                group.Add(Stored(dataset.Id, number++, row));
                dataset.EnabledCount += row.Enabled ? 1 : 0;
                if (number > MostRows)
                {
                    throw new DocumentException($"row {number}", $"a dataset may have {MostRows} rows");
                }

                if (group.Count == GroupRows)
                {
                    await InsertAsync(database, group, ct);
                }
            }

            await InsertAsync(database, group, ct);
            (dataset.RowCount, dataset.Columns) = ((int)number, JsonSerializer.Serialize(columns));
        }
        catch (DocumentException wrong)
        {
            throw Wrong(wrong);
        }
    }

    /// <summary>Reads a changed row as a batch would; new columns join the others.</summary>
    private static void Check(ApiDataset dataset, long number, DatasetRowWish change)
    {
        if (change.Name is { } name && TextRule.LineProblem(name, 200) is { } problem)
        {
            throw OrbitException.Invalid("DATASET_INVALID", $"The name {problem}.");
        }

        try
        {
            DatasetRow row = RowReader.Read(number, change.Name ?? "", change.Values ?? "{}", change.Expect ?? "");
            CheckTypes(JsonSerializer.Deserialize<Dictionary<string, string>>(dataset.Types)!, row);
            List<string> columns = JsonSerializer.Deserialize<List<string>>(dataset.Columns)!;
            columns.AddRange(row.Values.Keys.Except(columns));
            dataset.Columns = JsonSerializer.Serialize(columns);
        }
        catch (DocumentException wrong)
        {
            throw Wrong(wrong);
        }
    }

    private static void CheckTypes(Dictionary<string, string> types, DatasetRow row)
    {
        foreach ((string column, Value value) in row.Values)
        {
            if (types.TryGetValue(column, out string? type) && !DataTypes.Fits(value, type))
            {
                throw new DocumentException($"row {row.Number + 1}, column '{column}'", $"{value.ToJson()} is not of the type {type}");
            }
        }
    }

    private static OrbitException Wrong(DocumentException wrong) =>
        new(Refusal.Invalid, "DATASET_INVALID", $"{wrong.Message}.") { Details = new Dictionary<string, string> { [wrong.Place] = wrong.Problem } };

    private static ApiDatasetRow Stored(long dataset, long number, DatasetRow row)
    {
        string content = "{" + string.Join(',', row.Values.Select(v => $"{JsonText.Quote(v.Key)}:{v.Value.ToJson()}")) + "}";
        return TextRule.IsStorable(content) && TextRule.LineProblem(row.Name, 200) is null
            ? new() { DatasetId = dataset, Number = number, Name = row.Name, Enabled = row.Enabled, Content = content, Expect = row.ExpectText }
            : throw new DocumentException($"row {row.Number + 1}", "holds a NUL character, broken Unicode or a name that is no line of 200 characters");
    }

    private static IAsyncEnumerable<DatasetRow> Rows(Stream stream, string format, Dictionary<string, string> types, CancellationToken ct) =>
        format switch
        {
            "" or "csv" => RowSource.CsvAsync(stream, types, ct),
            "json" => RowSource.JsonAsync(stream, ct),
            "jsonl" => RowSource.LinesAsync(stream, ct),
            _ => throw OrbitException.Invalid("DATASET_INVALID", $"The format '{format}' is not one of csv, json, jsonl."),
        };

    private static MemoryStream Stream(string content) => new(Encoding.UTF8.GetBytes(content));

    private static async Task InsertAsync(OrbitDbContext database, List<ApiDatasetRow> rows, CancellationToken ct)
    {
        if (rows.Count == 0)
        {
            return;
        }

        ApiDatasetRow[] all = [.. rows];
        BulkColumn[] columns =
        [
            new("dataset_id", "bigint", Array.ConvertAll(all, r => r.DatasetId)),
            new("number", "bigint", Array.ConvertAll(all, r => r.Number)),
            new("name", "text", Array.ConvertAll(all, r => r.Name)),
            new("enabled", "boolean", Array.ConvertAll(all, r => r.Enabled)),
            new("content", "text", Array.ConvertAll(all, r => r.Content)),
            new("expect", "text", Array.ConvertAll(all, r => r.Expect)),
        ];
        await database.InsertAsync("api_dataset_rows", columns, onConflict: null, ct);
        rows.Clear();
    }

    private void Stamp(ApiDataset dataset, Caller by)
    {
        (dataset.UpdatedAt, dataset.UpdatedBy) = (time.GetUtcNow(), by.Name);
        dataset.Revision++;
    }

    private static object Audited(ApiDataset dataset) => new { dataset.Name, dataset.RowCount, dataset.EnabledCount, dataset.Columns };
}
