namespace Orbit.Agent.Archives;

/// <summary>
/// Builds the tree of an archive in a fresh directory. It knows every name, so that two entries can never meet in one
/// place, and makes symbolic links last, so that nothing is ever written through one.
/// </summary>
internal sealed class TreeWriter(string directory, ExtractionOptions options, ArchiveMeter meter)
{
    private const UnixFileMode OwnerAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const int PermissionBits = 0b111_111_111; // set-id and sticky bits of a package are never taken over

    // Ignoring case, so that a tree means the same on every file system and to every reader.
    private readonly Dictionary<string, Node> _nodes = new(StringComparer.OrdinalIgnoreCase);
    private readonly ArchiveLinks _links = new();

    /// <summary>Makes a directory; naming the same one again is harmless.</summary>
    public void AddDirectory(string path, int mode, DateTime changed)
    {
        if (path.Length > 0)
        {
            MakeDirectory(path, mode, changed);
        }
    }

    /// <summary>Makes an empty file and hands it over for writing.</summary>
    /// <param name="path">As <see cref="ArchiveName"/> gave it.</param>
    /// <param name="mode">Permission bits of the entry.</param>
    public FileStream CreateFile(string path, int mode)
    {
        Claim(path, new Node(NodeKind.File, path));
        return new FileStream(FullPath(path), new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            BufferSize = 0,
            UnixCreateMode = (UnixFileMode)(mode & PermissionBits) | UnixFileMode.UserRead,
        });
    }

    /// <summary>Sets what the system's mask took away at creation, and the time of the last change.</summary>
    public static void FinishFile(FileStream file, int mode, DateTime changed)
    {
        File.SetUnixFileMode(file.SafeFileHandle, (UnixFileMode)(mode & PermissionBits) | UnixFileMode.UserRead);
        File.SetLastWriteTimeUtc(file.SafeFileHandle, changed);
    }

    /// <summary>A hard link becomes a copy of the earlier file it names.</summary>
    public void AddHardLink(string path, string target)
    {
        if (!_nodes.TryGetValue(target, out Node? named) || named.Kind != NodeKind.File || named.Path != target)
        {
            throw new ArchiveRefusal(
                ArchiveRefusal.LinkUnsafe, $"The hard link '{path}' names '{target}', which is no earlier file of the archive.");
        }

        Claim(path, new Node(NodeKind.File, path));
        meter.CountBytes(new FileInfo(FullPath(target)).Length);
        File.Copy(FullPath(target), FullPath(path));
    }

    public void AddSymbolicLink(string path, string target)
    {
        if (!options.AllowLinksInside)
        {
            throw new ArchiveRefusal(ArchiveRefusal.LinkUnsafe, $"The archive holds the symbolic link '{path}'; links are not allowed.");
        }

        Claim(path, new Node(NodeKind.Link, path));
        _links.Add(path, target);
    }

    /// <summary>Finds where the content begins, checks and makes the links, and sets the directories' modes and times.</summary>
    public string Finish()
    {
        List<Node> top = [.. _nodes.Values.Where(n => !n.Path.Contains('/', StringComparison.Ordinal))];
        if (top.Count == 0)
        {
            throw new ArchiveRefusal(ArchiveRefusal.Empty, "The archive holds nothing.");
        }

        bool isWrapped = top is [{ Kind: NodeKind.Directory }] && !options.KeepTopFolders.Contains(top[0].Path);
        foreach ((string path, string target) in _links.Checked(rootDepth: isWrapped ? 1 : 0))
        {
            File.CreateSymbolicLink(FullPath(path), target);
        }

        foreach (Node folder in _nodes.Values.Where(n => n.Kind == NodeKind.Directory).OrderByDescending(n => n.Path.Length))
        {
            File.SetUnixFileMode(FullPath(folder.Path), (UnixFileMode)(folder.Mode & PermissionBits) | OwnerAll);
            Directory.SetLastWriteTimeUtc(FullPath(folder.Path), folder.Changed);
        }

        return isWrapped ? FullPath(top[0].Path) : directory;
    }

    private void Claim(string path, Node node)
    {
        if (path.Length == 0)
        {
            throw new ArchiveRefusal(ArchiveRefusal.NameUnsafe, "An entry that is no directory names the archive's own root.");
        }

        RequireParent(path);
        if (!_nodes.TryAdd(path, node))
        {
            throw Twice(path, _nodes[path]);
        }
    }

    private void MakeDirectory(string path, int mode, DateTime changed)
    {
        RequireParent(path);
        Node node = new(NodeKind.Directory, path, mode, changed);
        if (_nodes.TryGetValue(path, out Node? existing))
        {
            _nodes[path] = existing.Kind == NodeKind.Directory && existing.Path == path ? node : throw Twice(path, existing);
            return;
        }

        _nodes[path] = node;
        Directory.CreateDirectory(FullPath(path), OwnerAll);
    }

    /// <summary>An archive need not list the directories that its files lie in.</summary>
    private void RequireParent(string path)
    {
        int slash = path.LastIndexOf('/');
        if (slash < 0)
        {
            return;
        }

        string parent = path[..slash];
        if (!_nodes.TryGetValue(parent, out Node? existing))
        {
            MakeDirectory(parent, 0b111_101_101, DateTime.UnixEpoch);
        }
        else if (existing.Kind != NodeKind.Directory || existing.Path != parent)
        {
            throw Twice(parent, existing);
        }
    }

    private string FullPath(string path) => Path.Combine(directory, path);

    private static ArchiveRefusal Twice(string path, Node existing) =>
        new(
            ArchiveRefusal.NameTwice,
            existing.Path == path
                ? $"Two entries of the archive meet in '{path}'."
                : $"'{path}' and '{existing.Path}' in the archive differ only in case.");

    private enum NodeKind
    {
        File,
        Directory,
        Link,
    }

    private sealed record Node(NodeKind Kind, string Path, int Mode = 0, DateTime Changed = default);
}
