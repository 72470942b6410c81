using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>Changes who may do what in folders.</summary>
internal sealed class FolderRoleCommands(OrbitStore store, TimeProvider time)
{
    public Task<ApiFolderRole> PutAsync(string folder, string person, FolderRole role, Caller by, CancellationToken ct)
    {
        string clean = ApiItemCommands.Folder(folder);
        if (TextRule.LineProblem(person, 254) is not null || person.Length == 0)
        {
            throw OrbitException.Invalid("FOLDER_ROLE_INVALID", "person must be an address, or * for everybody.");
        }

        return store.WriteAsync(
            async (database, token) =>
            {
                ApiFolderRole? entry = await FindAsync(database, clean, person, token);
                object? before = entry is null ? null : new { entry.Role };
                if (entry is null)
                {
                    if (await database.ApiFolderRoles.CountAsync(token) >= FolderRoleQueries.Most)
                    {
                        throw OrbitException.Invalid("FOLDER_ROLE_INVALID", $"There are {FolderRoleQueries.Most} entries already, which is the most.");
                    }

                    database.ApiFolderRoles.Add(entry = new() { Folder = clean, Person = person });
                }

                (entry.Role, entry.UpdatedAt, entry.UpdatedBy) = (role, time.GetUtcNow(), by.Name);
                database.Audit(by, entry.UpdatedAt, "folder_role.changed", $"folder:{clean}", before, new { person, role });
                return entry;
            },
            ct);
    }

    public Task DeleteAsync(string folder, string person, Caller by, CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                ApiFolderRole entry = await FindAsync(database, folder.Trim('/'), person, token)
                    ?? throw OrbitException.NotFound("FOLDER_ROLE_NOT_FOUND", $"'{person}' has no entry for the folder '{folder}'.");
                database.ApiFolderRoles.Remove(entry);
                database.Audit(by, time.GetUtcNow(), "folder_role.deleted", $"folder:{entry.Folder}", new { person, entry.Role });
            },
            ct);

    private static Task<ApiFolderRole?> FindAsync(OrbitDbContext database, string folder, string person, CancellationToken ct) =>
        database.ApiFolderRoles.AsTracking().FirstOrDefaultAsync(r => r.Folder == folder && r.Person == person, ct);
}
