using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Orbit.ApiTesting.Documents;
using Orbit.ApiTesting.Import;
using Orbit.ApiTesting.Values;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>What an import asks for.</summary>
internal sealed record ImportWish(string Format, string Content, string Folder, bool DryRun, bool KeepScripts);

/// <summary>What an import made.</summary>
internal sealed record ImportOutcome(List<ApiItem> Items, IReadOnlyList<string> NotCovered, IReadOnlyList<string> Scripts, List<string> Renamed, string Document);

/// <summary>Brings documents in and out. An import is one transaction: all of it or nothing.</summary>
internal sealed class LibraryTransferCommands(OrbitStore store, ApiItemCommands items)
{
    public async Task<ImportOutcome> ImportAsync(ImportWish wish, Caller by, CancellationToken ct)
    {
        Imported imported;
        try
        {
            imported = Importers.Read(wish.Format, wish.Content, wish.KeepScripts);
        }
        catch (DocumentException wrong)
        {
            throw new OrbitException(Refusal.Invalid, "IMPORT_INVALID", $"{wrong.Message}.") { Details = new Dictionary<string, string> { [wrong.Place] = wrong.Problem } };
        }

        var outcome = new ImportOutcome([], imported.NotCovered, imported.Scripts, [], YamlWriter.Write(imported.Document));
        if (!wish.DryRun)
        {
            await store.WriteAsync((database, token) => AddAsync(database, imported.Document, wish.Folder, outcome, by, token), ct);
        }

        return outcome;
    }

    /// <summary>The named items with all that they use; without names those of a folder.</summary>
    public async Task<(string Type, string Text)> ExportAsync(IReadOnlyList<long> cases, IReadOnlyList<long> scenarios, string folder, string format, Caller by, CancellationToken ct)
    {
        JsonObject document = await store.ReadAsync(
            async (database, token) =>
            {
                var wanted = new List<(ApiItemKind, string)>();
                foreach ((ApiItemKind kind, long id) in cases.Select(id => (ApiItemKind.Case, id)).Concat(scenarios.Select(id => (ApiItemKind.Scenario, id))))
                {
                    wanted.Add((kind, (await database.RequireItemAsync(kind, id, by, token)).Name));
                }

                if (wanted.Count == 0)
                {
                    List<ApiItem> all = await database.ApiItems.In(folder, "", ApiItemState.Active).OrderBy(i => i.Name).ToListAsync(token);
                    FolderAccess access = await database.FolderAccessAsync(by, token);
                    wanted.AddRange(all.Where(access.MaySee).Select(i => (i.Kind, i.Name)));
                }

                return await database.DocumentAsync(wanted, by, unsaved: null, token);
            },
            ct);
        return format switch
        {
            "" or "yaml" => ("application/yaml; charset=utf-8", YamlWriter.Write(document)),
            "json" => ("application/json", document.ToJsonString()),
            "postman" => ("application/json", PostmanExport.Write(ApiDocumentReader.Read(JsonText.Parse(document.ToJsonString()))).ToJsonString()),
            _ => throw OrbitException.Invalid("EXPORT_FORMAT_UNKNOWN", $"The format '{format}' is not one of yaml, json, postman."),
        };
    }

    private async Task AddAsync(OrbitDbContext database, JsonObject document, string folder, ImportOutcome outcome, Caller by, CancellationToken ct)
    {
        outcome.Items.Clear();
        outcome.Renamed.Clear();
        var renamed = new Dictionary<(ApiItemKind, string), string>();
        foreach ((ApiItemKind kind, string list) in ((ApiItemKind, string)[])[(ApiItemKind.Case, "cases"), (ApiItemKind.Scenario, "scenarios")])
        {
            // Cases that others call come first, so that each finds what it uses.
            foreach (JsonObject one in (document[list] as JsonArray ?? []).OfType<JsonObject>().OrderBy(o => LibraryDocument.Uses(o).Any()))
            {
                string name = one["name"]!.GetValue<string>();
                string free = await ApiItemCommands.FreeNameAsync(database, kind, name, ct);
                if (free != name)
                {
                    renamed[(kind, name)] = free;
                    outcome.Renamed.Add($"{name} -> {free}");
                }

                outcome.Items.Add(await items.AddAsync(database, kind, Wish(one, document, free, folder, renamed), by, ct));
            }
        }
    }

    private static ApiItemWish Wish(JsonObject one, JsonObject document, string name, string folder, Dictionary<(ApiItemKind, string), string> renamed)
    {
        var spec = (JsonObject)one.DeepClone();
        string[] tags = [.. (spec["tags"] as JsonArray ?? []).Select(t => t?.ToString() ?? "")];
        spec.Remove("name");
        spec.Remove("tags");
        Rename(spec, renamed);

        // The library keeps no variables of documents: scenarios take them over.
        if (spec.ContainsKey("steps") && document["variables"] is JsonObject variables)
        {
            var own = (JsonObject)variables.DeepClone();
            foreach ((string key, JsonNode? value) in spec["variables"] as JsonObject ?? [])
            {
                own[key] = value?.DeepClone();
            }

            spec["variables"] = own;
        }

        return new(name, folder, tags, ApiItemState.Active, ApiVisibility.All, spec.ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
    }

    /// <summary>What was given another name is used by that name.</summary>
    private static void Rename(JsonObject spec, Dictionary<(ApiItemKind, string), string> renamed)
    {
        foreach (JsonArray uses in ((string[])["setup", "steps", "teardown", "before", "after"]).Select(k => spec[k]).OfType<JsonArray>())
        {
            for (int i = 0; i < uses.Count; i++)
            {
                if (uses[i] is JsonValue plain && plain.TryGetValue(out string? of) && renamed.TryGetValue((ApiItemKind.Case, of), out string? now))
                {
                    uses[i] = now;
                }
                else if (uses[i] is JsonObject full)
                {
                    foreach ((string word, ApiItemKind kind) in ((string, ApiItemKind)[])[("case", ApiItemKind.Case), ("scenario", ApiItemKind.Scenario), ("call", ApiItemKind.Case)])
                    {
                        if (full[word] is JsonValue named && renamed.TryGetValue((kind, named.ToString()), out string? other))
                        {
                            full[word] = other;
                        }
                    }
                }
            }
        }
    }
}
