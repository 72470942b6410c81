using Microsoft.EntityFrameworkCore;
using Microsoft.Net.Http.Headers;
using Orbit.ControlPlane.Access;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Platform.Rest;
using Orbit.ControlPlane.Runs;
using Orbit.ControlPlane.Storage;
using Orbit.ControlPlane.Storage.Blobs;

namespace Orbit.ControlPlane.Reports;

/// <summary>A file of a run, as the list shows it.</summary>
internal sealed record Artifact(int Attempt, string Path, long Size, string Sha256, bool IsAllure, bool Stored);

/// <summary>The files that a run's attempts left: a list, and each as a download.</summary>
internal sealed class ArtifactEndpoints(OrbitStore store, IBlobStore blobs, ReportCommands reports, Admission admission)
{
    private const int PageSize = 1000;

    /// <summary><c>GET /api/v1/artifacts/{run}?after_attempt=&amp;after_path=</c></summary>
    public Task ListAsync(HttpContext context, long runId, int? afterAttempt, string? afterPath) => GuardedAsync(context, async () =>
    {
        await admission.SignedInAsync(context, cookieAlone: false);
        (int attempt, string path) = (afterAttempt ?? 0, afterPath ?? "");
        int day = await DayOfAsync(runId, context.RequestAborted);
        List<Artifact> page = await store.ReadAsync(
            (database, ct) => database.QueryAsync(
                """
                SELECT attempt, path, size, sha256, is_allure, stored FROM result_files
                WHERE run_day = @p0 AND run_id = @p1 AND (attempt > @p2 OR attempt = @p2 AND path > @p3)
                ORDER BY attempt, path LIMIT @p4
                """,
                [day, runId, attempt, path, PageSize],
                static row => new Artifact(row.Int(0), row.Text(1), row.Long(2), row.Text(3), row.Flag(4), row.Flag(5)),
                ct),
            context.RequestAborted);
        bool more = page.Count == PageSize;
        await Results.Json(new
        {
            artifacts = page.Select(a => new { attempt = a.Attempt, path = a.Path, size = a.Size, sha256 = a.Sha256, allure = a.IsAllure, stored = a.Stored }),
            next = more ? new { after_attempt = page[^1].Attempt, after_path = page[^1].Path } : null,
        }).ExecuteAsync(context);
    });

    /// <summary><c>GET /api/v1/artifacts/{run}/{attempt}/{path}</c></summary>
    public Task DownloadAsync(HttpContext context, long runId, int attempt, string path) => GuardedAsync(context, async () =>
    {
        await admission.SignedInAsync(context, cookieAlone: true);
        int day = await DayOfAsync(runId, context.RequestAborted);
        ResultFile? file = await store.ReadAsync(
            (database, ct) => database.Set<ResultFile>().AsNoTracking()
                .SingleOrDefaultAsync(f => f.RunDay == day && f.RunId == runId && f.Attempt == attempt && f.Path == path && f.Stored, ct),
            context.RequestAborted);
        if (file is null)
        {
            throw OrbitException.NotFound("ARTIFACT_NOT_FOUND", $"Attempt {attempt} of run {runId} has no file {path}.");
        }

        var disposition = new ContentDispositionHeaderValue("attachment");
        disposition.SetHttpFileName(path[(path.LastIndexOf('/') + 1)..]);
        context.Response.Headers.ContentDisposition = disposition.ToString();
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers.ContentSecurityPolicy = "sandbox; default-src 'none'";
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = file.Size;
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        if (file.Content is { } content)
        {
            await context.Response.Body.WriteAsync(content, context.RequestAborted);
        }
        else if (file.BlobId is not { } blob || !await blobs.CopyToAsync(blob, context.Response.Body, context.RequestAborted))
        {
            context.Response.ContentLength = null;
            throw OrbitException.NotFound("ARTIFACT_NOT_FOUND", $"The bytes of {path} are gone.");
        }
    });

    /// <summary><c>POST /api/v1/reports/{run}/build</c>: asks again for a report that was given up.</summary>
    public Task BuildAsync(HttpContext context, long runId) => GuardedAsync(context, async () =>
    {
        await admission.SignedInAsync(context, cookieAlone: false, PersonRole.User);
        await reports.AskAgainAsync(runId, context.RequestAborted);
        await Results.Json(new { run_id = runId }, statusCode: StatusCodes.Status202Accepted).ExecuteAsync(context);
    });

    private Task<int> DayOfAsync(long runId, CancellationToken ct) => store.ReadAsync(
        async (database, cancel) => await database.Runs.Where(r => r.Id == runId).Select(r => (int?)r.Day).SingleOrDefaultAsync(cancel)
            ?? throw OrbitException.NotFound("RUN_NOT_FOUND", $"There is no run {runId}."),
        ct);

    private static async Task GuardedAsync(HttpContext context, Func<Task> answer)
    {
        try
        {
            await answer();
        }
        catch (OrbitException refusal) when (!context.Response.HasStarted)
        {
            context.Response.Headers.ContentDisposition = default;
            await RestError.Of(refusal).WriteAsync(context.Response, context.Response.BodyWriter, context.RequestAborted);
        }
    }
}
