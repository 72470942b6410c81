using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Runs;
using Orbit.ControlPlane.Storage;
using Orbit.Tests.Support;

namespace Orbit.ControlPlane.Tests.Reports;

/// <summary>What tests of reports share: the installed Allure, results of real pytest runs, runs that wait for their report.</summary>
internal static class ReportFixture
{
    public static readonly TimeSpan BuildTime = TimeSpan.FromSeconds(120);
    private static int _readers;
    private static readonly Lazy<Task> Installed = new(InstallAsync);

    /// <summary>Root of the checkout.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Installs Allure as users do; done once.</summary>
    public static Task AllureAsync() => Installed.Value;

    /// <summary>Files of an archive below tests/fixtures/allure, by name.</summary>
    public static Dictionary<string, byte[]> Results(string archive, string folder)
    {
        var files = new Dictionary<string, byte[]>();
        using FileStream packed = File.OpenRead(Path.Combine(Root, "tests", "fixtures", "allure", archive + ".tar.gz"));
        using var tar = new TarReader(new GZipStream(packed, CompressionMode.Decompress));
        while (tar.GetNextEntry(copyData: true) is { } entry)
        {
            string prefix = $"{archive}/{folder}/";
            if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile && entry.Name.StartsWith(prefix, StringComparison.Ordinal))
            {
                using var content = new MemoryStream();
                entry.DataStream?.CopyTo(content);
                files[entry.Name[prefix.Length..]] = content.ToArray();
            }
        }

        Assert.NotEmpty(files);
        return files;
    }

    /// <summary>A run whose agent is done and whose files have all arrived.</summary>
    /// <param name="orbit">The server.</param>
    /// <param name="files">Allure results by name.</param>
    /// <param name="item">Test item.</param>
    /// <param name="missing">Announced files that never come.</param>
    public static Task<long> HasReportingRunAsync(this OrbitServer orbit, Dictionary<string, byte[]> files, long item = 1, int missing = 0) =>
        orbit.Store.WriteAsync(
            async (database, ct) =>
            {
                DateTimeOffset now = orbit.Clock.GetUtcNow();
                var run = new Run(new RunRequest(item, "shop", null, "shop-job", "7", "me@example.org", 0, null, "{}"), now);
                run.MoveTo(RunStatus.Reporting);
                run.Count(new TestCounts { Total = 3, Passed = 2, Failed = 1 });
                database.Runs.Add(run);
                await database.SaveChangesAsync(ct);
                database.RunAttempts.Add(new RunAttempt
                {
                    RunId = run.Id,
                    Number = 1,
                    AssignmentId = Guid.NewGuid(),
                    Status = RunStatus.Completed,
                    Verdict = Verdict.TestsFailed,
                    FinishedAt = now,
                });
                AddFiles(database, run, attempt: 1, files);
                for (int n = 0; n < missing; n++)
                {
                    database.Add(new ResultFile { RunDay = run.Day, RunId = run.Id, Attempt = 1, Path = $"allure/missing-{n}-result.json", Size = 1, IsAllure = true });
                }

                database.RaiseAfterCommit(RunTopics.Reporting);
                return run.Id;
            },
            default);

    public static void AddFiles(OrbitDbContext database, Run run, int attempt, Dictionary<string, byte[]> files)
    {
        foreach ((string name, byte[] content) in files)
        {
            database.Add(new ResultFile
            {
                RunDay = run.Day,
                RunId = run.Id,
                Attempt = attempt,
                Path = "allure/" + name,
                Size = content.Length,
                IsAllure = true,
                Stored = true,
                Sha256 = Convert.ToHexStringLower(SHA256.HashData(content)),
                Content = content,
            });
        }
    }

    public static Task<Run> RunAsync(this OrbitServer orbit, long runId) =>
        orbit.Store.ReadAsync((database, ct) => database.Runs.SingleAsync(r => r.Id == runId, ct), default);

    public static Task<Run> EndedAsync(this OrbitServer orbit, long runId) =>
        Eventually.ReadAsync(() => orbit.RunAsync(runId), run => run.IsTerminal, BuildTime);

    /// <summary>The JSON of a report's file, asked for by token.</summary>
    public static async Task<string> ReadReportAsync(this OrbitServer orbit, long runId, string path)
    {
        using HttpResponseMessage answer = await orbit.SendAsync(HttpMethod.Get, $"/reports/{runId}/{path}", token: await orbit.TokenAsync());
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        return await answer.Content.ReadAsStringAsync();
    }

    /// <summary>The address that a signed-in browser is sent on to.</summary>
    public static async Task<string> LinkAsync(this OrbitServer orbit, long runId, string path = "")
    {
        using HttpResponseMessage answer = await orbit.SendAsync(HttpMethod.Get, $"/reports/{runId}/{path}", cookie: await orbit.TokenAsync());
        Assert.Equal(System.Net.HttpStatusCode.Redirect, answer.StatusCode);
        return answer.Headers.Location!.OriginalString;
    }

    public static Task<HttpResponseMessage> SendAsync(
        this OrbitServer orbit, HttpMethod method, string path, string? token = null, string? cookie = null, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, new Uri(orbit.HttpAddress.GetLeftPart(UriPartial.Authority) + path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        if (token is not null)
        {
            request.Headers.Authorization = new("Bearer", token);
        }

        if (cookie is not null)
        {
            request.Headers.Add("Cookie", $"orbit={cookie}");
        }

        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return orbit.Http.SendAsync(request);
    }

    /// <summary>A token of somebody who just signed in.</summary>
    public static Task<string> TokenAsync(this OrbitServer orbit) => orbit.TokenAsync($"reader-{Interlocked.Increment(ref _readers)}@example.org");

    private static async Task InstallAsync()
    {
        using Process install = Process.Start(new ProcessStartInfo(Path.Combine(Root, "src", "Reports", "install")) { RedirectStandardError = true })!;
        string said = await install.StandardError.ReadToEndAsync();
        await install.WaitForExitAsync();
        Assert.True(install.ExitCode == 0, said);
    }

    private static string FindRoot()
    {
        string? above = AppContext.BaseDirectory;
        while (above is not null && !File.Exists(Path.Combine(above, "src", "Reports", "package-lock.json")))
        {
            above = Path.GetDirectoryName(above);
        }

        return above ?? throw new InvalidOperationException("The tests run outside of the checkout.");
    }
}
