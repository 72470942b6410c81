using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Orbit.ControlPlane.Storage.Blobs;

/// <summary>Blobs as files, named by their ids, in 256 directories. Written beside, synced, renamed.</summary>
internal sealed partial class DirectoryBlobs(string root, TimeProvider time) : IBlobStore
{
    private const string Unfinished = ".part";
    private const string Keeping = ".keep";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>A mark that is older was left by a process that died.</summary>
    private static readonly TimeSpan LongestKeep = TimeSpan.FromDays(1);

    public bool IsInDatabase => false;

    /// <remarks>By a file in the directory, because other replicas remove from it too.</remarks>
    public IDisposable KeepAll()
    {
        Directory.CreateDirectory(root, OwnerOnly | UnixFileMode.UserExecute);
        string mark = Path.Combine(root, Guid.NewGuid().ToString("N") + Keeping);
        new FileStream(mark, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }).Dispose();
        return new Keeper(mark);
    }

    public async Task<Guid> WriteAsync(Stream content, CancellationToken ct)
    {
        Guid id = Guid.CreateVersion7(time.GetUtcNow());
        await PutAsync(id, content, ct);
        return id;
    }

    public async Task PutAsync(Guid id, Stream content, CancellationToken ct)
    {
        string path = PathOf(id);
        string directory = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(directory, OwnerOnly | UnixFileMode.UserExecute);
        string beside = path + Unfinished;
        try
        {
            FileStreamOptions options = new() { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnerOnly, Options = FileOptions.Asynchronous };
            await using (FileStream file = new(beside, options))
            {
                await content.CopyToAsync(file, ct);
                file.Flush(flushToDisk: true);
            }

            File.Move(beside, path, overwrite: true); // the same blob, of a restore that was cut off
        }
        catch
        {
            File.Delete(beside);
            throw;
        }

        SyncDirectory(directory);
    }

    public async Task<bool> CopyToAsync(Guid id, Stream destination, CancellationToken ct)
    {
        FileStream file;
        try
        {
            file = new FileStream(PathOf(id), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 64 * 1024, useAsync: true);
        }
        catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }

        await using (file)
        {
            await file.CopyToAsync(destination, ct);
        }

        return true;
    }

    public Task RemoveAsync(Guid id, CancellationToken ct)
    {
        string path = PathOf(id);
        if (!IsKept() && Directory.Exists(Path.GetDirectoryName(path)))
        {
            File.Delete(path);
        }

        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<Guid>> SweepAsync(DateTimeOffset limit, CancellationToken ct)
    {
        List<Guid> whole = [];
        if (Directory.Exists(root))
        {
            foreach (FileInfo file in new DirectoryInfo(root).EnumerateFiles("*", SearchOption.AllDirectories))
            {
                ct.ThrowIfCancellationRequested();
                if (file.LastWriteTimeUtc >= limit.UtcDateTime)
                {
                    continue;
                }

                if (file.Extension == Unfinished || (file.Extension == Keeping && IsStale(file)))
                {
                    file.Delete();
                }
                else if (Guid.TryParseExact(file.Name, "N", out Guid id))
                {
                    whole.Add(id);
                }
            }
        }

        return Task.FromResult<IReadOnlyList<Guid>>(whole);
    }

    public Task<IReadOnlyList<Guid>> ListAsync(CancellationToken ct)
    {
        List<Guid> whole = [];
        foreach (FileInfo file in Directory.Exists(root) ? new DirectoryInfo(root).EnumerateFiles("*", SearchOption.AllDirectories) : [])
        {
            ct.ThrowIfCancellationRequested();
            if (Guid.TryParseExact(file.Name, "N", out Guid id))
            {
                whole.Add(id);
            }
        }

        return Task.FromResult<IReadOnlyList<Guid>>(whole);
    }

    /// <summary>By the last, random, byte: the first ones are the time.</summary>
    private string PathOf(Guid id)
    {
        string name = id.ToString("N");
        return Path.Combine(root, name[^2..], name);
    }

    /// <summary>Makes the rename durable.</summary>
    private static void SyncDirectory(string directory)
    {
        using SafeFileHandle handle = Open(directory, 0);
        if (handle.IsInvalid || Sync(handle) != 0)
        {
            throw new IOException($"{directory} cannot be synced: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }
    }

    private bool IsKept() => Directory.Exists(root) && new DirectoryInfo(root).EnumerateFiles("*" + Keeping).Any(mark => !IsStale(mark));

    private bool IsStale(FileInfo mark) => mark.LastWriteTimeUtc < (time.GetUtcNow() - LongestKeep).UtcDateTime;

    private sealed class Keeper(string mark) : IDisposable
    {
        public void Dispose() => File.Delete(mark);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(SafeFileHandle file);
}
