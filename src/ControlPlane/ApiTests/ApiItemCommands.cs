using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Orbit.ApiTesting.Documents;
using Orbit.ApiTesting.Values;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>What a person wants of a case or scenario; nulls keep what is.</summary>
internal sealed record ApiItemWish(
    string? Name, string? Folder, IReadOnlyList<string>? Tags, ApiItemState? State, ApiVisibility? Visibility, string? Spec, int Version = 0);

/// <summary>Changes cases and scenarios.</summary>
internal sealed class ApiItemCommands(OrbitStore store, TimeProvider time)
{
    private const int LongestSpec = 1024 * 1024;

    public Task<ApiItem> CreateAsync(ApiItemKind kind, ApiItemWish wish, Caller by, CancellationToken ct) =>
        store.WriteAsync((database, token) => AddAsync(database, kind, wish, by, token), ct);

    /// <summary>Adds an item in the present transaction.</summary>
    public async Task<ApiItem> AddAsync(OrbitDbContext database, ApiItemKind kind, ApiItemWish wish, Caller by, CancellationToken ct)
    {
        CheckNames(kind, wish);
        DateTimeOffset now = time.GetUtcNow();
        (await database.FolderAccessAsync(by, ct)).RequireEdit(Folder(wish.Folder ?? ""));
        await RequireFreeAsync(database, kind, wish.Name!, 0, ct);
        await ValidateAsync(database, kind, wish.Name!, wish.Spec ?? "{}", by, ct);
        var item = new ApiItem
        {
            Kind = kind,
            Name = wish.Name!,
            Folder = Folder(wish.Folder ?? ""),
            Tags = ApiItem.Join(wish.Tags ?? []),
            State = wish.State ?? ApiItemState.Active,
            Visibility = wish.Visibility ?? ApiVisibility.All,
            Owner = by.Name,
            Spec = wish.Spec ?? "{}",
            UpdatedAt = now,
            UpdatedBy = by.Name,
        };
        database.ApiItems.Add(item);
        await database.SaveChangesAsync(ct); // gives the id
        Keep(database, item);
        database.Audit(by, now, $"{Word(kind)}.created", $"{Word(kind)}:{item.Id}", @new: Audited(item));
        return item;
    }

    /// <summary>Changes an item; a changed spec makes a new version.</summary>
    /// <exception cref="OrbitException">API_ITEM_CHANGED and the reasons of creating.</exception>
    public Task<ApiItem> UpdateAsync(ApiItemKind kind, long id, ApiItemWish wish, Caller by, CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                ApiItem item = await RequireMineAsync(database, kind, id, by, token);
                if (wish.Version > 0 && wish.Version != item.Version)
                {
                    throw new OrbitException(Refusal.Fenced, "API_ITEM_CHANGED", $"The {Word(kind)} '{item.Name}' is at version {item.Version}; the change was made on {wish.Version}.");
                }

                object before = Audited(item);
                CheckNames(kind, wish with { Name = wish.Name ?? item.Name });
                await RenameAsync(database, item, wish.Name, by, token);
                if (wish.Folder is { } moved && Folder(moved) != item.Folder)
                {
                    (await database.FolderAccessAsync(by, token)).RequireEdit(Folder(moved));
                    item.Folder = Folder(moved);
                }

                item.Tags = wish.Tags is null ? item.Tags : ApiItem.Join(wish.Tags);
                item.State = wish.State ?? item.State;
                item.Visibility = wish.Visibility ?? item.Visibility;
                if (wish.Spec is { } spec && !SameJson(spec, item.Spec))
                {
                    await ValidateAsync(database, kind, item.Name, spec, by, token);
                    (item.Spec, item.Version) = (spec, item.Version + 1);
                    Stamp(item, by);
                    Keep(database, item);
                }

                Stamp(item, by);
                database.Audit(by, item.UpdatedAt, $"{Word(kind)}.changed", $"{Word(kind)}:{id}", before, Audited(item));
                return item;
            },
            ct);

    public Task<ApiItem> CopyAsync(ApiItemKind kind, long id, string name, Caller by, CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                ApiItem item = await database.RequireItemAsync(kind, id, by, token);
                string wanted = name.Length > 0 ? name : await FreeNameAsync(database, kind, $"{item.Name} (copy)", token);
                return await AddAsync(database, kind, new(wanted, item.Folder, [.. item.TagList], item.State, item.Visibility, item.Spec), by, token);
            },
            ct);

    public Task DeleteAsync(ApiItemKind kind, long id, Caller by, CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                ApiItem item = await RequireMineAsync(database, kind, id, by, token);
                await RequireUnusedAsync(database, item, "deleted", by, token);
                database.ApiItems.Remove(item);
                await database.RunAsync("DELETE FROM api_item_versions WHERE item_id = @p0", [id], token);
                database.Audit(by, time.GetUtcNow(), $"{Word(kind)}.deleted", $"{Word(kind)}:{id}", Audited(item));
            },
            ct);

    /// <summary>A name that nobody has: the wanted one, or with a number behind.</summary>
    public static async Task<string> FreeNameAsync(OrbitDbContext database, ApiItemKind kind, string wanted, CancellationToken ct)
    {
        string name = wanted;
        for (int number = 2; await database.ApiItems.AnyAsync(i => i.Kind == kind && i.Name == name, ct); number++)
        {
            name = $"{wanted} {number}";
        }

        return name;
    }

    private void Stamp(ApiItem item, Caller by)
    {
        (item.UpdatedAt, item.UpdatedBy) = (time.GetUtcNow(), by.Name);
        item.Revision++;
    }

    private static async Task RenameAsync(OrbitDbContext database, ApiItem item, string? name, Caller by, CancellationToken ct)
    {
        if (name is not null && name != item.Name)
        {
            await RequireUnusedAsync(database, item, "renamed", by, ct);
            await RequireFreeAsync(database, item.Kind, name, item.Id, ct);
            item.Name = name;
        }
    }

    /// <summary>Names those who use the item, of others' private ones only how many there are.</summary>
    private static async Task RequireUnusedAsync(OrbitDbContext database, ApiItem item, string what, Caller by, CancellationToken ct)
    {
        List<ApiItem> users = await database.UsersOfAsync(item.Kind, item.Name, ct);
        if (users.Count > 0)
        {
            FolderAccess access = await database.FolderAccessAsync(by, ct);
            string[] seen = [.. users.Where(access.MaySee).Select(u => u.Name)];
            int others = users.Count - seen.Length;
            string who = string.Join(", ", seen.Take(10).Append(others == 0 ? "" : $"{others} private of others").Where(w => w.Length > 0));
            string message = $"'{item.Name}' cannot be {what}: {who} use it.";
            throw item.Kind is ApiItemKind.Case ? OrbitException.Conflict("CASE_IN_USE", message) : OrbitException.Conflict("SCENARIO_IN_USE", message);
        }
    }

    private static async Task<ApiItem> RequireMineAsync(OrbitDbContext database, ApiItemKind kind, long id, Caller by, CancellationToken ct)
    {
        ApiItem item = await database.RequireItemAsync(kind, id, by, ct, tracked: true);
        if (item.Owner != by.Name)
        {
            (await database.FolderAccessAsync(by, ct)).RequireEdit(item.Folder);
        }

        return item.MayChange(by.Name, by.IsAdmin) ? item : throw new OrbitException(Refusal.Forbidden, "API_ITEM_FORBIDDEN", $"Only {item.Owner} and admins may change '{item.Name}'.");
    }

    private static async Task RequireFreeAsync(OrbitDbContext database, ApiItemKind kind, string name, long but, CancellationToken ct)
    {
        if (await database.ApiItems.AnyAsync(i => i.Kind == kind && i.Name == name && i.Id != but, ct))
        {
            string message = $"There is a {Word(kind)} '{name}' already.";
            throw kind is ApiItemKind.Case ? new OrbitException(Refusal.Exists, "CASE_NAME_TAKEN", message) : new OrbitException(Refusal.Exists, "SCENARIO_NAME_TAKEN", message);
        }
    }

    /// <summary>Reads the item as a run would.</summary>
    private static async Task ValidateAsync(OrbitDbContext database, ApiItemKind kind, string name, string spec, Caller by, CancellationToken ct)
    {
        if (spec.Length > LongestSpec)
        {
            throw Wrong(kind, $"The spec has {spec.Length} characters; {LongestSpec} are allowed.", []);
        }

        try
        {
            JsonObject document = await database.DocumentAsync([(kind, name)], by, (kind, name, spec), ct);
            _ = ApiDocumentReader.Read(JsonText.Parse(document.ToJsonString()));
        }
        catch (DocumentException wrong)
        {
            throw Wrong(kind, $"'{name}': {wrong.Message}.", new() { [wrong.Place] = wrong.Problem });
        }
    }

    private static OrbitException Wrong(ApiItemKind kind, string message, Dictionary<string, string> details) => kind is ApiItemKind.Case
        ? new(Refusal.Invalid, "CASE_INVALID", message) { Details = details }
        : new(Refusal.Invalid, "SCENARIO_INVALID", message) { Details = details };

    private static void CheckNames(ApiItemKind kind, ApiItemWish wish)
    {
        string? problem = TextRule.NameProblem(wish.Name ?? "", 200)
            ?? (wish.Tags ?? []).Select(t => TextRule.NameProblem(t, 60) ?? (t.Contains(',', StringComparison.Ordinal) ? "holds a comma" : null)).FirstOrDefault(p => p is not null);
        if (problem is not null || (wish.Tags?.Count ?? 0) > 30)
        {
            throw Wrong(kind, $"The name or a tag {problem ?? "is one too many; 30 are allowed"}.", []);
        }
    }

    /// <summary>The name of a folder as it is stored.</summary>
    /// <exception cref="OrbitException">FOLDER_INVALID.</exception>
    public static string Folder(string folder)
    {
        string clean = folder.Trim('/');
        return clean.Length == 0 || TextRule.NameProblem(clean, 400) is not { } problem ? clean : throw OrbitException.Invalid("FOLDER_INVALID", $"The folder {problem}.");
    }

    private static void Keep(OrbitDbContext database, ApiItem item) =>
        database.ApiItemVersions.Add(new() { ItemId = item.Id, Version = item.Version, Spec = item.Spec, ChangedAt = item.UpdatedAt, ChangedBy = item.UpdatedBy });

    private static bool SameJson(string left, string right) => JsonElement.DeepEquals(JsonText.Parse(left), JsonText.Parse(right));

    private static object Audited(ApiItem item) => new { item.Name, item.Folder, item.Tags, item.State, item.Visibility, item.Version };

    private static string Word(ApiItemKind kind) => kind is ApiItemKind.Case ? "case" : "scenario";
}
