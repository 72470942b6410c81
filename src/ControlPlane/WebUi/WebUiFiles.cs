using System.Collections.Frozen;
using Microsoft.Extensions.Options;

namespace Orbit.ControlPlane.WebUi;

/// <summary>A built file, as it is sent.</summary>
/// <param name="Path">Where it lies.</param>
/// <param name="ContentType">Its media type.</param>
/// <param name="Encoding">How it is packed: <c>br</c>, <c>gzip</c>; empty: not at all.</param>
internal readonly record struct WebUiFile(string Path, string ContentType, string Encoding);

/// <summary>Finds built files by their address. Looked up anew each time, so that a build is noticed without a restart.</summary>
internal sealed class WebUiFiles(IOptions<WebUiOptions> options)
{
    /// <summary>The page that every view begins with.</summary>
    public const string FirstPage = "index.html";

    private static readonly FrozenDictionary<string, string> Types = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        [".html"] = "text/html; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".svg"] = "image/svg+xml",
        [".png"] = "image/png",
        [".ico"] = "image/x-icon",
        [".json"] = "application/json",
        [".webmanifest"] = "application/manifest+json",
        [".txt"] = "text/plain; charset=utf-8",
        [".woff2"] = "font/woff2",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>A file by its path below the root, packed as the caller can take it; null when there is none.</summary>
    public WebUiFile? Find(string path, bool brotli, bool gzip)
    {
        if (Root() is not { } root || !IsUsable(path) || !Types.TryGetValue(Path.GetExtension(path), out string? type))
        {
            return null;
        }

        string plain = Path.Combine(root, path);
        return brotli && File.Exists(plain + ".br") ? new(plain + ".br", type, "br")
            : gzip && File.Exists(plain + ".gz") ? new(plain + ".gz", type, "gzip")
            : File.Exists(plain) ? new(plain, type, "")
            : null;
    }

    private string? Root() => Places().FirstOrDefault(place => File.Exists(Path.Combine(place, FirstPage)));

    private IEnumerable<string> Places()
    {
        if (options.Value.Directory.Length > 0)
        {
            yield return Path.GetFullPath(options.Value.Directory);
            yield break;
        }

        yield return Path.Combine(AppContext.BaseDirectory, "wwwroot");
        for (string? above = AppContext.BaseDirectory; above is not null; above = Path.GetDirectoryName(above))
        {
            yield return Path.Combine(above, "src", "Web", "dist");
        }
    }

    /// <summary>True for a path that can only lead to a file below the root.</summary>
    private static bool IsUsable(string path) =>
        path.Length is > 0 and <= 256 && path.Split('/').All(part => part.Length > 0 && part[0] != '.' && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_'));
}
