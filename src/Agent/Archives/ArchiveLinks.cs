namespace Orbit.Agent.Archives;

/// <summary>
/// The symbolic links of an archive. A link is judged by where the system would end up when all links are in place, for
/// two links that are harmless alone can lead out together.
/// </summary>
internal sealed class ArchiveLinks
{
    private const int MaxHops = 40; // the system's own limit
    private const int MaxTargetLength = 4000;

    private readonly Dictionary<string, string> _targets = new(StringComparer.Ordinal);

    public void Add(string path, string target)
    {
        if (target.Length is 0 or > MaxTargetLength || target[0] == '/' || target.Any(c => c == '\\' || char.IsControl(c)))
        {
            throw Unsafe(path, target, "is not a plain relative path");
        }

        _targets.Add(path, target);
    }

    /// <param name="rootDepth">How many leading segments of every path belong to the root that no link may leave.</param>
    /// <returns>All links, each found to stay inside.</returns>
    public IEnumerable<KeyValuePair<string, string>> Checked(int rootDepth)
    {
        foreach ((string path, string target) in _targets)
        {
            RequireInside(path, target, rootDepth);
        }

        return _targets;
    }

    private void RequireInside(string path, string target, int rootDepth)
    {
        List<string> place = [.. path.Split('/')[..^1]];
        Stack<string> ahead = new(target.Split('/').Reverse());
        int hops = 0;
        while (ahead.TryPop(out string? segment))
        {
            if (segment is "" or ".")
            {
                continue;
            }

            if (segment == "..")
            {
                if (place.Count <= rootDepth)
                {
                    throw Unsafe(path, target, "leads out of the archive");
                }

                place.RemoveAt(place.Count - 1);
                continue;
            }

            place.Add(segment);
            if (!_targets.TryGetValue(string.Join('/', place), out string? next))
            {
                continue;
            }

            if (++hops > MaxHops)
            {
                throw Unsafe(path, target, "runs in a circle");
            }

            place.RemoveAt(place.Count - 1);
            foreach (string part in next.Split('/').Reverse())
            {
                ahead.Push(part);
            }
        }
    }

    private static ArchiveRefusal Unsafe(string path, string target, string why) =>
        new(ArchiveRefusal.LinkUnsafe, $"The symbolic link '{path}' → '{target}' in the archive {why}.");
}
