using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;
using Orbit.ControlPlane.Storage.Blobs;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>What a person wants of a file beside its content; nulls keep what is.</summary>
internal sealed record ApiFileWish(string Name, string? Folder, ApiVisibility? Visibility);

/// <summary>
/// Stores files that cases send. The content is durable before the file names it, and it is answered after both. What is replaced or deleted is
/// swept away when no batch names it any more.
/// </summary>
internal sealed class ApiFileCommands(OrbitStore store, IBlobStore blobs, TimeProvider time)
{
    /// <summary>Bytes of a file that comes in one message, as browsers send it.</summary>
    public const int LargestInOneMessage = 16 * 1024 * 1024;

    private const long LargestFile = 64L * 1024 * 1024;
    private const int MostFiles = 10_000;

    /// <summary>Stores a file that comes in parts.</summary>
    /// <exception cref="OrbitException">API_FILE_INVALID, API_FILE_TOO_LARGE, API_FILE_FORBIDDEN, API_FILE_NAME_TAKEN, FOLDER_FORBIDDEN, FOLDER_INVALID.</exception>
    public async Task<ApiFile> PutAsync(ApiFileWish wish, IAsyncEnumerable<ReadOnlyMemory<byte>> parts, Caller by, CancellationToken ct)
    {
        if (TextRule.NameProblem(wish.Name, 200) is { } problem)
        {
            throw OrbitException.Invalid("API_FILE_INVALID", $"The name {problem}.");
        }

        wish = wish with { Folder = wish.Folder is null ? null : ApiItemCommands.Folder(wish.Folder) };
        await store.ReadAsync((database, token) => KnownAsync(database, wish, by, token), ct); // said before a large file is taken
        DirectoryInfo folder = Directory.CreateTempSubdirectory("orbit-file-");
        try
        {
            await using var content = new FileStream(Path.Combine(folder.FullName, "content"), FileMode.CreateNew, FileAccess.ReadWrite);
            await foreach (ReadOnlyMemory<byte> part in parts.WithCancellation(ct))
            {
                await content.WriteAsync(part, ct);
                if (content.Position > LargestFile)
                {
                    throw OrbitException.Invalid("API_FILE_TOO_LARGE", $"A file may have at most {LargestFile} bytes.");
                }
            }

            content.Position = 0;
            string hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(content, ct));
            content.Position = 0;
            Guid blob = await blobs.WriteAsync(content, ct); // swept away when the transaction does not follow
            return await KeepAsync(wish, (blob, content.Length, hash), by, ct);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <exception cref="OrbitException">API_FILE_NOT_FOUND, API_FILE_FORBIDDEN, FOLDER_FORBIDDEN.</exception>
    public Task DeleteAsync(string name, Caller by, CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                ApiFile file = await database.RequireFileAsync(name, by, token, tracked: true);
                RequireChange(file, await database.FolderAccessAsync(by, token), by);
                database.ApiFiles.Remove(file);
                database.Audit(by, time.GetUtcNow(), "api_file.deleted", $"api_file:{name}", Audited(file));
            },
            ct);

    private Task<ApiFile> KeepAsync(ApiFileWish wish, (Guid Blob, long Size, string Hash) content, Caller by, CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                ApiFile? file = await KnownAsync(database, wish, by, token);
                object? before = file is null ? null : Audited(file);
                if (file is null)
                {
                    if (await database.ApiFiles.CountAsync(token) >= MostFiles)
                    {
                        throw OrbitException.Invalid("API_FILE_INVALID", $"There are {MostFiles} files already, which is the most.");
                    }

                    database.ApiFiles.Add(file = new() { Name = wish.Name, Owner = by.Name });
                }

                (file.Folder, file.Visibility) = (wish.Folder ?? file.Folder, wish.Visibility ?? file.Visibility);
                (file.BlobId, file.Size, file.Sha256) = content;
                (file.UpdatedAt, file.UpdatedBy, file.Revision) = (time.GetUtcNow(), by.Name, file.Revision + 1);
                database.Audit(by, file.UpdatedAt, "api_file.stored", $"api_file:{wish.Name}", before, Audited(file));
                return file;
            },
            ct);

    /// <summary>The file of a name, for somebody who may replace it; null: there is none, and he may add one.</summary>
    private static async Task<ApiFile?> KnownAsync(OrbitDbContext database, ApiFileWish wish, Caller by, CancellationToken ct)
    {
        FolderAccess access = await database.FolderAccessAsync(by, ct);
        ApiFile? file = await database.ApiFiles.AsTracking().FirstOrDefaultAsync(f => f.Name == wish.Name, ct);
        if (file is not null && !access.MaySee(file.AsItem()))
        {
            throw new OrbitException(Refusal.Exists, "API_FILE_NAME_TAKEN", $"There is a file '{wish.Name}' already, which is not for {by.Name}; choose another name.");
        }

        if (file is not null)
        {
            RequireChange(file, access, by);
        }

        if (file is null || (wish.Folder is not null && wish.Folder != file.Folder))
        {
            access.RequireEdit(wish.Folder ?? "");
        }

        return file;
    }

    private static void RequireChange(ApiFile file, FolderAccess access, Caller by)
    {
        if (!access.Owns(file.Owner))
        {
            access.RequireEdit(file.Folder);
            if (file.Visibility is not ApiVisibility.All)
            {
                throw new OrbitException(Refusal.Forbidden, "API_FILE_FORBIDDEN", $"Only {file.Owner} and admins may change '{file.Name}', not {by.Name}.");
            }
        }
    }

    private static object Audited(ApiFile file) => new { file.Folder, file.Visibility, file.Size, file.Sha256 };
}
