using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>Which items to list.</summary>
internal sealed record ApiItemFilter(ApiItemKind Kind, string Folder, string Tag, string Query, ApiItemState? State);

/// <summary>Reads of the library.</summary>
internal static class ApiTestsQueries
{
    extension(OrbitDbContext database)
    {
        public DbSet<ApiItem> ApiItems => database.Set<ApiItem>();

        public DbSet<ApiItemVersion> ApiItemVersions => database.Set<ApiItemVersion>();

        public DbSet<ApiEnvironment> ApiEnvironments => database.Set<ApiEnvironment>();

        public DbSet<ApiDataset> ApiDatasets => database.Set<ApiDataset>();

        public DbSet<ApiDatasetRow> ApiDatasetRows => database.Set<ApiDatasetRow>();
    }

    /// <summary>A page by name. Served by (kind, name).</summary>
    public static async Task<Page<ApiItem>> ItemPageAsync(this OrbitDbContext database, ApiItemFilter filter, Caller caller, string? after, int size, CancellationToken ct)
    {
        IQueryable<ApiItem> rows = database.ApiItems.AsNoTracking().Where(i => i.Kind == filter.Kind);
        if (!caller.IsAdmin)
        {
            string[] hidden = await database.HiddenFoldersAsync(caller, ct);
            rows = rows.Where(i => i.Owner == caller.Name || (i.Visibility != ApiVisibility.Private && !hidden.Contains(i.Folder)));
        }

        if (after is not null)
        {
            rows = rows.Where(i => string.Compare(i.Name, after) > 0);
        }

        if (filter.Query.Length > 0)
        {
            string query = filter.Query.ToLowerInvariant();
#pragma warning disable CA1862 // the databases know lower(), not .NET's comparisons
            rows = rows.Where(i => i.Name.ToLower().Contains(query));
#pragma warning restore CA1862
        }

        rows = rows.In(filter.Folder, filter.Tag, filter.State);
        return Paging.Cut(await rows.OrderBy(i => i.Name).Take(size + 1).ToListAsync(ct), size, i => i.Name);
    }

    /// <summary>Those of a folder and below, with a tag, in a state; empty and null: all.</summary>
    public static IQueryable<ApiItem> In(this IQueryable<ApiItem> rows, string folder, string tag, ApiItemState? state)
    {
        if (folder.Length > 0)
        {
            string below = folder + "/";
            rows = rows.Where(i => i.Folder == folder || i.Folder.Substring(0, below.Length) == below); // LIKE would ignore case on one of the databases
        }

        if (tag.Length > 0)
        {
            string marked = $",{tag},";
            rows = rows.Where(i => i.Tags.Contains(marked));
        }

        return state is null ? rows : rows.Where(i => i.State == state);
    }

    /// <summary>One item that the caller may see.</summary>
    /// <exception cref="OrbitException">CASE_NOT_FOUND, SCENARIO_NOT_FOUND.</exception>
    public static async Task<ApiItem> RequireItemAsync(this OrbitDbContext database, ApiItemKind kind, long id, Caller caller, CancellationToken ct, bool tracked = false)
    {
        IQueryable<ApiItem> items = tracked ? database.ApiItems.AsTracking() : database.ApiItems.AsNoTracking();
        ApiItem? item = await items.FirstOrDefaultAsync(i => i.Id == id && i.Kind == kind, ct);
        return item is not null && (await database.FolderAccessAsync(caller, ct)).MaySee(item) ? item : throw Missing(kind, id);
    }

    /// <summary>One environment.</summary>
    /// <exception cref="OrbitException">ENVIRONMENT_NOT_FOUND.</exception>
    public static async Task<ApiEnvironment> RequireAsync(this IQueryable<ApiEnvironment> environments, long id, CancellationToken ct) =>
        await environments.FirstOrDefaultAsync(e => e.Id == id, ct) ?? throw OrbitException.NotFound("ENVIRONMENT_NOT_FOUND", $"There is no environment {id}.");

    /// <summary>One dataset.</summary>
    /// <exception cref="OrbitException">DATASET_NOT_FOUND.</exception>
    public static async Task<ApiDataset> RequireAsync(this IQueryable<ApiDataset> datasets, long id, CancellationToken ct) =>
        await datasets.FirstOrDefaultAsync(d => d.Id == id, ct) ?? throw OrbitException.NotFound("DATASET_NOT_FOUND", $"There is no dataset {id}.");

    /// <summary>A page by name.</summary>
    public static async Task<Page<ApiEnvironment>> PageAsync(this DbSet<ApiEnvironment> environments, string? after, int size, CancellationToken ct)
    {
        IQueryable<ApiEnvironment> rows = environments.AsNoTracking();
        rows = after is null ? rows : rows.Where(e => string.Compare(e.Name, after) > 0);
        return Paging.Cut(await rows.OrderBy(e => e.Name).Take(size + 1).ToListAsync(ct), size, e => e.Name);
    }

    /// <summary>A page by name.</summary>
    public static async Task<Page<ApiDataset>> PageAsync(this DbSet<ApiDataset> datasets, string? after, int size, CancellationToken ct)
    {
        IQueryable<ApiDataset> rows = datasets.AsNoTracking();
        rows = after is null ? rows : rows.Where(d => string.Compare(d.Name, after) > 0);
        return Paging.Cut(await rows.OrderBy(d => d.Name).Take(size + 1).ToListAsync(ct), size, d => d.Name);
    }

    /// <summary>A page of rows by number. Served by the primary key.</summary>
    public static async Task<Page<ApiDatasetRow>> PageAsync(this DbSet<ApiDatasetRow> rows, long dataset, long? after, int size, CancellationToken ct)
    {
        long from = after ?? -1;
        return Paging.Cut(
            await rows.AsNoTracking().Where(r => r.DatasetId == dataset && r.Number > from).OrderBy(r => r.Number).Take(size + 1).ToListAsync(ct), size, r => r.Number);
    }

    /// <summary>An item, and the named version of it; 0: none.</summary>
    public static async Task<(ApiItem Item, ApiItemVersion? Older)> ItemVersionAsync(this OrbitDbContext database, ApiItemKind kind, long id, int version, Caller caller, CancellationToken ct)
    {
        ApiItem item = await database.RequireItemAsync(kind, id, caller, ct);
        ApiItemVersion? older = version == 0 ? null : await database.ApiItemVersions.AsNoTracking().FirstOrDefaultAsync(v => v.ItemId == id && v.Version == version, ct) ?? throw Missing(kind, id);
        return (item, older);
    }

    /// <summary>Versions of an item, newest first. Served by the primary key.</summary>
    public static async Task<List<ApiItemVersion>> VersionsOfAsync(this OrbitDbContext database, ApiItemKind kind, long id, Caller caller, CancellationToken ct)
    {
        await database.RequireItemAsync(kind, id, caller, ct);
        return await database.ApiItemVersions.AsNoTracking().Where(v => v.ItemId == id).OrderByDescending(v => v.Version).Take(200).ToListAsync(ct);
    }

    public static OrbitException Missing(ApiItemKind kind, long id) => kind is ApiItemKind.Case
        ? OrbitException.NotFound("CASE_NOT_FOUND", $"There is no case {id}.")
        : OrbitException.NotFound("SCENARIO_NOT_FOUND", $"There is no scenario {id}.");
}
