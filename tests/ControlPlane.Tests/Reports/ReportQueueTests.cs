using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Orbit.ControlPlane.Reports;
using Orbit.ControlPlane.Runs;
using Orbit.ControlPlane.Storage;
using Orbit.Tests.Support;

namespace Orbit.ControlPlane.Tests.Reports;

public sealed class ReportQueueTests
{
    private static readonly Dictionary<string, byte[]> OneResult = new() { ["a-result.json"] = "{}"u8.ToArray() };

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Reports_of_one_item_are_built_one_after_the_other(string provider)
    {
        using var allure = new FakeAllure(before: "note('begin'); pause(300); process.on('exit', () => note('end'));");
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider, allure.Arg, "--Reports:Parallel=4");
        long[] runs = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => orbit.HasReportingRunAsync(OneResult)));

        foreach (long run in runs)
        {
            await orbit.EndedAsync(run);
        }

        Assert.Equal(Enumerable.Repeat(new[] { "begin", "end" }, 4).SelectMany(n => n), allure.Noted);
        Assert.Equal(4, (await ReportBuildTests.HistoryAsync(orbit, item: 1)).Length);
    }

    [Fact]
    public async Task A_build_that_hangs_is_ended_with_all_its_processes_and_the_run_goes_on()
    {
        using var allure = new FakeAllure(before: """
            const child = require("child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
            note(child.pid); note(process.pid); setInterval(() => {}, 1000); pause(100000);
            """);
        await using OrbitServer orbit = await OrbitServer.StartAsync(Databases.Sqlite, allure.Arg, "--Reports:BuildLimit=00:00:03", "--Reports:Tries=1");

        Run run = await orbit.EndedAsync(await orbit.HasReportingRunAsync(OneResult));

        Assert.Equal((RunStatus.Completed, false), (run.Status, run.HasReport));
        Assert.Contains("took longer than", run.ReportNote, StringComparison.Ordinal);
        Assert.Equal(2, allure.Noted.Length);
        await Eventually.HoldsAsync(() => allure.Noted.All(IsGone));
        Assert.Empty(Directory.GetDirectories(ReportBuilder.WorkOf(orbit.Services.GetRequiredService<DataDirectory>())));
    }

    [Fact]
    public async Task A_failed_build_is_tried_again_after_a_pause()
    {
        using var allure = new FakeAllure(before: "if (!fs.existsSync(notes)) { note('first'); console.error('no luck'); process.exit(3); }");
        await using OrbitServer orbit = await OrbitServer.StartAsync(Databases.Sqlite, allure.Arg, "--Reports:RetryPause=00:00:00.1", "--Reports:Lease=00:00:01");

        Run run = await orbit.EndedAsync(await orbit.HasReportingRunAsync(OneResult));

        Assert.True(run.HasReport);
        Assert.Contains(orbit.Log.All, l => l.Id == 2501 && l.Text.Contains("no luck", StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_builder_that_lost_its_claim_changes_nothing(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider, "--Reports:Parallel=0");
        ReportCommands commands = orbit.Services.GetRequiredService<ReportCommands>();
        long runId = await orbit.HasReportingRunAsync(OneResult);
        await Eventually.HoldsAsync(() => orbit.Store.ReadAsync((d, ct) => d.ReportJobs.AnyAsync(ct), default));
        ReportClaim first = (await commands.ClaimAsync(Guid.NewGuid(), TimeSpan.FromMinutes(1), default))!;
        Assert.Null(await commands.ClaimAsync(Guid.NewGuid(), TimeSpan.FromMinutes(1), default));
        orbit.Clock.Advance(TimeSpan.FromMinutes(2));
        ReportClaim second = (await commands.ClaimAsync(Guid.NewGuid(), TimeSpan.FromMinutes(1), default))!;
        var late = new BuiltReport(Guid.NewGuid(), 1, Guid.NewGuid(), "late");

        Assert.False(await commands.RenewAsync(first, TimeSpan.FromMinutes(1), default));
        Assert.Equal([late.Packed, late.History!.Value], await commands.BuiltAsync(first, late, default));
        Assert.False((await orbit.RunAsync(runId)).HasReport);

        Assert.Empty(await commands.BuiltAsync(second, late with { Note = "in time" }, default));
        Run run = await orbit.RunAsync(runId);
        Assert.Equal((true, "in time", RunStatus.Completed), (run.HasReport, run.ReportNote, run.Status));
    }

    [Fact]
    public async Task A_control_plane_that_is_killed_in_the_middle_of_a_build_builds_it_after_its_start()
    {
        using var hanging = new FakeAllure(before: "note(process.pid); pause(100000);");
        using var allure = new FakeAllure();
        await using TestDatabase database = await TestDatabase.CreateAsync(Databases.Sqlite);
        long runId;
        await using (OrbitServer orbit = await OrbitServer.StartAsync(database, "--Reports:Parallel=0"))
        {
            runId = await orbit.HasReportingRunAsync(OneResult);
        }

        using (Process killed = Process.Start("dotnet",
        [
            Path.Combine(AppContext.BaseDirectory, "orbit-control-plane.dll"), .. database.NextArgs(), hanging.Arg, "--Reports:Lease=00:00:01",
            "--Kestrel:Endpoints:Http:Url=http://127.0.0.1:0", "--Kestrel:Endpoints:Grpc:Url=http://127.0.0.1:0", $"--Keys:Master={OrbitServer.MasterKey}",
        ]))
        {
            await Eventually.HoldsAsync(() => hanging.Noted.Length > 0, ReportFixture.BuildTime);
            killed.Kill();
            await killed.WaitForExitAsync();
        }

        await using OrbitServer next = await OrbitServer.StartAsync(database, allure.Arg, "--Reports:Lease=00:00:01");
        Assert.True((await next.EndedAsync(runId)).HasReport);
        using Process orphan = Process.GetProcessById(int.Parse(hanging.Noted[0], System.Globalization.CultureInfo.InvariantCulture));
        orphan.Kill();
    }

    private static bool IsGone(string pid) =>
        !Directory.Exists($"/proc/{pid}") || File.ReadAllText($"/proc/{pid}/stat").Split(") ")[1].StartsWith('Z');
}
