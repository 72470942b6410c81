using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>Gathers everything that some items need to run.</summary>
internal static class LibraryDocumentQueries
{
    private const int MostItems = 20_000;

    /// <summary>How texts stand in specs.</summary>
    private static readonly JsonSerializerOptions AsStored = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// A document of the named items and all that they use, directly or through others. What is not there, or is somebody else's private
    /// one, is left out: the reader says so.
    /// </summary>
    /// <param name="database">The library.</param>
    /// <param name="wanted">Items to begin with.</param>
    /// <param name="by">Who is to see it.</param>
    /// <param name="unsaved">An item as it is about to be saved, in place of the stored one; null for none.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<JsonObject> DocumentAsync(
        this OrbitDbContext database, IEnumerable<(ApiItemKind Kind, string Name)> wanted, Caller by, (ApiItemKind Kind, string Name, string Spec)? unsaved, CancellationToken ct)
    {
        FolderAccess access = await database.FolderAccessAsync(by, ct);
        var items = new Dictionary<(ApiItemKind, string), JsonObject>();
        List<(ApiItemKind Kind, string Name)> open = [.. wanted.Distinct()];
        while (open.Count > 0 && items.Count < MostItems)
        {
            var found = new List<JsonObject>();
            foreach (IGrouping<ApiItemKind, (ApiItemKind Kind, string Name)> kind in open.Where(o => !items.ContainsKey(o)).GroupBy(o => o.Kind))
            {
                string[] names = [.. kind.Select(k => k.Name)];
                List<ApiItem> stored = await database.ApiItems.AsNoTracking().Where(i => i.Kind == kind.Key && names.Contains(i.Name)).ToListAsync(ct);
                foreach (string name in names)
                {
                    string? spec = unsaved is { } now && (now.Kind, now.Name) == (kind.Key, name) ? now.Spec : stored.Find(s => s.Name == name && access.MaySee(s))?.Spec;
                    if (spec is not null)
                    {
                        found.Add(items[(kind.Key, name)] = LibraryDocument.Named(name, spec));
                    }
                }
            }

            open = [.. found.SelectMany(LibraryDocument.Uses).Distinct().Where(u => !items.ContainsKey(u))];
        }

        return new()
        {
            ["orbit"] = 1,
            ["cases"] = new JsonArray([.. items.Where(i => i.Key.Item1 is ApiItemKind.Case).Select(i => i.Value)]),
            ["scenarios"] = new JsonArray([.. items.Where(i => i.Key.Item1 is ApiItemKind.Scenario).Select(i => i.Value)]),
        };
    }

    /// <summary>Scenarios and cases that use an item.</summary>
    public static async Task<List<ApiItem>> UsersOfAsync(this OrbitDbContext database, ApiItemKind kind, string name, CancellationToken ct)
    {
        // The text must hold the name; what it means there is read from the few that do.
        string quoted = JsonSerializer.Serialize(name, AsStored);
        List<ApiItem> near = await database.ApiItems.AsNoTracking().Where(i => i.Spec.Contains(quoted)).OrderBy(i => i.Name).ToListAsync(ct);
        return [.. near.Where(i => LibraryDocument.Uses(LibraryDocument.Named(i.Name, i.Spec)).Contains((kind, name)) && (i.Kind, i.Name) != (kind, name))];
    }
}
