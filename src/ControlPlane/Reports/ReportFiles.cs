using System.Collections.Frozen;

namespace Orbit.ControlPlane.Reports;

/// <summary>
/// How the files of a report are sent. They come from agents: their types are fixed by their names, none is guessed, only Allure's own two
/// pages may run scripts, and what a browser could take for a page is downloaded instead of shown.
/// </summary>
internal static class ReportFiles
{
    private const string Download = "application/octet-stream";

    private static readonly FrozenDictionary<string, string> Shown = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        [".json"] = "application/json",
        [".txt"] = "text/plain; charset=utf-8",
        [".log"] = "text/plain; charset=utf-8",
        [".csv"] = "text/plain; charset=utf-8",
        [".png"] = "image/png",
        [".jpg"] = "image/jpeg",
        [".jpeg"] = "image/jpeg",
        [".gif"] = "image/gif",
        [".webp"] = "image/webp",
        [".bmp"] = "image/bmp",
        [".svg"] = "image/svg+xml",
        [".mp4"] = "video/mp4",
        [".webm"] = "video/webm",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>Types of the pages' own parts; an attachment never has them.</summary>
    private static readonly FrozenDictionary<string, string> Parts = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        [".html"] = "text/html; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".mjs"] = "text/javascript; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".ico"] = "image/x-icon",
        [".woff"] = "font/woff",
        [".woff2"] = "font/woff2",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>True for the two pages of Allure.</summary>
    public static bool IsPage(string path) => path is "awesome/index.html" or "allure2/index.html";

    /// <summary>True for a path that can only lead to a file within a report.</summary>
    public static bool IsUsable(string path) =>
        path.Length is > 0 and <= 1024 && path.Split('/').All(part => part.Length is > 0 and <= 255 && part[0] != '.'
            && part.All(c => !char.IsControl(c) && c is not ('\\' or ':' or '%')));

    /// <summary>The media type of a file, and whether it is only to be downloaded.</summary>
    public static (string Type, bool Download) TypeOf(string path)
    {
        string extension = Path.GetExtension(path);
        if (!path.Contains("/data/", StringComparison.Ordinal) && (extension != ".html" || IsPage(path)) && Parts.TryGetValue(extension, out string? part))
        {
            return (part, false);
        }

        return Shown.TryGetValue(extension, out string? shown) ? (shown, false) : (Download, true);
    }

    /// <summary>Sets what every answer about reports carries.</summary>
    /// <param name="context">The request.</param>
    /// <param name="page">True for Allure's own pages.</param>
    /// <param name="loadsBelow">Path below which the page may fetch; the API of the same server is not.</param>
    /// <param name="publicUrl">Address that people use, should a proxy rewrite the host.</param>
    public static void SetHeaders(HttpContext context, bool page, string loadsBelow, string publicUrl)
    {
        IHeaderDictionary headers = context.Response.Headers;
        headers.ContentSecurityPolicy = page
            ? "sandbox allow-scripts allow-popups allow-downloads; default-src 'none'; script-src 'self' 'unsafe-inline'; "
                + "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' data: blob:; "
                + $"connect-src {Sources(context, loadsBelow, publicUrl)}; frame-src 'self' data: blob:; "
                + "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
            : "sandbox allow-downloads; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"; // a page in a sandbox is of another origin than its own parts
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), clipboard-read=()";
    }

    /// <summary>Host and path without a scheme stand for the page's own scheme, also behind a proxy that ends TLS.</summary>
    private static string Sources(HttpContext context, string path, string publicUrl)
    {
        string host = context.Request.Host.ToUriComponent();
        string here = host.Length > 0 && host.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or ':' or '[' or ']') ? host + path : "'self'";
        string there = new Uri(publicUrl).Authority + path;
        return here == there ? here : $"{here} {there}";
    }
}
