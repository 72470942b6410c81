using System.Globalization;
using System.Net;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Orbit.ControlPlane.WebUi;

/// <summary>
/// Serves the built web pages. Files below <c>assets/</c> carry a hash of what they hold in their names and are kept for good; the first page is
/// asked for anew each time. Every address that names no file is a view within the first page.
/// </summary>
internal sealed class WebUiEndpoints(WebUiFiles files)
{
    private const string HashedFolder = "assets/";

    /// <summary>
    /// Scripts, workers and calls of our own server alone. Styles may be written by scripts, as the component library does. Reports are shown in
    /// a frame; they bring a sandbox of their own.
    /// </summary>
    private const string ContentPolicy =
        "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
        + "connect-src 'self'; frame-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";

    /// <summary>A file, or the first page.</summary>
    public async Task ServeAsync(HttpContext context, string? path)
    {
        IHeaderDictionary headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers[HeaderNames.ContentSecurityPolicy] = ContentPolicy;
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        string name = path is null or "" ? WebUiFiles.FirstPage : path;
        (bool brotli, bool gzip) = Accepted(context.Request.Headers.AcceptEncoding);
        WebUiFile? file = files.Find(name, brotli, gzip);
        if (file is null && !LooksLikeFile(name))
        {
            name = WebUiFiles.FirstPage;
            file = files.Find(name, brotli, gzip);
        }

        if (file is null)
        {
            await SayMissingAsync(context, name);
            return;
        }

        bool lasting = name.StartsWith(HashedFolder, StringComparison.Ordinal);
        headers.CacheControl = lasting ? "public, max-age=31536000, immutable" : "no-cache";
        headers.Vary = HeaderNames.AcceptEncoding;
        if (file.Value.Encoding.Length > 0)
        {
            headers.ContentEncoding = file.Value.Encoding;
        }

        var state = new FileInfo(file.Value.Path);
        var tag = new EntityTagHeaderValue(string.Create(CultureInfo.InvariantCulture, $"\"{state.LastWriteTimeUtc.Ticks:x}-{state.Length:x}\""));
        await Results.File(file.Value.Path, file.Value.ContentType, entityTag: tag).ExecuteAsync(context);
    }

    private static bool LooksLikeFile(string name) =>
        name.StartsWith(HashedFolder, StringComparison.Ordinal) || Path.GetExtension(name) is ".js" or ".css" or ".map" or ".ico" or ".png" or ".svg" or ".json" or ".txt";

    /// <summary>Which packings the caller takes. A quality of 0 refuses one.</summary>
    private static (bool Brotli, bool Gzip) Accepted(StringValues header)
    {
        bool Takes(string encoding) =>
            StringWithQualityHeaderValue.TryParseList(header, out IList<StringWithQualityHeaderValue>? wishes)
            && wishes.Any(w => w.Value.Equals(encoding, StringComparison.OrdinalIgnoreCase) && w.Quality is null or > 0);

        return (Takes("br"), Takes("gzip"));
    }

    private static Task SayMissingAsync(HttpContext context, string name)
    {
        context.Response.StatusCode = (int)HttpStatusCode.NotFound;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsync(
            name == WebUiFiles.FirstPage
                ? "The web pages are not built: run src/Web/build in the checkout, or publish the control plane. REST, gRPC and reports work without them.\n"
                : "There is no such file.\n",
            context.RequestAborted);
    }
}
