using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Triggers;
using Orbit.Tests.Support;
using Refused = Orbit.ControlPlane.Tests.Access.Refused;
using TriggerKind = Orbit.Contracts.V1.TriggerKind;
using TriggerRule = Orbit.Contracts.V1.TriggerRule;

namespace Orbit.ControlPlane.Tests.Triggers;

/// <summary>Rules that trigger without a person.</summary>
public sealed class TriggerRuleTests
{
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Every_new_build_of_the_job_is_tested_once(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        await lab.BuildAsync("shop", "1"); // before the rule: not new to it
        long item = await lab.ItemAsync(job: "shop");
        TriggerRule rule = await CreateAsync(lab, item, TriggerKind.NewBuild);
        await WaitForCursorAsync(lab);

        long second = await lab.BuildAsync("shop", "2");
        await lab.BuildAsync("other", "3");
        long fourth = await lab.BuildAsync("shop", "4");
        await lab.BuildAsync("shop", "4"); // the same again

        IReadOnlyList<Run> runs = await RunsAsync(lab, 2);
        Assert.Equal([(second, $"rule {rule.Id}"), (fourth, $"rule {rule.Id}")], runs.Select(r => (r.BuildId, r.RequestedBy)).Order());
        TriggerRule fired = await Eventually.ReadAsync(() => RuleAsync(lab, item), r => r.LastRunId == runs.Max(x => x.Id));
        Assert.Equal("", fired.LastError);
        long later = await lab.BuildAsync("shop", "5");
        Assert.Equal(later, (await RunsAsync(lab, 3)).Max(r => r.BuildId));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_new_selection_is_tested_once_and_a_disabled_rule_is_silent(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        long first = await lab.BuildAsync("shop", "1");
        long second = await lab.BuildAsync("shop", "2");
        long item = await lab.ItemAsync(job: "shop");
        await CreateAsync(lab, item, TriggerKind.Selection);
        long silent = await lab.ItemAsync(job: "shop");
        await CreateAsync(lab, silent, TriggerKind.Selection, enabled: false);
        await WaitForCursorAsync(lab);
        var versions = new JobVersionService.JobVersionServiceClient(lab.User);

        await versions.PutJobVersionAsync(new PutJobVersionRequest { JobName = "shop", BuildId = first });
        await versions.PutJobVersionAsync(new PutJobVersionRequest { JobName = "shop", BuildId = first });
        await versions.PutJobVersionAsync(new PutJobVersionRequest { JobName = "shop", BuildId = second });

        IReadOnlyList<Run> runs = await RunsAsync(lab, 2);
        Assert.Equal([first, second], runs.Select(r => r.BuildId).Order());
        Assert.All(runs, r => Assert.Equal(item, r.TestItemId));
    }

    [Fact]
    public async Task A_schedule_fires_once_an_occurrence_however_many_replicas_there_are_and_makes_up_a_missed_night_by_one_run()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(Databases.Postgres);
        await using OrbitServer one = await OrbitServer.StartAsync(database);
        await using OrbitServer two = await OrbitServer.StartAsync(database);
        await using OrbitServer three = await OrbitServer.StartAsync(database);
        CallInvoker admin = await one.AdminAsync();
        TestItem item = await new TestItemService.TestItemServiceClient(admin).CreateTestItemAsync(new CreateTestItemRequest { Name = "nightly" });
        var rules = new TriggerRuleService.TriggerRuleServiceClient(admin);
        TriggerRule rule = await rules.CreateTriggerRuleAsync(
            new CreateTriggerRuleRequest { TestItemId = item.Id, Kind = TriggerKind.Schedule, Cron = "0 0 * * * ?", TimeZone = "Asia/Shanghai" });
        DateTimeOffset due = rule.NextAt.ToDateTimeOffset();

        foreach (OrbitServer server in (OrbitServer[])[one, two, three])
        {
            server.Clock.Advance(due - server.Clock.GetUtcNow() + TimeSpan.FromHours(3.5));
        }

        TriggerRule fired = await Eventually.ReadAsync(
            async () => (await rules.ListTriggerRulesAsync(new ListTriggerRulesRequest { TestItemId = item.Id })).Rules[0], r => r.LastFiredAt is not null);
        Assert.Equal(due.AddHours(4), fired.NextAt.ToDateTimeOffset());
        Assert.Contains("NOTHING_TO_DO", fired.LastError, StringComparison.Ordinal); // the default set names nothing; what was refused is told
        List<string> keys = await one.Store.ReadAsync((db, ct) => db.TriggerFirings.Select(f => f.Key).ToListAsync(ct), default);
        Assert.Equal($"at:{due.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}", Assert.Single(keys));
    }

    [Fact]
    public async Task Wrong_rules_are_refused_with_each_field()
    {
        await using Lab lab = await Lab.StartAsync(Databases.Sqlite);
        long item = await lab.ItemAsync(job: "shop");
        long without = await lab.ItemAsync();

        Assert.Equal("TEST_ITEM_NOT_FOUND", await Refused.ReasonAsync(() => CreateAsync(lab, 4711, TriggerKind.NewBuild)));
        Assert.Equal("TRIGGER_RULE_NEEDS_JOB", await Refused.ReasonAsync(() => CreateAsync(lab, without, TriggerKind.NewBuild)));
        Assert.Equal("TRIGGER_RULE_INVALID", await Refused.ReasonAsync(() => CreateAsync(lab, item, TriggerKind.Unspecified)));
        Assert.Equal("TRIGGER_RULE_INVALID", await Refused.ReasonAsync(() => CreateAsync(lab, item, TriggerKind.Schedule, cron: "every day")));
        Assert.Equal("TRIGGER_RULE_INVALID", await Refused.ReasonAsync(() => CreateAsync(lab, item, TriggerKind.Schedule, cron: "0 0 0 1 1 ? 2001")));
        Assert.Equal("TRIGGER_RULE_INVALID", await Refused.ReasonAsync(() => CreateAsync(lab, item, TriggerKind.Schedule, cron: "0 0 2 * * ?", zone: "Mars/Olympus")));
        Assert.Equal("TRIGGER_RULE_INVALID", await Refused.ReasonAsync(() => CreateAsync(lab, item, TriggerKind.NewBuild, cron: "0 0 2 * * ?")));
        Assert.Equal("TRIGGER_RULE_NOT_FOUND", await Refused.ReasonAsync(async () => await Rules(lab).DeleteTriggerRuleAsync(new DeleteTriggerRuleRequest { Id = 4711 })));
        for (int i = 0; i < 20; i++)
        {
            await CreateAsync(lab, item, TriggerKind.NewBuild);
        }

        Assert.Equal("TOO_MANY_TRIGGER_RULES", await Refused.ReasonAsync(() => CreateAsync(lab, item, TriggerKind.NewBuild)));
    }

    [Theory]
    [InlineData("0 30 2 ? * MON-FRI", "Asia/Shanghai", "2026-11-20T10:00:00Z", "2026-11-22T18:30:00Z")] // Monday 02:30 in Shanghai
    [InlineData("0 30 2 * * ?", "Europe/Berlin", "2027-03-27T12:00:00Z", "2027-03-28T01:00:00Z")] // that day has no 02:30: 03:00 it is
    [InlineData("30 2 * * 1-5", "Asia/Shanghai", "2026-11-20T10:00:00Z", "2026-11-22T18:30:00Z")] // the same as a crontab says it
    [InlineData("0 0 0 1 * ?", "", "2026-11-22T12:00:00Z", "2026-12-01T00:00:00Z")]
    public void A_schedule_is_read_in_its_zone(string cron, string zone, string after, string next) =>
        Assert.Equal(At(next), Schedule.Parse(cron, zone).After(At(after)));

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    private static TriggerRuleService.TriggerRuleServiceClient Rules(Lab lab) => new(lab.Admin);

    private static async Task<TriggerRule> CreateAsync(Lab lab, long item, TriggerKind kind, string cron = "", string zone = "", bool enabled = true) =>
        await Rules(lab).CreateTriggerRuleAsync(new CreateTriggerRuleRequest { TestItemId = item, Kind = kind, Cron = cron, TimeZone = zone, Enabled = enabled });

    private static async Task<TriggerRule> RuleAsync(Lab lab, long item) =>
        (await Rules(lab).ListTriggerRulesAsync(new ListTriggerRulesRequest { TestItemId = item })).Rules[0];

    /// <summary>The first look of a server sets where it begins; only what comes after it counts.</summary>
    private static Task WaitForCursorAsync(Lab lab) =>
        Eventually.HoldsAsync(async () => await lab.Orbit.Store.ReadAsync((db, ct) => db.TriggerCursors.CountAsync(ct), default) == 2);

    private static async Task<IReadOnlyList<Run>> RunsAsync(Lab lab, int count)
    {
        IReadOnlyList<Run> runs = await Eventually.ReadAsync(async () => (IReadOnlyList<Run>)(await lab.Runs.ListRunsAsync(new ListRunsRequest())).Runs, r => r.Count >= count);
        Assert.Equal(count, runs.Count);
        return runs;
    }
}
