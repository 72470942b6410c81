namespace Orbit.Agent.Policy;

/// <summary>Paths as the kernel will see them.</summary>
internal static class RealPath
{
    private const int MaxLinks = 40; // as the kernel

    /// <summary>
    /// The path with every symbolic link of its existing part followed; what does not exist yet is appended as it is. Null for a path
    /// that is relative, has <c>..</c> in it, or goes in circles.
    /// </summary>
    public static string? Of(string path)
    {
        if (!path.StartsWith('/') || path.Contains('\0', StringComparison.Ordinal))
        {
            return null;
        }

        Stack<string> rest = new(Parts(path).Reverse());
        if (rest.Contains(".."))
        {
            return null;
        }

        string real = "/";
        int links = 0;
        while (rest.TryPop(out string? part))
        {
            if (part == "..")
            {
                real = Path.GetDirectoryName(real) ?? "/"; // from a link; the path itself has none
                continue;
            }

            string next = Path.Combine(real, part);
            string? target = new FileInfo(next).LinkTarget;
            if (target is null)
            {
                real = next;
                continue;
            }

            if (++links > MaxLinks)
            {
                return null;
            }

            real = target.StartsWith('/') ? "/" : real;
            foreach (string step in Parts(target).Reverse())
            {
                rest.Push(step);
            }
        }

        return real;
    }

    /// <summary>Whether a real path is a real directory or below it.</summary>
    public static bool IsWithin(string path, string directory) =>
        path == directory || directory == "/" || path.StartsWith(directory + "/", StringComparison.Ordinal);

    private static IEnumerable<string> Parts(string path) =>
        path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != ".");
}
