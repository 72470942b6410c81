using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Access;
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
        string named = NameOf(person)
            ?? throw OrbitException.Invalid("FOLDER_ROLE_INVALID", "person must be one plain address such as name@example.org, or * for everybody.");
        return store.WriteAsync(
            async (database, token) =>
            {
                ApiFolderRole? entry = await FindAsync(database, clean, named, token);
                object? before = entry is null ? null : new { entry.Role };
                if (entry is null)
                {
                    if (await database.ApiFolderRoles.CountAsync(token) >= FolderRoleQueries.Most)
                    {
                        throw OrbitException.Invalid("FOLDER_ROLE_INVALID", $"There are {FolderRoleQueries.Most} entries already, which is the most.");
                    }

                    database.ApiFolderRoles.Add(entry = new() { Folder = clean, Person = named });
                }

                (entry.Role, entry.UpdatedAt, entry.UpdatedBy) = (role, time.GetUtcNow(), by.Name);
                database.Audit(by, entry.UpdatedAt, "folder_role.changed", $"folder:{clean}", before, new { person = named, role });
                return entry;
            },
            ct);
    }

    public Task DeleteAsync(string folder, string person, Caller by, CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                ApiFolderRole entry = await FindAsync(database, folder.Trim('/'), NameOf(person) ?? person, token)
                    ?? throw OrbitException.NotFound("FOLDER_ROLE_NOT_FOUND", $"'{person}' has no entry for the folder '{folder}'.");
                database.ApiFolderRoles.Remove(entry);
                database.Audit(by, time.GetUtcNow(), "folder_role.deleted", $"folder:{entry.Folder}", new { person = entry.Person, entry.Role });
            },
            ct);

    /// <summary>The name that a caller has who signs in with this address; null when it is no address.</summary>
    private static string? NameOf(string person) => person == FolderAccess.Everybody ? person : EmailAddress.ParseOrNull(person);

    private static Task<ApiFolderRole?> FindAsync(OrbitDbContext database, string folder, string person, CancellationToken ct) =>
        database.ApiFolderRoles.AsTracking().FirstOrDefaultAsync(r => r.Folder == folder && r.Person == person, ct);
}
