using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Reports;
using Orbit.ControlPlane.Runs;
using Orbit.ControlPlane.Storage.Blobs;
using Orbit.Tests.Support;
using Run = Orbit.ControlPlane.Runs.Run;
using RunAttempt = Orbit.ControlPlane.Runs.RunAttempt;
using RunStatus = Orbit.ControlPlane.Runs.RunStatus;
using Verdict = Orbit.ControlPlane.Runs.Verdict;

namespace Orbit.ControlPlane.Tests.Reports;

public sealed class ReportBuildTests
{
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_run_with_results_ends_with_a_report_of_their_numbers(string provider)
    {
        await ReportFixture.AllureAsync();
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        long runId = await orbit.HasReportingRunAsync(ReportFixture.Results("small", "allure-results"));

        Run run = await orbit.EndedAsync(runId);

        Assert.Equal((RunStatus.Completed, Verdict.TestsFailed, true, ""), (run.Status, run.Verdict, run.HasReport, run.ReportNote));
        using JsonDocument summary = JsonDocument.Parse(await orbit.ReadReportAsync(runId, "allure2/widgets/summary.json"));
        JsonElement numbers = summary.RootElement.GetProperty("statistic");
        Assert.Equal((22, 5, 4, 8, 5), (Of("total"), Of("failed"), Of("broken"), Of("skipped"), Of("passed")));
        Assert.StartsWith("Orbit · shop · 7", summary.RootElement.GetProperty("reportName").GetString(), StringComparison.Ordinal);
        Assert.Equal(3, run.Tests.Total); // the run's numbers come from its events
        List<RunEventType> events = await EventsAsync(orbit, run);
        Assert.Equal([RunEventType.ReportReady, RunEventType.Finished], events);
        int Of(string name) => numbers.GetProperty(name).GetInt32();
    }

    [Theory]
    [InlineData("mixed", "allure-results", 66)]
    [InlineData("identity", "allure-results-own", 7)]
    [InlineData("crashed", "allure-results-own", 1)]
    public async Task Allure_shows_every_result(string archive, string folder, int total)
    {
        await ReportFixture.AllureAsync();
        await using OrbitServer orbit = await OrbitServer.StartAsync(Databases.Sqlite);
        long runId = await orbit.HasReportingRunAsync(ReportFixture.Results(archive, folder));

        await orbit.EndedAsync(runId);

        using JsonDocument summary = JsonDocument.Parse(await orbit.ReadReportAsync(runId, "allure2/widgets/summary.json"));
        Assert.Equal(total, summary.RootElement.GetProperty("statistic").GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task Result_files_that_cannot_be_read_are_named()
    {
        await ReportFixture.AllureAsync();
        await using OrbitServer orbit = await OrbitServer.StartAsync(Databases.Sqlite);
        Dictionary<string, byte[]> files = ReportFixture.Results("corrupt", "allure-results");
        files["junit.xml"] = "<testsuite><testcase name='twice'/></testsuite>"u8.ToArray();
        long runId = await orbit.HasReportingRunAsync(files);

        Run run = await orbit.EndedAsync(runId);

        Assert.True(run.HasReport);
        Assert.Contains("44444444-4444-4444-4444-444444444444-result.json", run.ReportNote, StringComparison.Ordinal);
        Assert.Contains("1 files with names", run.ReportNote, StringComparison.Ordinal);
        using JsonDocument summary = JsonDocument.Parse(await orbit.ReadReportAsync(runId, "allure2/widgets/summary.json"));
        Assert.Equal(8, summary.RootElement.GetProperty("statistic").GetProperty("total").GetInt32());
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task History_grows_with_each_run_of_an_item(string provider)
    {
        await ReportFixture.AllureAsync();
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        long last = 0;
        foreach (string folder in new[] { "run1", "run2", "run3" })
        {
            last = await orbit.HasReportingRunAsync(ReportFixture.Results("history", $"{folder}/allure-results"));
            await orbit.EndedAsync(last);
        }

        using JsonDocument trend = JsonDocument.Parse(await orbit.ReadReportAsync(last, "allure2/widgets/history-trend.json"));
        Assert.Equal(3, trend.RootElement.GetArrayLength());
        Assert.Equal(3, (await HistoryAsync(orbit, item: 1)).Length);
    }

    [Fact]
    public async Task A_rerun_of_failed_tests_shows_all_tests_of_the_run()
    {
        await ReportFixture.AllureAsync();
        await using OrbitServer orbit = await OrbitServer.StartAsync(Databases.Sqlite);
        Dictionary<string, byte[]> files = ReportFixture.Results("small", "allure-results");
        long runId = await orbit.HasReportingRunAsync(files);
        await orbit.EndedAsync(runId);
        await orbit.Store.WriteAsync(
            async (database, ct) =>
            {
                Run run = await database.Runs.SingleAsync(r => r.Id == runId, ct);
                run.Reopen();
                run.MoveTo(RunStatus.Reporting);
                database.RunAttempts.Add(new RunAttempt
                {
                    RunId = runId,
                    Number = 2,
                    Kind = "rerun-failed",
                    AssignmentId = Guid.NewGuid(),
                    Status = RunStatus.Completed,
                    Verdict = Verdict.TestsFailed,
                    FinishedAt = orbit.Clock.GetUtcNow(),
                });
                (string name, byte[] content) = files.First(f => f.Key.EndsWith("-result.json", StringComparison.Ordinal));
                JsonNode again = JsonNode.Parse(content)!;
                again["uuid"] = Guid.NewGuid().ToString();
                again["start"] = again["start"]!.GetValue<long>() + 60_000;
                again["stop"] = again["stop"]!.GetValue<long>() + 60_000;
                ReportFixture.AddFiles(database, run, 2, new() { ["again-" + name] = Encoding.UTF8.GetBytes(again.ToJsonString()) });
                database.RaiseAfterCommit(RunTopics.Reporting);
            },
            default);

        Run ended = await orbit.EndedAsync(runId);

        Assert.True(ended.HasReport);
        Report report = await orbit.Store.ReadAsync((d, ct) => d.Reports.SingleAsync(ct), default);
        Assert.Equal(2, report.Attempt);
        using JsonDocument summary = JsonDocument.Parse(await orbit.ReadReportAsync(runId, "allure2/widgets/summary.json"));
        Assert.Equal(22, summary.RootElement.GetProperty("statistic").GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task A_run_says_which_files_did_not_arrive()
    {
        using var allure = new FakeAllure();
        await using OrbitServer orbit = await OrbitServer.StartAsync(Databases.Sqlite, allure.Arg);
        long runId = await orbit.HasReportingRunAsync(new() { ["a-result.json"] = "{}"u8.ToArray() }, missing: 2);
        orbit.Clock.Advance(TimeSpan.FromHours(-2)); // which prolongs no wait
        await new SettingService.SettingServiceClient(await orbit.AdminAsync()).UpdateSettingsAsync(new() { Settings = Google.Protobuf.WellKnownTypes.Struct.Parser.ParseJson("""{"report_wait_s":1}""") });

        Run run = await orbit.EndedAsync(runId);

        Assert.True(run.HasReport);
        Assert.Equal("incomplete: 1 of 3 files arrived", run.ReportNote);
    }

    [Fact]
    public async Task Without_Allure_a_run_ends_with_its_numbers_and_the_report_follows_when_Allure_is_there()
    {
        using var allure = new FakeAllure();
        string where = Directory.CreateTempSubdirectory("orbit-no-allure-").FullName;
        await using OrbitServer orbit = await OrbitServer.StartAsync(Databases.Sqlite, $"--Reports:AllurePath={where}/allure", "--Reports:Lease=00:00:01");
        long runId = await orbit.HasReportingRunAsync(new() { ["a-result.json"] = "{}"u8.ToArray() });

        Run run = await orbit.EndedAsync(runId);
        Assert.Equal((RunStatus.Completed, Verdict.TestsFailed, false, 3), (run.Status, run.Verdict, run.HasReport, run.Tests.Total));
        Assert.Contains("Allure is not installed", run.ReportNote, StringComparison.Ordinal);

        Directory.CreateSymbolicLink(Path.Combine(where, "allure"), allure.Arg.Split('=')[1]);
        run = await Eventually.ReadAsync(() => orbit.RunAsync(runId), r => r.HasReport, ReportFixture.BuildTime);
        Assert.Equal("", run.ReportNote);
        Directory.Delete(where, recursive: true);
    }

    private static async Task<List<RunEventType>> EventsAsync(OrbitServer orbit, Run run)
    {
        List<RunEventRow> rows = await orbit.Store.ReadAsync((d, ct) => d.EventsAfterAsync(run.Day, run.Id, 0, 100, ct), default);
        return [.. rows.Select(r => RunEvent.Parser.ParseFrom(r.Payload).Type)];
    }

    internal static async Task<string[]> HistoryAsync(OrbitServer orbit, long item)
    {
        ReportHistory history = await orbit.Store.ReadAsync((d, ct) => d.ReportHistories.SingleAsync(h => h.TestItemId == item, ct), default);
        using var packed = new MemoryStream();
        Assert.True(await orbit.Services.GetRequiredService<IBlobStore>().CopyToAsync(history.BlobId, packed, default));
        packed.Position = 0;
        using var reader = new StreamReader(new GZipStream(packed, CompressionMode.Decompress));
        return (await reader.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
