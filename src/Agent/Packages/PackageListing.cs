using System.Text.Json;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;

namespace Orbit.Agent.Packages;

/// <summary>
/// What a package directory holds, read from an nginx autoindex in either of its formats. Names come from the links and
/// not from the text, which nginx cuts at 50 characters. Only direct children of the directory are taken; every other
/// link is counted and left out.
/// </summary>
internal sealed class PackageListing
{
    /// <summary>Largest listing that is read, in bytes.</summary>
    public const int MaxBytes = 16 * 1024 * 1024;

    /// <summary>Most entries a listing may hold.</summary>
    public const int MaxEntries = 200_000;

    private const int MaxNameLength = 255;

    private readonly SortedSet<string> _files = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _directories = new(StringComparer.Ordinal);

    private PackageListing(Uri directory) => Directory = directory;

    /// <summary>The listed directory; ends with a slash.</summary>
    public Uri Directory { get; }

    /// <summary>File names, decoded, in ordinal order.</summary>
    public IReadOnlySet<string> Files => _files;

    /// <summary>Names of sub-directories, for messages only.</summary>
    public IReadOnlySet<string> Directories => _directories;

    /// <summary>Links that led elsewhere or had a name that no file here may have.</summary>
    public int Ignored { get; private set; }

    /// <summary>The address of a file of this listing.</summary>
    public Uri AddressOf(string fileName) => new(Directory.AbsoluteUri + Uri.EscapeDataString(fileName));

    /// <summary>Reads an HTML listing.</summary>
    public static PackageListing ParseHtml(Uri directory, Stream html)
    {
        using IHtmlDocument document = new HtmlParser().ParseDocument(html);
        PackageListing listing = new(directory);
        int seen = 0;
        foreach (IElement anchor in document.QuerySelectorAll("a[href]"))
        {
            RequireRoom(++seen, directory);
            listing.AddLink(anchor.GetAttribute("href")!);
        }

        return listing;
    }

    /// <summary>Reads a JSON listing (<c>autoindex_format json</c>).</summary>
    /// <exception cref="PackageRefusal">The text is not such a listing.</exception>
    public static PackageListing ParseJson(Uri directory, Stream json)
    {
        PackageListing listing = new(directory);
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 8 });
            if (document.RootElement.ValueKind != JsonValueKind.Array)
            {
                throw Invalid(directory, "it is no JSON array");
            }

            RequireRoom(document.RootElement.GetArrayLength(), directory);
            foreach (JsonElement entry in document.RootElement.EnumerateArray())
            {
                string name = entry.GetProperty("name").GetString() ?? "";
                listing.Add(name, isDirectory: entry.GetProperty("type").GetString() == "directory");
            }
        }
        catch (Exception broken) when (broken is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw Invalid(directory, "it is no JSON listing with names and types", broken);
        }

        return listing;
    }

    private void AddLink(string href)
    {
        // A link that only changes the order of the listing, or goes up, is part of the page and no entry.
        if (href.Length == 0 || href[0] is '?' or '#' || href is "../" or ".." or "./" or "/")
        {
            return;
        }

        string prefix = Directory.AbsoluteUri;
        if (!Uri.TryCreate(Directory, href, out Uri? target)
            || !target.AbsoluteUri.StartsWith(prefix, StringComparison.Ordinal)
            || target.Query.Length > 0
            || target.Fragment.Length > 0)
        {
            Ignored++;
            return;
        }

        string rest = target.AbsoluteUri[prefix.Length..];
        bool isDirectory = rest.EndsWith('/');
        Add(Uri.UnescapeDataString(isDirectory ? rest[..^1] : rest), isDirectory);
    }

    private void Add(string name, bool isDirectory)
    {
        if (!IsPlainName(name))
        {
            Ignored++;
            return;
        }

        (isDirectory ? _directories : _files).Add(name);
    }

    private static bool IsPlainName(string name) =>
        name.Length is > 0 and <= MaxNameLength
        && name is not ("." or "..")
        && !name.Any(c => c is '/' or '\\' or '\u2028' or '\u2029' or '\uFFFD' || char.IsControl(c));

    private static void RequireRoom(int entries, Uri directory)
    {
        if (entries > MaxEntries)
        {
            throw new PackageRefusal(
                PackageRefusal.ListingTooLarge, $"The listing of {directory} has more than {MaxEntries:N0} entries.");
        }
    }

    private static PackageRefusal Invalid(Uri directory, string why, Exception? inner = null) =>
        new(PackageRefusal.ListingInvalid, $"The listing of {directory} cannot be read: {why}.", inner);
}
