using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Orbit.ControlPlane.Reports;
using Orbit.ControlPlane.Storage;
using Orbit.Tests.Support;

namespace Orbit.ControlPlane.Tests.Reports;

public sealed class ReportServingTests
{
    private static readonly Dictionary<string, byte[]> OneResult = new() { ["a-result.json"] = "{}"u8.ToArray() };

    [Fact]
    public async Task Nobody_reads_a_report_without_signing_in()
    {
        using var allure = new FakeAllure();
        await using OrbitServer orbit = await OrbitServer.StartAsync(Databases.Sqlite, allure.Arg);
        long runId = await BuiltAsync(orbit);

        using HttpResponseMessage script = await orbit.SendAsync(HttpMethod.Get, $"/reports/{runId}/allure2/widgets/summary.json");
        using HttpResponseMessage browser = await orbit.SendAsync(HttpMethod.Get, $"/reports/{runId}/", headers: [("Accept", "text/html"), ("Sec-Fetch-Site", "cross-site")]);
        using HttpResponseMessage wrong = await orbit.SendAsync(HttpMethod.Get, $"/reports/{runId}/", token: "wrong");

        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized), (script.StatusCode, browser.StatusCode, wrong.StatusCode));
        Assert.Contains("TOKEN_MISSING", await script.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        string page = await browser.Content.ReadAsStringAsync();
        Assert.Contains($"/?return_to=%2Freports%2F{runId}%2F", page, StringComparison.Ordinal);
        Assert.Contains($"url=/reports/{runId}/?again=1", page, StringComparison.Ordinal); // a cookie that a mail's link did not bring
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_signed_in_browser_is_sent_to_an_address_that_needs_no_cookie_and_expires(string provider)
    {
        using var allure = new FakeAllure();
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider, allure.Arg);
        long runId = await BuiltAsync(orbit);
        string link = await orbit.LinkAsync(runId);

        using HttpResponseMessage page = await orbit.SendAsync(HttpMethod.Get, link);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Equal("text/html; charset=utf-8", page.Content.Headers.ContentType!.ToString());
        string policy = page.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("sandbox allow-scripts allow-popups allow-downloads; default-src 'none'; script-src 'self' 'unsafe-inline'", policy, StringComparison.Ordinal);
        Assert.Contains($"connect-src {orbit.HttpAddress.Authority}/reports/{runId}/v/", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("allow-same-origin", policy, StringComparison.Ordinal);
        Assert.Equal(("nosniff", "no-referrer", "*"), (Header(page, "X-Content-Type-Options"), Header(page, "Referrer-Policy"), Header(page, "Access-Control-Allow-Origin")));

        string other = link.Replace($"/{runId}/v/", $"/{runId + 1}/v/", StringComparison.Ordinal);
        string changed = link.Replace("/v/", "/v/A", StringComparison.Ordinal);
        string folder = link[..link.IndexOf("/awesome/", StringComparison.Ordinal)];
        foreach (string refused in new[] { other, changed, folder + "/awesome/nothing.js", folder + "/awesome/%2e%2e/%2e%2e/%2e%2e/orbit.db", folder + "/..%2f..%2f..%2forbit.db", folder + "/.bytes", folder + "/awesome" })
        {
            using HttpResponseMessage answer = await orbit.SendAsync(HttpMethod.Get, refused);
            Assert.True(answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Gone or HttpStatusCode.Unauthorized, $"{refused}: {answer.StatusCode}");
        }

        orbit.Clock.Advance(TimeSpan.FromHours(13));
        using HttpResponseMessage late = await orbit.SendAsync(HttpMethod.Get, link);
        Assert.Equal((HttpStatusCode.Redirect, $"/reports/{runId}/"), (late.StatusCode, late.Headers.Location?.OriginalString));
        using HttpResponseMessage lateFile = await orbit.SendAsync(HttpMethod.Get, folder + "/allure2/widgets/summary.json");
        Assert.Equal(HttpStatusCode.Gone, lateFile.StatusCode);
    }

    [Fact]
    public async Task Files_have_fixed_types_and_what_could_be_a_page_is_downloaded()
    {
        using var allure = new FakeAllure();
        await using OrbitServer orbit = await OrbitServer.StartAsync(Databases.Sqlite, allure.Arg);
        string folder = (await orbit.LinkAsync(await BuiltAsync(orbit))).Replace("awesome/index.html", "", StringComparison.Ordinal);

        foreach ((string file, string type, bool download) in new[]
        {
            ("awesome/data/attachments/a.html", "application/octet-stream", true),
            ("awesome/data/attachments/a.js", "application/octet-stream", true),
            ("awesome/data/attachments/a.png", "image/png", false),
            ("allure2/widgets/summary.json", "application/json", false),
        })
        {
            using HttpResponseMessage answer = await orbit.SendAsync(HttpMethod.Head, folder + file);
            Assert.Equal((HttpStatusCode.OK, type, download), (answer.StatusCode, answer.Content.Headers.ContentType!.ToString(), answer.Content.Headers.ContentDisposition?.DispositionType == "attachment"));
            Assert.DoesNotContain("allow-scripts", Header(answer, "Content-Security-Policy"), StringComparison.Ordinal);
            Assert.Equal("nosniff", Header(answer, "X-Content-Type-Options"));
        }

        using HttpResponseMessage worker = await orbit.SendAsync(HttpMethod.Get, folder + "awesome/index.html", headers: [("Service-Worker", "script")]);
        Assert.Equal(HttpStatusCode.Forbidden, worker.StatusCode);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_report_is_unpacked_again_wherever_it_is_missing(string provider)
    {
        using var allure = new FakeAllure();
        await using TestDatabase database = await TestDatabase.CreateAsync(provider);
        long runId;
        await using (OrbitServer first = await OrbitServer.StartAsync(database, allure.Arg))
        {
            runId = await BuiltAsync(first);
            await first.ReadReportAsync(runId, "allure2/widgets/summary.json");
            Directory.Delete(first.Services.GetRequiredService<DataDirectory>().At("cache", "reports", "x")[..^2], recursive: true);
            Directory.CreateDirectory(first.Services.GetRequiredService<DataDirectory>().At("cache", "reports"));
            await first.ReadReportAsync(runId, "allure2/widgets/summary.json");
        }

        // On PostgreSQL another replica with an empty disk; it keeps one report at most.
        await using OrbitServer next = await OrbitServer.StartAsync(database, allure.Arg, "--Reports:CacheBytes=1");
        await next.ReadReportAsync(runId, "allure2/widgets/summary.json");
        long other = await BuiltAsync(next);
        await next.ReadReportAsync(other, "allure2/widgets/summary.json");
        string cache = Path.GetDirectoryName(next.Services.GetRequiredService<DataDirectory>().At("cache", "reports", "x"))!;
        Guid kept = await next.Store.ReadAsync((d, ct) => d.Reports.Where(r => r.RunId == other).Select(r => r.BlobId).SingleAsync(ct), default);
        Assert.Equal([kept.ToString("N")], Directory.GetDirectories(cache).Select(Path.GetFileName));
        await next.ReadReportAsync(runId, "allure2/widgets/summary.json");
    }

    [Fact]
    public async Task Files_of_a_run_are_listed_and_downloaded()
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(Databases.Sqlite, "--Reports:Parallel=0");
        long runId = await orbit.HasReportingRunAsync(OneResult);
        string token = await orbit.TokenAsync();

        using HttpResponseMessage list = await orbit.SendAsync(HttpMethod.Get, $"/api/v1/artifacts/{runId}", token);
        using HttpResponseMessage file = await orbit.SendAsync(HttpMethod.Get, $"/api/v1/artifacts/{runId}/1/allure/a-result.json", token);
        using HttpResponseMessage stranger = await orbit.SendAsync(HttpMethod.Get, $"/api/v1/artifacts/{runId}/1/allure/a-result.json");
        using HttpResponseMessage none = await orbit.SendAsync(HttpMethod.Get, $"/api/v1/artifacts/{runId}/1/allure/b", token);

        Assert.Contains("\"path\":\"allure/a-result.json\"", await list.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(("{}", "attachment", "application/octet-stream"), (await file.Content.ReadAsStringAsync(), file.Content.Headers.ContentDisposition!.DispositionType, file.Content.Headers.ContentType!.ToString()));
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.NotFound), (stranger.StatusCode, none.StatusCode));
    }

    private static async Task<long> BuiltAsync(OrbitServer orbit)
    {
        long runId = await orbit.HasReportingRunAsync(OneResult);
        Assert.True((await orbit.EndedAsync(runId)).HasReport);
        return runId;
    }

    private static string Header(HttpResponseMessage answer, string name) => answer.Headers.GetValues(name).Single();
}
