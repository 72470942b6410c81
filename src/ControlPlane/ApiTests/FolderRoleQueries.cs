using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>Reads who may do what in folders, and whether somebody may read what came of a batch.</summary>
internal static class FolderRoleQueries
{
    /// <summary>Most entries over all folders.</summary>
    public const int Most = 5000;

    extension(OrbitDbContext database)
    {
        public DbSet<ApiFolderRole> ApiFolderRoles => database.Set<ApiFolderRole>();
    }

    /// <summary>All entries, by folder and person. Served by the primary key.</summary>
    public static Task<List<ApiFolderRole>> FolderRolesAsync(this OrbitDbContext database, CancellationToken ct) =>
        database.ApiFolderRoles.AsNoTracking().OrderBy(r => r.Folder).ThenBy(r => r.Person).Take(Most).ToListAsync(ct);

    /// <summary>What a caller may do.</summary>
    public static async Task<FolderAccess> FolderAccessAsync(this OrbitDbContext database, Caller caller, CancellationToken ct) =>
        new(caller, caller.IsAdmin ? [] : await database.FolderRolesAsync(ct));

    /// <summary>Folders of items that a caller must not see.</summary>
    public static async Task<string[]> HiddenFoldersAsync(this OrbitDbContext database, Caller caller, CancellationToken ct)
    {
        if (caller.IsAdmin || !await database.ApiFolderRoles.AnyAsync(ct))
        {
            return [];
        }

        FolderAccess access = await database.FolderAccessAsync(caller, ct);
        List<string> folders = await database.ApiItems.Select(i => i.Folder).Distinct().ToListAsync(ct);
        return [.. folders.Where(f => access.RoleIn(f) is null)];
    }

    /// <summary>The items that a document was made of; refuses them to who may not run them all, those within scenarios too.</summary>
    /// <exception cref="OrbitException">FOLDER_FORBIDDEN.</exception>
    public static async Task<IReadOnlyList<RunItem>> RequireRunAsync(
        this OrbitDbContext database, IReadOnlyCollection<string> cases, IReadOnlyCollection<string> scenarios, Caller caller, CancellationToken ct)
    {
        FolderAccess access = await database.FolderAccessAsync(caller, ct);
        List<ApiItem> items = await database.ApiItems.AsNoTracking()
            .Where(i => (i.Kind == ApiItemKind.Case && cases.Contains(i.Name)) || (i.Kind == ApiItemKind.Scenario && scenarios.Contains(i.Name)))
            .OrderBy(i => i.Id).ToListAsync(ct);
        return items.Find(i => !access.MayRun(RunItem.Of(i))) is { } forbidden
            ? throw FolderAccess.Forbidden($"'{forbidden.Name}' may not be run by {caller.Name}, who is only a viewer of the folder '{forbidden.Folder}'.")
            : [.. items.Select(RunItem.Of)];
    }
}
