using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Orbit.ApiTesting.Documents;
using Orbit.ApiTesting.Running;
using Orbit.ApiTesting.Values;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>What a person wants to be run.</summary>
internal sealed record BatchWish
{
    public string Name { get; init; } = "";
    public IReadOnlyList<long> CaseIds { get; init; } = [];
    public IReadOnlyList<long> ScenarioIds { get; init; } = [];
    public string Folder { get; init; } = "";
    public string Tag { get; init; } = "";
    public string Document { get; init; } = "";
    public string DocumentRun { get; init; } = "";
    public bool Shared { get; init; }
    public long EnvironmentId { get; init; }
    public long DatasetId { get; init; }
    public int Concurrency { get; init; }
    public int Priority { get; init; }
    public double RatePerHost { get; init; }
    public int PartRows { get; init; }
    public int PartPause { get; init; }
    public int Seed { get; init; }
    public bool Adaptive { get; init; }
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
    public string IdempotencyKey { get; init; } = "";

    /// <summary>The deploy test whose gate it is, and its attempt; null for none.</summary>
    public (long Id, int Attempt)? Run { get; init; }
}

/// <summary>A copy of everything that a batch needs.</summary>
/// <param name="Document">As JSON, without secrets.</param>
/// <param name="Targets">Names of what is run.</param>
/// <param name="Environment">Name of the environment; empty for none.</param>
/// <param name="Secrets">Its secrets.</param>
/// <param name="Rows">Rows to run each target with: content, name, checks.</param>
internal sealed record BatchCopy(
    string Document, IReadOnlyList<string> Targets, string Environment, Dictionary<string, string> Secrets, IReadOnlyList<(string Content, string Name, string Expect)> Rows)
{
    /// <summary>Resource pools that a row of a target needs, by target; targets without are left out.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Pools { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>The stored items that it runs, nested ones too, and the files that they send; none for a document.</summary>
    public IReadOnlyList<RunItem> Items { get; init; } = [];

    /// <summary>Files that it sends.</summary>
    public IReadOnlyList<ApiFile> Files { get; init; } = [];
}

/// <summary>Gathers what a batch runs with.</summary>
internal static class BatchCreationQueries
{
    public static async Task<BatchCopy> CopyAsync(this OrbitDbContext database, BatchWish wish, EnvironmentCommands environments, Caller by, TimeProvider time, CancellationToken ct)
    {
        (JsonObject document, List<string> targets) = wish.Document.Length > 0 ? (Parsed(wish.Document), []) : await database.StoredAsync(wish, by, ct);
        Dictionary<string, string> secrets = TakeSecrets(document);
        string environment = "";
        if (wish.EnvironmentId != 0)
        {
            ApiEnvironment stored = await database.ApiEnvironments.AsNoTracking().RequireAsync(wish.EnvironmentId, ct);
            environment = stored.Name;
            document["environments"] = new JsonArray(LibraryDocument.Named(stored.Name, $"{{\"variables\":{stored.Variables}}}"));
            secrets = environments.Open(stored.SealedSecrets, stored.SecretOwner);
        }

        ApiDocument read = Read(document);
        if (environment.Length == 0 && read.Environments.Count == 1)
        {
            environment = read.Environments.Keys.First();
        }

        targets = targets.Count > 0 ? targets : Chosen(read, wish.DocumentRun);
        IReadOnlyList<(string Content, string Name, string Expect)> rows = await database.RowsOfAsync(wish, read, targets, ct);
        IReadOnlyList<RunItem> items = wish.Document.Length > 0 ? [] : await database.RequireRunAsync([.. read.Cases.Keys], [.. read.Scenarios.Keys], by, ct);
        IReadOnlyList<ApiFile> files = await database.FilesAsync(read, targets, environment, rows, by, time, ct);
        return new(document.ToJsonString(), targets, environment, secrets, rows)
        {
            Pools = await database.PoolsOfAsync(read, targets, ct),
            Items = wish.Document.Length > 0 ? [] : [.. items, .. files.Select(f => f.AsItem())],
            Files = files,
        };
    }

    private static async Task<IReadOnlyList<ApiFile>> FilesAsync(
        this OrbitDbContext database, ApiDocument document, List<string> targets, string environment, IReadOnlyList<(string Content, string Name, string Expect)> rows, Caller by, TimeProvider time, CancellationToken ct)
    {
        try
        {
            return await database.FilesOfAsync(
                targets.Select(t => new RunPlan { Document = document, Scenario = RunPlan.Choose(document, t), Environment = document.Environments.GetValueOrDefault(environment) }),
                rows.Select((r, number) => RowReader.Read(number, r.Name, r.Content, "")), by, time, ct);
        }
        catch (DocumentException wrong)
        {
            throw Wrong(wrong);
        }
    }

    private static async Task<Dictionary<string, IReadOnlyList<string>>> PoolsOfAsync(this OrbitDbContext database, ApiDocument document, List<string> targets, CancellationToken ct)
    {
        Dictionary<string, IReadOnlyList<string>> pools = targets.Select(t => (Target: t, Pools: ResourceUses.Of(document, RunPlan.Choose(document, t))))
            .Where(t => t.Pools.Count > 0).ToDictionary(t => t.Target, t => t.Pools, StringComparer.Ordinal);
        string[] names = [.. pools.Values.SelectMany(p => p).Distinct()];
        List<string> known = names.Length == 0 ? [] : await database.ApiPools.Where(p => names.Contains(p.Name)).Select(p => p.Name).ToListAsync(ct);
        return names.Except(known).Order(StringComparer.Ordinal).FirstOrDefault() is { } missing
            ? throw OrbitException.Invalid("BATCH_INVALID", $"'{pools.First(p => p.Value.Contains(missing)).Key}' uses the resource pool '{missing}', and there is none of that name.")
            : pools;
    }

    private static async Task<(JsonObject Document, List<string> Targets)> StoredAsync(this OrbitDbContext database, BatchWish wish, Caller by, CancellationToken ct)
    {
        var wanted = new List<(ApiItemKind Kind, string Name)>();
        foreach (long id in wish.CaseIds)
        {
            wanted.Add((ApiItemKind.Case, (await database.RequireItemAsync(ApiItemKind.Case, id, by, ct)).Name));
        }

        foreach (long id in wish.ScenarioIds)
        {
            wanted.Add((ApiItemKind.Scenario, (await database.RequireItemAsync(ApiItemKind.Scenario, id, by, ct)).Name));
        }

        if (wish.Folder.Length > 0 || wish.Tag.Length > 0)
        {
            FolderAccess access = await database.FolderAccessAsync(by, ct);
            IQueryable<ApiItem> chosen = database.ApiItems.AsNoTracking().Where(i => i.Kind == ApiItemKind.Case).In(wish.Folder, wish.Tag, ApiItemState.Active);
            wanted.AddRange((await chosen.OrderBy(i => i.Name).ToListAsync(ct)).Where(access.MaySee).Select(i => (i.Kind, i.Name)));
        }

        if (wanted.Count == 0)
        {
            throw OrbitException.Invalid("BATCH_INVALID", "Nothing to run: name cases, scenarios, a folder or a tag that holds active cases, or a document.");
        }

        if (wanted.Distinct().GroupBy(w => w.Name, StringComparer.Ordinal).FirstOrDefault(same => same.Count() > 1) is { } both)
        {
            throw OrbitException.Invalid("BATCH_INVALID", $"'{both.Key}' is a case and a scenario; run them in two batches.");
        }

        return (await database.DocumentAsync(wanted, by, unsaved: null, ct), [.. wanted.Select(w => w.Name).Distinct()]);
    }

    private static async Task<IReadOnlyList<(string Content, string Name, string Expect)>> RowsOfAsync(
        this OrbitDbContext database, BatchWish wish, ApiDocument document, List<string> targets, CancellationToken ct)
    {
        if (wish.DatasetId != 0)
        {
            ApiDataset dataset = await database.ApiDatasets.AsNoTracking().RequireAsync(wish.DatasetId, ct);
            List<ApiDatasetRow> rows = await database.ApiDatasetRows.AsNoTracking().Where(r => r.DatasetId == dataset.Id && r.Enabled).OrderBy(r => r.Number).ToListAsync(ct);
            return rows.Count > 0
                ? [.. rows.Select(r => (r.Content, r.Name, r.Expect))]
                : throw OrbitException.Invalid("BATCH_INVALID", $"The dataset '{dataset.Name}' has no enabled row.");
        }

        string named = targets.Count == 1 && document.Scenarios.TryGetValue(targets[0], out Scenario? scenario) ? scenario.Dataset : "";
        if (named.Length == 0)
        {
            return [("{}", "", "")];
        }

        Dataset own = document.Datasets[named];
        return own.File is null
            ? [.. own.Rows.Where(r => r.Enabled).Select(r => ("{" + string.Join(',', r.Values.Select(v => $"{JsonText.Quote(v.Key)}:{v.Value.ToJson()}")) + "}", r.Name, r.ExpectText))]
            : throw OrbitException.Invalid("BATCH_INVALID", $"The dataset '{named}' is in the file '{own.File}'; import it and name it by id.");
    }

    private static JsonObject Parsed(string document)
    {
        try
        {
            return JsonNode.Parse(ApiDocumentReader.ToJson(document).GetRawText(), documentOptions: new JsonDocumentOptions { MaxDepth = JsonText.DeepestNesting }) as JsonObject
                ?? throw new DocumentException("", "a document must be a map");
        }
        catch (DocumentException wrong)
        {
            throw Wrong(wrong);
        }
    }

    private static ApiDocument Read(JsonObject document)
    {
        try
        {
            return ApiDocumentReader.Read(JsonText.Parse(document.ToJsonString()));
        }
        catch (DocumentException wrong)
        {
            throw Wrong(wrong);
        }
    }

    private static List<string> Chosen(ApiDocument document, string run)
    {
        try
        {
            Scenario chosen = RunPlan.Choose(document, run.Length == 0 ? null : run);
            bool known = document.Scenarios.ContainsKey(chosen.Name) || document.Cases.ContainsKey(chosen.Name);
            List<string> targets = known ? [chosen.Name] : [.. document.Cases.Keys];
            return targets.Count > 0 ? targets : throw new DocumentException("cases", "the document has nothing to run");
        }
        catch (DocumentException wrong)
        {
            throw Wrong(wrong);
        }
    }

    /// <summary>Secrets never stay in a document that is stored.</summary>
    private static Dictionary<string, string> TakeSecrets(JsonObject document)
    {
        var secrets = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (JsonObject environment in (document["environments"] as JsonArray ?? []).OfType<JsonObject>())
        {
            foreach ((string name, JsonNode? value) in environment["secrets"] as JsonObject ?? [])
            {
                secrets[name] = value?.ToString() ?? "";
            }

            environment.Remove("secrets");
        }

        return secrets;
    }

    private static OrbitException Wrong(DocumentException wrong) =>
        new(Refusal.Invalid, "BATCH_INVALID", $"{wrong.Message}.") { Details = new Dictionary<string, string> { [wrong.Place] = wrong.Problem } };
}
