using System.Diagnostics;
using Orbit.Tests.Support;

namespace Orbit.ControlPlane.Tests.Reports;

/// <summary>What a real browser makes of reports. Needs Debian's Chromium.</summary>
public sealed class ReportBrowserTests
{
    [Fact]
    public async Task Allures_pages_show_in_the_sandbox()
    {
        await ReportFixture.AllureAsync();
        await using OrbitServer orbit = await OrbitServer.StartAsync(Databases.Sqlite);
        long runId = await orbit.HasReportingRunAsync(ReportFixture.Results("small", "allure-results"));
        await orbit.EndedAsync(runId);

        string awesome = await OpenAsync(orbit, await orbit.LinkAsync(runId));
        string classic = await OpenAsync(orbit, await orbit.LinkAsync(runId, "allure2/index.html"));

        Assert.Contains("test_u_fail", awesome, StringComparison.Ordinal);
        Assert.Contains("test_pytest_fail_notrace", awesome, StringComparison.Ordinal);
        Assert.Contains("test cases", classic, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hostile_page_reaches_neither_cookies_nor_the_api_nor_other_hosts()
    {
        using var allure = new FakeAllure(page: """
            <!DOCTYPE html><html><head></head><body><ul id="said"></ul><script>
            const say = (text) => { document.getElementById("said").innerHTML += "<li>[" + text + "]</li>"; };
            const attempt = (name, deed) => { try { say(name + ":got:" + deed()); } catch (e) { say(name + ":refused"); } };
            const reach = (name, url, how) => fetch(url, how).then((r) => say(name + ":got:" + r.status), () => say(name + ":refused"));
            say("origin:" + origin);
            attempt("cookie", () => document.cookie);
            attempt("worker", () => { if (!navigator.serviceWorker) throw 1; return navigator.serviceWorker.controller; });
            localStorage.setItem("a", "1"); say("memory:" + localStorage.getItem("a"));
            Promise.all([
              reach("own", "../allure2/widgets/summary.json"),
              reach("api", "/api/v1/auth/me", { credentials: "include" }),
              reach("health", "/healthz"),
              reach("build", "/api/v1/builds", { method: "POST", mode: "no-cors", body: "{}" }),
              reach("stable", "../../../", { credentials: "include" }),
              reach("elsewhere", "http://127.0.0.2:9/"),
            ]).then(() => say("end"));
            </script></body></html>
            """);
        await using OrbitServer orbit = await OrbitServer.StartAsync(Databases.Sqlite, allure.Arg);
        long runId = await orbit.HasReportingRunAsync(new() { ["a-result.json"] = "{}"u8.ToArray() });
        await orbit.EndedAsync(runId);

        string page = await OpenAsync(orbit, await orbit.LinkAsync(runId));

        Assert.Contains("[end]", page, StringComparison.Ordinal);
        Assert.Contains("[origin:null]", page, StringComparison.Ordinal);
        Assert.Contains("[memory:1]", page, StringComparison.Ordinal);
        Assert.Contains("[own:got:200]", page, StringComparison.Ordinal);
        foreach (string refused in new[] { "cookie", "worker", "api", "health", "build", "stable", "elsewhere" })
        {
            Assert.Contains($"[{refused}:refused]", page, StringComparison.Ordinal);
        }
    }

    private static async Task<string> OpenAsync(OrbitServer orbit, string path)
    {
        string profile = Directory.CreateTempSubdirectory("orbit-chromium-").FullName;
        var start = new ProcessStartInfo(
            "chromium",
            [
                "--headless", "--no-sandbox", "--disable-gpu", $"--user-data-dir={profile}", "--virtual-time-budget=20000", "--timeout=60000",
                .. Environment.GetEnvironmentVariable("ORBIT_SCREENSHOTS") is { Length: > 0 } to ? [$"--screenshot={to}/{Guid.NewGuid():N}.png", "--window-size=1200,900"] : Array.Empty<string>(),
                "--dump-dom", new Uri(orbit.HttpAddress, path).AbsoluteUri,
            ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process browser = Process.Start(start)!;
        Task<string> errors = browser.StandardError.ReadToEndAsync();
        string page = await browser.StandardOutput.ReadToEndAsync();
        await browser.WaitForExitAsync();
        await errors;
        Directory.Delete(profile, recursive: true);
        return page;
    }
}
