using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Orbit.Agent.Packages;

/// <summary>
/// Which content each address had, by version. Losing it costs downloads, never correctness, so an unreadable index is
/// started afresh. Callers hold the cache's gate.
/// </summary>
internal sealed class PackageCacheIndex
{
    private const int MaxEntries = 10_000;

    private readonly string _path;
    private readonly List<Entry> _entries; // oldest fetch first

    private PackageCacheIndex(string path, List<Entry> entries) => (_path, _entries) = (path, entries);

    public static PackageCacheIndex Load(string path, ILogger logger)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            return new(path, JsonSerializer.Deserialize<List<Entry>>(file) ?? []);
        }
        catch (FileNotFoundException)
        {
            return new(path, []);
        }
        catch (JsonException damaged)
        {
            logger.IndexUnreadable(damaged.Message);
            return new(path, []);
        }
    }

    public Entry? Find(PackageVersion version) => _entries.FindLast(e => e.IsOf(version));

    public Entry? Latest(Uri address) => _entries.FindLast(e => e.Address == address.AbsoluteUri);

    public void Remember(PackageVersion version, string sha256)
    {
        _entries.RemoveAll(e => e.IsOf(version));
        _entries.Add(new(version.Address.AbsoluteUri, version.ETag, version.LastModified, version.Length, sha256));
        if (_entries.Count > MaxEntries)
        {
            _entries.RemoveRange(0, _entries.Count - MaxEntries);
        }

        Save();
    }

    /// <summary>Entries outlive their content on purpose: <see cref="Latest"/> tells a re-published package from the first one.</summary>
    private void Save()
    {
        string fresh = _path + ".new";
        File.WriteAllBytes(fresh, JsonSerializer.SerializeToUtf8Bytes(_entries));
        File.Move(fresh, _path, overwrite: true);
    }

    internal sealed record Entry(string Address, string? ETag, string? LastModified, long? Length, string Sha256)
    {
        public bool IsOf(PackageVersion version) =>
            Address == version.Address.AbsoluteUri
            && ETag == version.ETag
            && LastModified == version.LastModified
            && Length == version.Length;
    }
}
