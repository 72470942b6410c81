using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Orbit.Agent.Files;

namespace Orbit.Agent.Deployment;

/// <summary>One entry of a tree.</summary>
/// <param name="Path">Relative to the tree; empty for the tree's own directory.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Size">Bytes of a file's content; 0 for anything else.</param>
/// <param name="Sha256">Of a file's content, lower-case hex.</param>
/// <param name="Mode">The twelve permission bits.</param>
/// <param name="User">Owner, by number.</param>
/// <param name="Group">Group, by number.</param>
/// <param name="Changed">Nanoseconds since 1970; kept and restored, but no difference by itself.</param>
/// <param name="Target">Of a symbolic link.</param>
internal sealed record ManifestEntry(
    string Path, EntryKind Kind, long Size, string? Sha256, int Mode, uint User, uint Group, long Changed, string? Target)
{
    /// <summary>Owner, mode and time as they are to be set.</summary>
    [JsonIgnore]
    public FileStatus Dress => new(Kind, Mode, User, Group, Size, Changed, 0, false, false);

    /// <summary>Reads an entry, content included.</summary>
    /// <returns>None when there is nothing.</returns>
    public static ManifestEntry? Read(TreeRoot tree, string path)
    {
        if (tree.Status(path) is not { } status)
        {
            return null;
        }

        string? sha256 = status.Kind == EntryKind.File ? Hash(tree, path) : null;
        string? target = status.Kind == EntryKind.Link ? tree.ReadLink(path) : null;
        long size = status.Kind == EntryKind.File ? status.Size : 0;
        return new(path, status.Kind, size, sha256, status.Mode, status.User, status.Group, status.ChangedNanoseconds, target);
    }

    private static string Hash(TreeRoot tree, string path)
    {
        using FileStream file = tree.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }
}

/// <summary>How an entry is not what a manifest says.</summary>
internal sealed record ManifestDifference(string Path, string What)
{
    public override string ToString() => $"{Path}: {What}";
}

/// <summary>A tree written down: every entry in ordinal order of its path.</summary>
internal sealed class TreeManifest
{
    private const int Format = 1;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
    };

    private readonly SortedDictionary<string, ManifestEntry> _entries = new(StringComparer.Ordinal);

    public TreeManifest(IEnumerable<ManifestEntry> entries)
    {
        foreach (ManifestEntry entry in entries)
        {
            _entries.Add(entry.Path, entry);
        }
    }

    public IReadOnlyCollection<ManifestEntry> Entries => _entries.Values;

    /// <summary>Size of all files, in bytes.</summary>
    public long Bytes => _entries.Values.Sum(e => e.Size);

    public ManifestEntry? Find(string path) => _entries.GetValueOrDefault(path);

    /// <summary>Writes down a whole tree.</summary>
    /// <param name="tree">Nothing else may change it meanwhile.</param>
    /// <param name="leaveOut">Paths that are not wanted.</param>
    public static TreeManifest Capture(TreeRoot tree, Func<string, bool>? leaveOut = null)
    {
        List<ManifestEntry> entries = [];
        Stack<string> ahead = new([""]);
        while (ahead.TryPop(out string? path))
        {
            if (path.Length > 0 && leaveOut is not null && leaveOut(path))
            {
                continue;
            }

            ManifestEntry entry = ManifestEntry.Read(tree, path)
                ?? throw new DeploymentRefusal(DeploymentRefusal.TreeChanged, $"'{tree.Path}/{path}' vanished while the tree was read.");
            entries.Add(entry);
            if (entry.Kind == EntryKind.Directory)
            {
                foreach (string name in tree.Names(path))
                {
                    ahead.Push(TreeRoot.Join(path, name));
                }
            }
        }

        return new(entries);
    }

    /// <summary>Compares the entries that this manifest knows with a tree. Sockets, pipes and devices come and go and are passed over.</summary>
    /// <param name="tree">What is to be judged.</param>
    /// <param name="leaveOut">Paths that may differ.</param>
    public IReadOnlyList<ManifestDifference> Compare(TreeRoot tree, Func<string, bool>? leaveOut = null) =>
    [
        .. Entries
            .Where(e => e.Kind != EntryKind.Special && leaveOut?.Invoke(e.Path) != true)
            .Select(e => Difference(e, ManifestEntry.Read(tree, e.Path)))
            .OfType<ManifestDifference>(),
    ];

    /// <summary>Compares with another manifest, both ways.</summary>
    public IReadOnlyList<ManifestDifference> Compare(TreeManifest other) =>
    [
        .. Entries.Where(e => e.Kind != EntryKind.Special).Select(e => Difference(e, other.Find(e.Path))).OfType<ManifestDifference>(),
        .. other.Entries.Where(e => e.Kind != EntryKind.Special && Find(e.Path) is null).Select(e => new ManifestDifference(e.Path, "is there and was not")),
    ];

    /// <summary>Writes the manifest as JSON lines: a header, the entries, and a checksum of all lines before it; on disk when it returns.</summary>
    public void Write(string path)
    {
        StringBuilder text = new();
        text.Append(JsonSerializer.Serialize(new Header(Format, _entries.Count), Json)).Append('\n');
        foreach (ManifestEntry entry in Entries)
        {
            text.Append(JsonSerializer.Serialize(entry, Json)).Append('\n');
        }

        byte[] lines = Encoding.UTF8.GetBytes(text.ToString());
        byte[] footer = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new Footer(Convert.ToHexStringLower(SHA256.HashData(lines))), Json) + "\n");
        DurableFile.Write(path, [.. lines, .. footer]);
    }

    /// <exception cref="DeploymentRefusal">It is not whole, or of a format of the future.</exception>
    public static TreeManifest Read(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        int footerStart = bytes.Length < 2 ? 0 : bytes.AsSpan(0, bytes.Length - 1).LastIndexOf((byte)'\n') + 1;
        try
        {
            Footer? footer = JsonSerializer.Deserialize<Footer>(bytes.AsSpan(footerStart), Json);
            string[] lines = Encoding.UTF8.GetString(bytes, 0, footerStart).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Header? header = JsonSerializer.Deserialize<Header>(lines.FirstOrDefault("null"), Json);
            bool isWhole = footer?.Sha256 == Convert.ToHexStringLower(SHA256.HashData(bytes.AsSpan(0, footerStart)))
                && header?.OrbitManifest == Format && header.Entries == lines.Length - 1;
            return isWhole
                ? new(lines.Skip(1).Select(line => JsonSerializer.Deserialize<ManifestEntry>(line, Json)!))
                : throw Damaged(path, null);
        }
        catch (JsonException broken)
        {
            throw Damaged(path, broken);
        }
    }

    private static ManifestDifference? Difference(ManifestEntry was, ManifestEntry? now)
    {
        string? what = now switch
        {
            null => "is missing",
            _ when now.Kind != was.Kind => $"is a {now.Kind} and was a {was.Kind}",
            _ when now.Sha256 != was.Sha256 => "has other content",
            _ when now.Target != was.Target => $"leads to '{now.Target}' and led to '{was.Target}'",
            _ when now.Mode != was.Mode && was.Kind != EntryKind.Link => $"has mode {Octal(now.Mode)} and had {Octal(was.Mode)}",
            _ when (now.User, now.Group) != (was.User, was.Group) => $"belongs to {now.User}:{now.Group} and belonged to {was.User}:{was.Group}",
            _ => null,
        };
        return what is null ? null : new(was.Path, what);
    }

    private static string Octal(int mode) => Convert.ToString(mode, 8);

    private static DeploymentRefusal Damaged(string path, Exception? inner) =>
        new(DeploymentRefusal.ManifestDamaged, $"The manifest '{path}' is damaged, so that nothing can be restored by it.", inner);

    private sealed record Header(int OrbitManifest, int Entries);

    private sealed record Footer(string Sha256);
}
