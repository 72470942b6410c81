using System.Security.Cryptography;
using System.Text;
using Orbit.Agent.Files;

namespace Orbit.Agent.Deployment;

/// <summary>
/// Does single changes in a tree, each in one step as seen from outside, and each so that doing it again is harmless.
/// </summary>
/// <param name="tree">What is changed.</param>
/// <param name="runId">Part of the names of temporary files.</param>
/// <param name="step">Told before each change; tests stop the work there.</param>
internal sealed class TreeChange(TreeRoot tree, string runId, Action<string>? step)
{
    private const int BufferBytes = 256 * 1024;

    private readonly HashSet<string> _touched = [];

    /// <summary>Does a planned change, taking content from <paramref name="source"/> where it needs any.</summary>
    public void Do(PlannedChange change, TreeRoot source)
    {
        switch (change.Kind)
        {
            case ChangeKind.MakeDirectory:
                MakeDirectory(change.Wanted);
                break;
            case ChangeKind.PutFile or ChangeKind.PutLink:
                Put(change.Wanted, source);
                break;
            case ChangeKind.Remove:
                Remove(change.Path);
                break;
            default:
                RemoveDirectoryIfEmpty(change.Path);
                break;
        }
    }

    public void MakeDirectory(ManifestEntry wanted)
    {
        if (wanted.Path.Length > 0)
        {
            step?.Invoke($"mkdir {wanted.Path}");
            tree.MakeDirectory(wanted.Path);
            Touch(wanted.Path);
        }

        tree.Dress(wanted.Path, wanted.Dress);
    }

    /// <summary>Writes beside, dresses, writes out, and renames over whatever is there.</summary>
    public void Put(ManifestEntry wanted, TreeRoot source)
    {
        string fresh = TemporaryOf(wanted.Path);
        tree.Remove(fresh);
        if (IsThere(wanted))
        {
            return;
        }

        step?.Invoke($"write {wanted.Path}");
        if (wanted.Kind == EntryKind.Link)
        {
            tree.MakeLink(fresh, wanted.Target!);
            tree.Dress(fresh, wanted.Dress);
        }
        else
        {
            CopyContent(wanted, source, fresh);
        }

        step?.Invoke($"rename {wanted.Path}");
        tree.Rename(fresh, wanted.Path);
        Touch(wanted.Path);
    }

    public void Remove(string path)
    {
        tree.Remove(TemporaryOf(path));
        if (tree.Status(path) is { Kind: not EntryKind.Directory })
        {
            step?.Invoke($"remove {path}");
            tree.Remove(path);
            Touch(path);
        }
    }

    /// <summary>A directory in which somebody else has put something stays.</summary>
    public void RemoveDirectoryIfEmpty(string path)
    {
        if (tree.Status(path) is { Kind: EntryKind.Directory })
        {
            step?.Invoke($"rmdir {path}");
            tree.RemoveDirectory(path);
            Touch(path);
        }
    }

    /// <summary>Removes what a change that was broken off may have left beside its path.</summary>
    public void RemoveTemporary(string path) => tree.Remove(TemporaryOf(path));

    /// <summary>Makes the names durable that were changed. Contents are durable already.</summary>
    public void Sync()
    {
        foreach (string directory in _touched.Where(d => tree.Status(d) is { Kind: EntryKind.Directory }))
        {
            tree.SyncDirectory(directory);
        }
    }

    private bool IsThere(ManifestEntry wanted)
    {
        // The cheap facts first: content is only read when they agree.
        if (tree.Status(wanted.Path) is not { } now || now.Kind != wanted.Kind || (now.User, now.Group) != (wanted.User, wanted.Group)
            || (wanted.Kind == EntryKind.File && (now.Size != wanted.Size || now.Mode != wanted.Mode)))
        {
            return false;
        }

        ManifestEntry read = ManifestEntry.Read(tree, wanted.Path)!;
        return read.Sha256 == wanted.Sha256 && read.Target == wanted.Target;
    }

    private void CopyContent(ManifestEntry wanted, TreeRoot source, string fresh)
    {
        using FileStream from = source.OpenRead(wanted.Path);
        using FileStream to = tree.CreateFile(fresh);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[BufferBytes];
        try
        {
            while (from.Read(buffer) is > 0 and int count)
            {
                hash.AppendData(buffer.AsSpan(0, count));
                to.Write(buffer.AsSpan(0, count));
            }

            if (Convert.ToHexStringLower(hash.GetHashAndReset()) != wanted.Sha256)
            {
                tree.Remove(fresh);
                throw new DeploymentRefusal(
                    DeploymentRefusal.SourceChanged, $"'{source.Path}/{wanted.Path}' is no longer what it was when the plan was made.");
            }

            tree.Dress(fresh, wanted.Dress);
            to.Flush(flushToDisk: true);
        }
        catch (IOException full) when (NoSpaceRefusal.IsFull(full))
        {
            tree.Remove(fresh); // the half-written copy itself would keep the disk full
            throw new NoSpaceRefusal($"{tree.Path}/{wanted.Path}", wanted.Size, full);
        }
    }

    private void Touch(string path) => _touched.Add(path.LastIndexOf('/') is var slash and > 0 ? path[..slash] : "");

    /// <summary>The same for the same run and path, so that a later attempt finds it; short, whatever the name it stands for.</summary>
    private string TemporaryOf(string path)
    {
        string key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{runId}\n{path}")))[..16];
        int slash = path.LastIndexOf('/');
        return $"{path[..(slash + 1)]}.orbit-new-{key}";
    }
}
