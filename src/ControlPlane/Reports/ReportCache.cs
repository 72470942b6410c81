using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Options;
using Orbit.ControlPlane.Storage;
using Orbit.ControlPlane.Storage.Blobs;

namespace Orbit.ControlPlane.Reports;

/// <summary>
/// Unpacked reports on this process's disk, bounded in bytes. Whatever is missing is unpacked again from the blob, so any replica serves any
/// report and the directory may be deleted at any time.
/// </summary>
internal sealed class ReportCache(IBlobStore blobs, DataDirectory data, IOptions<ReportOptions> options, TimeProvider time)
{
    /// <summary>File that makes an unpacked report complete: holds its bytes; its time is the last use.</summary>
    private const string Marker = ".bytes";

    private readonly ConcurrentDictionary<Guid, SemaphoreSlim> _unpacking = new();
    private readonly string _root = Path.GetDirectoryName(data.At("cache", "reports", "x"))!;

    /// <summary>Opens a file of a version of a report for reading; null when the report or the file is not there.</summary>
    /// <param name="version">Version of the report.</param>
    /// <param name="path">Path within it, checked by <see cref="ReportFiles.IsUsable"/>.</param>
    /// <param name="ct">Ends it.</param>
    public async Task<FileStream?> OpenAsync(Guid version, string path, CancellationToken ct)
    {
        string directory = Path.Combine(_root, version.ToString("N"));
        // Twice: another reader's report may push this one out between the check and the opening.
        for (int attempt = 0; attempt < 2; attempt++)
        {
            if (!File.Exists(Path.Combine(directory, Marker)) && !await UnpackAsync(version, directory, ct))
            {
                return null;
            }

            try
            {
                return new FileStream(Path.Combine(directory, path), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 64 * 1024, useAsync: true);
            }
            catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
            {
                if (File.Exists(Path.Combine(directory, Marker)))
                {
                    return null; // a directory is "unauthorized"
                }
            }
        }

        return null;
    }

    /// <summary>Notes that somebody reads a version, so that others go first.</summary>
    public void Touch(Guid version)
    {
        string marker = Path.Combine(_root, version.ToString("N"), Marker);
        if (File.Exists(marker))
        {
            File.SetLastWriteTimeUtc(marker, time.GetUtcNow().UtcDateTime);
        }
    }

    private async Task<bool> UnpackAsync(Guid version, string directory, CancellationToken ct)
    {
        SemaphoreSlim one = _unpacking.GetOrAdd(version, static _ => new SemaphoreSlim(1, 1));
        await one.WaitAsync(ct);
        try
        {
            return File.Exists(Path.Combine(directory, Marker)) || await UnpackOnceAsync(version, directory, ct);
        }
        finally
        {
            one.Release();
        }
    }

    private async Task<bool> UnpackOnceAsync(Guid version, string directory, CancellationToken ct)
    {
        string beside = $"{directory}.{Guid.NewGuid():N}";
        string packed = beside + ".zip";
        try
        {
            await using (FileStream file = File.Create(packed))
            {
                if (!await blobs.CopyToAsync(version, file, ct))
                {
                    return false;
                }
            }

            Directory.CreateDirectory(beside);
            long bytes = await ReportPack.UnpackAsync(packed, beside, ct);
            await File.WriteAllTextAsync(Path.Combine(beside, Marker), bytes.ToString(CultureInfo.InvariantCulture), ct);
            if (Directory.Exists(directory))
            {
                Directory.Delete(directory, recursive: true); // without a marker: half deleted
            }

            Directory.Move(beside, directory);
            Trim(keep: directory);
            return true;
        }
        finally
        {
            File.Delete(packed);
            if (Directory.Exists(beside))
            {
                Directory.Delete(beside, recursive: true);
            }
        }
    }

    /// <summary>Removes what was not opened for longest until the rest fits.</summary>
    private void Trim(string keep)
    {
        FileInfo[] markers = [.. new DirectoryInfo(_root).EnumerateDirectories()
            .Select(d => new FileInfo(Path.Combine(d.FullName, Marker)))
            .Where(m => m.Exists)
            .OrderByDescending(m => m.DirectoryName == keep)
            .ThenByDescending(m => m.LastWriteTimeUtc)];
        long kept = 0;
        foreach (FileInfo marker in markers)
        {
            kept += long.TryParse(File.ReadAllText(marker.FullName), CultureInfo.InvariantCulture, out long bytes) ? bytes : 0;
            if (kept > options.Value.CacheBytes && marker.DirectoryName != keep)
            {
                marker.Delete(); // from here on it is not served
                Directory.Delete(marker.DirectoryName!, recursive: true);
            }
        }
    }
}
