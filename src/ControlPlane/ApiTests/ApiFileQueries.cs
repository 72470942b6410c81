using Microsoft.EntityFrameworkCore;
using Orbit.ApiTesting.Documents;
using Orbit.ApiTesting.Running;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>Reads of files that cases send.</summary>
internal static class ApiFileQueries
{
    /// <summary>Bytes of all files of a batch.</summary>
    private const long MostBytesOfBatch = 256L * 1024 * 1024;

    private const int MostFilesOfBatch = 1000;

    extension(OrbitDbContext database)
    {
        public DbSet<ApiFile> ApiFiles => database.Set<ApiFile>();

        public DbSet<ApiBatchFile> ApiBatchFiles => database.Set<ApiBatchFile>();
    }

    /// <summary>A page by name of those that a caller may see. Served by the primary key.</summary>
    public static async Task<Page<ApiFile>> FilePageAsync(this OrbitDbContext database, Caller caller, string? after, int size, CancellationToken ct)
    {
        FolderAccess access = await database.FolderAccessAsync(caller, ct);
        return await Paging.VisibleAsync(
            after, size, static f => f.Name,
            (from, most) => database.ApiFiles.AsNoTracking().Where(f => from == null || string.Compare(f.Name, from) > 0).OrderBy(f => f.Name).Take(most).ToListAsync(ct),
            rows => Task.FromResult(rows.FindAll(f => access.MaySee(f.AsItem()))));
    }

    /// <summary>A file for somebody who may see it.</summary>
    /// <exception cref="OrbitException">API_FILE_NOT_FOUND.</exception>
    public static async Task<ApiFile> RequireFileAsync(this OrbitDbContext database, string name, Caller caller, CancellationToken ct, bool tracked = false)
    {
        IQueryable<ApiFile> files = tracked ? database.ApiFiles.AsTracking() : database.ApiFiles.AsNoTracking();
        return await files.FirstOrDefaultAsync(f => f.Name == name, ct) is { } file && (await database.FolderAccessAsync(caller, ct)).MaySee(file.AsItem())
            ? file : throw OrbitException.NotFound("API_FILE_NOT_FOUND", $"There is no file '{name}'.");
    }

    /// <summary>The files that the cases of some plans send. One that the caller may not see does not exist for him.</summary>
    /// <exception cref="OrbitException">BATCH_INVALID, FOLDER_FORBIDDEN.</exception>
    /// <exception cref="DocumentException">A name cannot be known before the run.</exception>
    public static async Task<IReadOnlyList<ApiFile>> FilesOfAsync(
        this OrbitDbContext database, IEnumerable<RunPlan> plans, IEnumerable<DatasetRow> rows, Caller by, TimeProvider time, CancellationToken ct)
    {
        var users = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach ((string file, string user) in plans.SelectMany(p => FileUses.Of(p, rows, time)))
        {
            _ = users.TryAdd(file, user);
        }

        if (users.Count == 0)
        {
            return [];
        }

        if (users.Count > MostFilesOfBatch)
        {
            throw OrbitException.Invalid("BATCH_INVALID", $"The batch sends {users.Count} files; {MostFilesOfBatch} are allowed.");
        }

        string[] names = [.. users.Keys];
        FolderAccess access = await database.FolderAccessAsync(by, ct);
        List<ApiFile> known = (await database.ApiFiles.AsNoTracking().Where(f => names.Contains(f.Name)).OrderBy(f => f.Name).ToListAsync(ct)).FindAll(f => access.MaySee(f.AsItem()));
        string? missing = names.Except(known.Select(f => f.Name)).FirstOrDefault();
        return missing is not null ? throw OrbitException.Invalid("BATCH_INVALID", $"'{users[missing]}' sends the file '{missing}', and the server has none of that name; upload it first.")
            : known.Find(f => !access.MayRun(f.AsItem())) is { } forbidden ? throw FolderAccess.Forbidden($"The file '{forbidden.Name}' may not be sent by {by.Name}, who is only a viewer of the folder '{forbidden.Folder}'.")
            : known.Sum(f => f.Size) is > MostBytesOfBatch and var size ? throw OrbitException.Invalid("BATCH_INVALID", $"The files of the batch have {size} bytes together; {MostBytesOfBatch} are allowed.")
            : known;
    }

    /// <summary>Keeps files for a batch. None of them is replaced until the transaction ends, so that no content is swept away in between.</summary>
    /// <exception cref="OrbitException">API_FILE_CHANGED.</exception>
    public static async Task KeepFilesAsync(this OrbitDbContext database, long batch, IReadOnlyList<ApiFile> files, CancellationToken ct)
    {
        foreach (ApiFile file in files)
        {
            if (await database.RunAsync("UPDATE api_files SET revision = revision WHERE name = @p0 AND revision = @p1", [file.Name, file.Revision], ct) == 0)
            {
                throw OrbitException.Conflict("API_FILE_CHANGED", $"The file '{file.Name}' was replaced at this moment; try again.");
            }

            database.ApiBatchFiles.Add(new() { BatchId = batch, Name = file.Name, BlobId = file.BlobId, Size = file.Size, Sha256 = file.Sha256 });
        }
    }

    /// <summary>Files that a batch began with. Served by the primary key.</summary>
    public static Task<List<ApiBatchFile>> FilesOfBatchAsync(this OrbitDbContext database, long batch, CancellationToken ct) =>
        database.ApiBatchFiles.AsNoTracking().Where(f => f.BatchId == batch).OrderBy(f => f.Name).ToListAsync(ct);

    /// <summary>The blob of a file that a piece's batch began with; null when it has none of that content.</summary>
    public static Task<Guid?> BlobOfPieceAsync(this OrbitDbContext database, Guid piece, string sha256, CancellationToken ct) =>
        database.ApiBatchPieces.Where(p => p.Id == piece)
            .Join(database.ApiBatchFiles.Where(f => f.Sha256 == sha256), p => p.BatchId, f => f.BatchId, (_, f) => (Guid?)f.BlobId).FirstOrDefaultAsync(ct);
}
