using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Orbit.Agent.Files;

namespace Orbit.Agent.Packages;

/// <summary>What a server says of a file before it is fetched; enough to know it again.</summary>
internal sealed record PackageVersion(Uri Address, string? ETag, string? LastModified, long? Length)
{
    /// <summary>False when nothing tells this version from the next one.</summary>
    public bool CanBeRecognised => Length is not null && (ETag is not null || LastModified is not null);

    /// <summary>True when a partial answer belongs to this version. Such an answer may leave out the time of change.</summary>
    public bool IsContinuedBy(PackageVersion part) =>
        part.ETag == ETag
        && (part.LastModified ?? LastModified) == LastModified
        && (part.Length ?? Length) == (Length ?? part.Length);
}

/// <summary>
/// Downloaded packages by SHA-256, in one directory of bounded size. Packages in use stay; of the others the longest
/// unused goes first. Safe for concurrent use within the one agent process that owns the directory.
/// </summary>
internal sealed class PackageCache
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _leases = [];
    private readonly Dictionary<string, (SemaphoreSlim Door, int Waiting)> _doors = [];
    private readonly PackageCacheIndex _index;
    private readonly string _content;
    private readonly string _partial;
    private readonly long _maxBytes;
    private readonly TimeProvider _time;
    private readonly ILogger<PackageCache> _logger;

    public PackageCache(string directory, long maxBytes, TimeProvider time, ILogger<PackageCache> logger)
    {
        _content = Path.Combine(directory, "sha256");
        _partial = Path.Combine(directory, "partial");
        (_maxBytes, _time, _logger) = (maxBytes, time, logger);
        UnixFileMode ownerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Directory.CreateDirectory(_content, ownerOnly);
        Directory.CreateDirectory(_partial, ownerOnly);
        _index = PackageCacheIndex.Load(Path.Combine(directory, "index.json"), logger);
    }

    /// <summary>Where the unfinished download of an address lies.</summary>
    public string PartialPath(Uri address) => Path.Combine(_partial, Key(address) + ".part");

    /// <summary>Lets one fetch of an address in at a time. Dispose the result to let the next one in.</summary>
    public async Task<IDisposable> EnterAsync(Uri address, CancellationToken ct)
    {
        string key = Key(address);
        SemaphoreSlim door;
        lock (_gate)
        {
            (SemaphoreSlim existing, int waiting) = _doors.TryGetValue(key, out var found) ? found : (new SemaphoreSlim(1), 0);
            _doors[key] = (existing, waiting + 1);
            door = existing;
        }

        try
        {
            await door.WaitAsync(ct).ConfigureAwait(false);
        }
        catch
        {
            Leave(key, entered: false);
            throw;
        }

        return new Release(() => Leave(key, entered: true));
    }

    /// <summary>The SHA-256 that this version of an address had when it was fetched; none when it never was.</summary>
    public string? KnownSha256(PackageVersion version)
    {
        lock (_gate)
        {
            return version.CanBeRecognised ? _index.Find(version)?.Sha256 : null;
        }
    }

    /// <summary>The SHA-256 that the address had at the latest fetch, whatever version that was.</summary>
    public string? LatestSha256(Uri address)
    {
        lock (_gate)
        {
            return _index.Latest(address)?.Sha256;
        }
    }

    /// <summary>Takes a package out for use after reading it once to see that it is whole.</summary>
    /// <returns>None when it is not here (any more).</returns>
    public async Task<CachedPackage?> TakeAsync(string sha256, CancellationToken ct)
    {
        CachedPackage? taken = Lease(sha256);
        if (taken is null)
        {
            return null;
        }

        bool whole = false;
        try
        {
            whole = await FileHash.Sha256Async(taken.Path, ct).ConfigureAwait(false) == sha256;
        }
        finally
        {
            if (!whole)
            {
                taken.Dispose();
            }
        }

        if (whole)
        {
            return taken;
        }

        _logger.CacheDamaged(sha256);
        File.Delete(ContentPath(sha256));
        return null;
    }

    /// <summary>Moves a finished, checked download into the cache and takes it out for use.</summary>
    public CachedPackage Keep(string finishedFile, string sha256, PackageVersion version)
    {
        lock (_gate)
        {
            File.Move(finishedFile, ContentPath(sha256), overwrite: true); // the same bytes, so a reader of the older file loses nothing
            CachedPackage kept = Lease(sha256)!;
            _index.Remember(version, sha256);
            Evict();
            return kept;
        }
    }

    private CachedPackage? Lease(string sha256)
    {
        lock (_gate)
        {
            FileInfo file = new(ContentPath(sha256));
            if (!file.Exists)
            {
                return null;
            }

            file.LastWriteTimeUtc = _time.GetUtcNow().UtcDateTime; // the time of last use
            _leases[sha256] = _leases.GetValueOrDefault(sha256) + 1;
            return new CachedPackage(file.FullName, sha256, file.Length, () => Return(sha256));
        }
    }

    private void Return(string sha256)
    {
        lock (_gate)
        {
            if (--_leases[sha256] == 0)
            {
                _leases.Remove(sha256);
            }
        }
    }

    /// <summary>Runs under the gate.</summary>
    private void Evict()
    {
        List<FileInfo> content = [.. new DirectoryInfo(_content).EnumerateFiles()];
        List<FileInfo> partial = [.. new DirectoryInfo(_partial).EnumerateFiles("*.part")];
        long total = content.Sum(f => f.Length) + partial.Sum(f => f.Length);
        IEnumerable<FileInfo> idle = content.Where(f => !_leases.ContainsKey(f.Name))
            .Concat(partial.Where(f => !_doors.ContainsKey(Path.GetFileNameWithoutExtension(f.Name))))
            .OrderBy(f => f.LastWriteTimeUtc);
        foreach (FileInfo file in idle)
        {
            if (total <= _maxBytes)
            {
                return;
            }

            long length = file.Length;
            total -= length;
            file.Delete();
            File.Delete(file.FullName + ".json"); // the note of a partial download; packages have none
            _logger.Evicted(file.Name, length);
        }
    }

    private void Leave(string key, bool entered)
    {
        lock (_gate)
        {
            (SemaphoreSlim door, int waiting) = _doors[key];
            if (entered)
            {
                door.Release();
            }

            if (waiting == 1)
            {
                _doors.Remove(key);
            }
            else
            {
                _doors[key] = (door, waiting - 1);
            }
        }
    }

    private string ContentPath(string sha256) => Path.Combine(_content, sha256);

    private static string Key(Uri address) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(address.AbsoluteUri)))[..32];

    private sealed class Release(Action leave) : IDisposable
    {
        public void Dispose() => Interlocked.Exchange(ref leave!, null)?.Invoke();
    }
}

/// <summary>A whole package on this host's disk, kept there until disposed.</summary>
internal sealed class CachedPackage(string path, string sha256, long length, Action giveBack) : IDisposable
{
    private Action? _giveBack = giveBack;

    public string Path { get; } = path;

    public string Sha256 { get; } = sha256;

    /// <summary>In bytes.</summary>
    public long Length { get; } = length;

    public void Dispose() => Interlocked.Exchange(ref _giveBack, null)?.Invoke();
}
