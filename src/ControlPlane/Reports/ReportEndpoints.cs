using System.Net;
using Microsoft.Net.Http.Headers;
using Orbit.ControlPlane.Access;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Platform.Rest;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Reports;

/// <summary>
/// Serves reports. <c>/reports/{run}/</c> is the stable address: a signed-in browser is sent on to <c>/reports/{run}/v/{link}/</c>, which
/// needs no cookie and expires; a script with a Bearer token is served there as well.
/// </summary>
internal sealed class ReportEndpoints(
    OrbitStore store, ReportCache cache, ReportLinks links, Admission admission, PublicUrl publicUrl)
{
    private const string NoStore = "no-store";

    /// <summary>The stable address, with or without a path in the report.</summary>
    public async Task StableAsync(HttpContext context, long runId, string? path)
    {
        ReportFiles.SetHeaders(context, page: false, "/", publicUrl.Value);
        context.Response.Headers.CacheControl = NoStore;
        if (IsServiceWorker(context))
        {
            await RefuseAsync(context, ServiceWorker());
            return;
        }

        if (string.IsNullOrEmpty(path) && !context.Request.Path.Value!.EndsWith('/'))
        {
            context.Response.Redirect($"/reports/{runId}/");
            return;
        }

        try
        {
            await admission.SignedInAsync(context, cookieAlone: true);
        }
        catch (OrbitException refusal) when (refusal.Kind is Refusal.Unauthenticated)
        {
            await AskToSignInAsync(context, refusal);
            return;
        }

        Report? report = await store.ReadAsync((database, ct) => database.ReportOfAsync(runId, ct), context.RequestAborted);
        if (report is null)
        {
            await RefuseAsync(context, OrbitException.NotFound("REPORT_NOT_FOUND", $"Run {runId} has no report."));
            return;
        }

        bool byToken = context.Request.Headers.Authorization.Count > 0;
        if (string.IsNullOrEmpty(path) || !byToken)
        {
            string file = string.IsNullOrEmpty(path) ? ReportPack.FirstPage : path;
            context.Response.Redirect($"/reports/{runId}/v/{links.Make(runId, report.BlobId)}/{Uri.EscapeDataString(file).Replace("%2F", "/", StringComparison.Ordinal)}");
            return;
        }

        await SendAsync(context, report.BlobId, path, $"/reports/{runId}/", lasting: false);
    }

    /// <summary>A file behind a link.</summary>
    public async Task LinkedAsync(HttpContext context, long runId, string link, string? path)
    {
        ReportFiles.SetHeaders(context, page: false, "/", publicUrl.Value);
        context.Response.Headers.AccessControlAllowOrigin = "*";
        context.Response.Headers.CacheControl = NoStore;
        if (IsServiceWorker(context))
        {
            await RefuseAsync(context, ServiceWorker());
            return;
        }

        ReportLink? read = links.Read(runId, link);
        if (read is null)
        {
            await RefuseAsync(context, OrbitException.NotFound("REPORT_NOT_FOUND", "There is no report at this address."));
            return;
        }

        Report? report = read.Value.Expired ? null : await store.ReadAsync((database, ct) => database.ReportOfAsync(runId, ct), context.RequestAborted);
        if (report?.BlobId != read.Value.Version || string.IsNullOrEmpty(path))
        {
            // Expired, or there is a newer version: the stable address leads on, after a sign-in if need be.
            await LeadBackAsync(context, runId, path ?? "");
            return;
        }

        await SendAsync(context, report.BlobId, path, $"/reports/{runId}/v/{link}/", lasting: true);
    }

    private static Task LeadBackAsync(HttpContext context, long runId, string path)
    {
        if (path.Length == 0 || ReportFiles.IsPage(path))
        {
            context.Response.Redirect($"/reports/{runId}/");
            return Task.CompletedTask;
        }

        return RefuseAsync(context, OrbitException.NotFound("REPORT_LINK_EXPIRED", $"This address has expired. Open /reports/{runId}/ again."), HttpStatusCode.Gone);
    }

    private async Task SendAsync(HttpContext context, Guid version, string path, string loadsBelow, bool lasting)
    {
        FileStream? file = ReportFiles.IsUsable(path) ? await cache.OpenAsync(version, path, context.RequestAborted) : null;
        if (file is null)
        {
            await RefuseAsync(context, OrbitException.NotFound("REPORT_FILE_NOT_FOUND", "The report has no such file."));
            return;
        }

        bool page = ReportFiles.IsPage(path);
        if (page)
        {
            cache.Touch(version);
            ReportFiles.SetHeaders(context, page: true, loadsBelow, publicUrl.Value);
        }

        context.Response.Headers.CacheControl = page || !lasting ? "no-cache" : "private, max-age=3600";
        (string type, bool download) = ReportFiles.TypeOf(path);
        if (download)
        {
            var disposition = new ContentDispositionHeaderValue("attachment");
            disposition.SetHttpFileName(Path.GetFileName(path));
            context.Response.Headers.ContentDisposition = disposition.ToString();
        }

        var tag = new EntityTagHeaderValue($"\"{version:N}\"");
        await Results.Stream(file, type, entityTag: tag, enableRangeProcessing: true).ExecuteAsync(context);
    }

    /// <summary>A worker would outlive the page and see what others load.</summary>
    private static bool IsServiceWorker(HttpContext context) =>
        context.Request.Headers["Service-Worker"].Count > 0 || context.Request.Headers["Sec-Fetch-Dest"] == "serviceworker";

    private static OrbitException ServiceWorker() => new(Refusal.Forbidden, "SERVICE_WORKER_REFUSED", "Reports may not install service workers.");

    /// <summary>
    /// Browsers get a page, programs JSON. The cookie does not come along when a link in a mail is followed, so the page, which is ours,
    /// first tries the address again by itself.
    /// </summary>
    private static async Task AskToSignInAsync(HttpContext context, OrbitException refusal)
    {
        bool browser = context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase)
            && context.Request.Headers.Authorization.Count == 0;
        if (!browser)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            await RefuseAsync(context, refusal);
            return;
        }

        string target = context.Request.Path.ToUriComponent();
        bool again = context.Request.Headers["Sec-Fetch-Site"] is var site && (site == "cross-site" || site == "none") && !context.Request.Query.ContainsKey("again");
        string signIn = $"/?return_to={Uri.EscapeDataString(target)}";
        string refresh = again ? $"<meta http-equiv=\"refresh\" content=\"0;url={WebUtility.HtmlEncode(target)}?again=1\">" : "";
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";
        await context.Response.WriteAsync(
            $"""
            <!DOCTYPE html><html lang="en"><head><meta charset="utf-8">{refresh}<title>Sign in</title></head>
            <body><p>This report is for signed-in people. <a href="{WebUtility.HtmlEncode(signIn)}">Sign in</a>, then open it again. 请先<a href="{WebUtility.HtmlEncode(signIn)}">登录</a>，再打开此报告。</p></body></html>
            """,
            context.RequestAborted);
    }

    private static async Task RefuseAsync(HttpContext context, OrbitException refusal, HttpStatusCode? status = null)
    {
        RestError error = RestError.Of(refusal);
        if (status is null)
        {
            await error.WriteAsync(context.Response, context.Response.BodyWriter, context.RequestAborted);
            return;
        }

        context.Response.StatusCode = (int)status;
        context.Response.ContentType = "application/json";
        error.WriteJson(context.Response.BodyWriter, nested: false);
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }
}
