using Orbit.Agent.Files;

namespace Orbit.Agent.Packages;

/// <summary>Picks the one archive of a listing that a test item's pattern means.</summary>
internal static class PackageChoice
{
    private const int NamesInMessage = 50;

    private static readonly string[] ArchiveEndings = [".tar.gz", ".tgz", ".zip", ".tar"];

    /// <summary>The endings of checksum files that may lie beside a package; never packages themselves.</summary>
    public static readonly IReadOnlyList<string> SideFileEndings = [".sha256", ".sha256sum", ".md5", ".md5sum"];

    /// <summary>True for a file name that ends like an archive.</summary>
    public static bool IsArchive(string fileName) =>
        ArchiveEndings.Any(ending => fileName.Length > ending.Length && fileName.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    /// <summary>Chooses by a glob on the file name, ignoring case.</summary>
    /// <exception cref="PackageRefusal">Not exactly one archive matches; the message lists what was there.</exception>
    public static string Choose(PackageListing listing, string pattern)
    {
        Glob glob;
        try
        {
            glob = Glob.Parse(pattern, ignoreCase: true);
        }
        catch (FormatException bad)
        {
            throw new PackageRefusal(PackageRefusal.PatternInvalid, $"The package pattern cannot be used. {bad.Message}", bad);
        }

        List<string> matching = [.. listing.Files.Where(name => IsArchive(name) && glob.IsMatch(name))];
        return matching.Count switch
        {
            1 => matching[0],
            0 => throw new PackageRefusal(
                PackageRefusal.NotFound,
                $"No archive at {listing.Directory} matches '{pattern}'. {Contents(listing)}"),
            _ => throw new PackageRefusal(
                PackageRefusal.Ambiguous,
                $"{matching.Count} archives at {listing.Directory} match '{pattern}', exactly one must: {Names(matching)}."),
        };
    }

    private static string Contents(PackageListing listing)
    {
        List<string> names = [.. listing.Files, .. listing.Directories.Select(d => d + "/")];
        string held = names.Count == 0 ? "The directory is empty." : $"It holds {Names(names)}.";
        return listing.Ignored == 0 ? held : $"{held} {listing.Ignored} links that lead elsewhere were ignored.";
    }

    private static string Names(List<string> names) =>
        names.Count <= NamesInMessage
            ? string.Join(", ", names)
            : $"{string.Join(", ", names.Take(NamesInMessage))} and {names.Count - NamesInMessage} more";
}
