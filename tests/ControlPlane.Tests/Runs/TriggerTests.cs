using Google.Protobuf.WellKnownTypes;
using Orbit.Contracts.V1;
using Orbit.Tests.Support;
using Refused = Orbit.ControlPlane.Tests.Access.Refused;

namespace Orbit.ControlPlane.Tests.Runs;

public sealed class TriggerTests
{
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task The_same_key_by_the_same_person_is_the_same_run(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        long item = await lab.ItemAsync();

        Run first = await lab.TriggerAsync(item, key: "k");
        Assert.Equal(first.Id, (await lab.TriggerAsync(item, key: "k")).Id);
        Assert.NotEqual(first.Id, (await lab.TriggerAsync(item)).Id);
        Assert.Equal("IDEMPOTENCY_KEY_REUSED", await Refused.ReasonAsync(async () => await lab.TriggerAsync(await lab.ItemAsync(), key: "k")));
        Run[] racing = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => lab.TriggerAsync(item, key: "race")));
        Assert.Single(racing.Select(r => r.Id).Distinct());
        Assert.Equal(3, (await lab.Runs.ListRunsAsync(new ListRunsRequest())).Runs.Count);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_race_with_one_key_takes_one_slot(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync(adjust: h => h.Slots = 8);
        long item = await lab.ItemAsync();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => lab.TriggerAsync(item, key: "race")));
        FakeWork[] all = [await agent.OfferAsync(), .. await Task.WhenAll(Enumerable.Range(0, 7).Select(async _ =>
        {
            await lab.TriggerAsync(item);
            return await agent.OfferAsync();
        }))];

        Assert.Equal(8, all.Select(w => w.Id).Distinct().Count());
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_run_that_cannot_be_made_is_refused_with_the_reason(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        (long shop, _) = await lab.ShopAsync();
        long other = await lab.BuildAsync("other-job");
        long off = await lab.ItemAsync(enabled: false);

        Assert.Equal("TEST_ITEM_NOT_FOUND", await Refused.ReasonAsync(() => lab.TriggerAsync(4711)));
        Assert.Equal("TEST_ITEM_DISABLED", await Refused.ReasonAsync(() => lab.TriggerAsync(off)));
        Assert.Equal("NO_BUILD_SELECTED", await Refused.ReasonAsync(() => lab.TriggerAsync(shop)));
        Assert.Equal("JOB_MISMATCH", await Refused.ReasonAsync(() => lab.TriggerAsync(shop, other)));
        Assert.Equal("BUILD_NOT_FOUND", await Refused.ReasonAsync(() => lab.TriggerAsync(shop, 4711)));
        Assert.Equal("PRIORITY_NOT_ALLOWED", await Refused.ReasonAsync(() => lab.TriggerAsync(shop, priority: 11)));
        Assert.Equal("PRIORITY_INVALID", await Refused.ReasonAsync(() => lab.TriggerAsync(shop, priority: 101)));
        Assert.Empty((await lab.Runs.ListRunsAsync(new ListRunsRequest())).Runs);
    }

    [Fact]
    public async Task Who_is_no_admin_overrides_only_what_the_set_lists()
    {
        await using Lab lab = await Lab.StartAsync(Databases.Sqlite);
        long item = await lab.ItemAsync();
        var allowed = new TriggerDeployTestRequest { TestItemId = item, Parameters = Struct.Parser.ParseJson("""{"env":{"A":"2"}}""") };
        var forbidden = new TriggerDeployTestRequest { TestItemId = item, Parameters = Struct.Parser.ParseJson("""{"test":{"command":["rm"]}}""") };

        Run run = await lab.Runs.TriggerDeployTestAsync(allowed);
        Assert.Equal("2", run.Parameters.Fields["env"].StructValue.Fields["A"].StringValue);
        Assert.Equal("PARAMETER_NOT_OVERRIDABLE", await Refused.ReasonAsync(async () => await lab.Runs.TriggerDeployTestAsync(forbidden)));
        Assert.Equal(RunStatus.Pending, (await new RunService.RunServiceClient(lab.Admin).TriggerDeployTestAsync(forbidden)).Status);
    }
}
