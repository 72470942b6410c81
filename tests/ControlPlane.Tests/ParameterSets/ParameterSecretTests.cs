using System.Text;
using Google.Protobuf.WellKnownTypes;
using Microsoft.EntityFrameworkCore;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Storage;
using Orbit.Tests.Support;
using ParameterSet = Orbit.Contracts.V1.ParameterSet;
using Refused = Orbit.ControlPlane.Tests.Access.Refused;

namespace Orbit.ControlPlane.Tests.ParameterSets;

public sealed class ParameterSecretTests
{
    private const string Value = "correct-horse-${battery}";

    private const string WithSecret =
        """{"test":{"dir":"/t","command":["true"],"env":{"PASS":{"secret":"test-only-value"}}},"env":{"TOKEN":{"secret":"correct-horse-${battery}"},"A":"1"},"overridable":["env"]}""";

    private static readonly string[] Tables = ["parameter_set_versions:parameters", "runs:parameters", "audit:new", "audit:old", "work_items:plan"];

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task The_agent_alone_gets_the_value_and_nobody_reads_it_anywhere(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        var sets = new ParameterSetService.ParameterSetServiceClient(lab.Admin);
        FakeAgentSession agent = await lab.AgentAsync();
        long item = await lab.ItemAsync(WithSecret);

        Run run = await lab.TriggerAsync(item);
        FakeWork work = await agent.OfferAsync();

        SecretVariable token = work.Offer.Plan.Deploy.Secrets.Single(s => s.Name == "TOKEN");
        SecretVariable pass = work.Offer.Plan.Deploy.Secrets.Single(s => s.Name == "PASS");
        Assert.Equal((Value, false, true, ""), (token.Value, token.TestOnly, token.Encrypted.IsEmpty, token.Owner));
        Assert.Equal(("test-only-value", true), (pass.Value, pass.TestOnly));
        Assert.Equal("1", Assert.Single(work.Offer.Plan.Deploy.Env).Value);
        Assert.Equal("""{ "secret": "***" }""", run.Parameters.Fields["env"].StructValue.Fields["TOKEN"].ToString());
        ParameterSet set = (await sets.ListParameterSetsAsync(new())).ParameterSets.Single(s => !s.IsDefault);
        Assert.Equal("""{ "secret": "***" }""", set.Parameters.Fields["test"].StructValue.Fields["env"].StructValue.Fields["PASS"].ToString());
        Assert.DoesNotContain(Value, await StoredAsync(lab.Orbit), StringComparison.Ordinal);
        Assert.DoesNotContain("test-only-value", await StoredAsync(lab.Orbit), StringComparison.Ordinal);
        Assert.DoesNotContain(lab.Orbit.Log.All, line => line.Text.Contains("correct-horse", StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Writing_the_mask_back_keeps_the_value_and_is_no_new_version(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        var sets = new ParameterSetService.ParameterSetServiceClient(lab.Admin);
        ParameterSet made = await sets.CreateParameterSetAsync(new() { Name = "s", Parameters = Json(WithSecret) });

        ParameterSet same = await sets.UpdateParameterSetAsync(new() { Id = made.Id, Parameters = made.Parameters });
        made.Parameters.Fields["env"].StructValue.Fields["A"] = Google.Protobuf.WellKnownTypes.Value.ForString("2");
        ParameterSet edited = await sets.UpdateParameterSetAsync(new() { Id = made.Id, Parameters = made.Parameters });
        ParameterSet changed = await sets.UpdateParameterSetAsync(new() { Id = made.Id, Parameters = Json(WithSecret.Replace("correct", "other", StringComparison.Ordinal)) });

        Assert.Equal((1, 2, 3), (same.Version, edited.Version, changed.Version));
        DiffParameterSetsResponse kept = await sets.DiffParameterSetsAsync(new() { Id = made.Id, FromVersion = 1, ToVersion = 2 });
        DiffParameterSetsResponse other = await sets.DiffParameterSetsAsync(new() { Id = made.Id });
        Assert.Equal(["env.A"], kept.Changes.Select(c => c.Path));
        Assert.Equal(["env.A", "env.TOKEN"], other.Changes.Select(c => c.Path));
        Assert.Equal(("""{ "secret": "***" }""", """{ "secret": "***" }"""), (other.Changes[1].Old.ToString(), other.Changes[1].New.ToString()));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_copy_takes_the_secrets_along(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        var sets = new ParameterSetService.ParameterSetServiceClient(lab.Admin);
        ParameterSet made = await sets.CreateParameterSetAsync(new() { Name = "s", Parameters = Json(WithSecret) });
        await sets.UpdateParameterSetAsync(new() { Id = made.Id, Parameters = Json("{}") });

        ParameterSet copy = await sets.CopyParameterSetAsync(new() { Id = made.Id, Version = 1, Name = "copy" });

        Assert.Equal(("copy", 1, false), (copy.Name, copy.Version, copy.IsDefault));
        Assert.Empty((await sets.DiffParameterSetsAsync(new() { Id = made.Id, FromVersion = 1, ToId = copy.Id })).Changes);
        Assert.Equal("PARAMETER_SET_EXISTS", await Refused.ReasonAsync(async () => await sets.CopyParameterSetAsync(new() { Id = made.Id, Name = "copy" })));
        Assert.Equal("PARAMETER_SET_VERSION_NOT_FOUND", await Refused.ReasonAsync(async () => await sets.CopyParameterSetAsync(new() { Id = made.Id, Version = 9, Name = "c" })));
        Assert.Equal("PARAMETER_SET_NOT_FOUND", await Refused.ReasonAsync(async () => await sets.DiffParameterSetsAsync(new() { Id = 99 })));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_secret_at_the_trigger_takes_the_place_of_the_sets(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();
        long item = await lab.ItemAsync(WithSecret);

        await lab.Runs.TriggerDeployTestAsync(new() { TestItemId = item, Parameters = Json("""{"env":{"TOKEN":{"secret":"mine-instead"},"MORE":{"secret":"***"}}}""".Replace(""","MORE":{"secret":"***"}""", "", StringComparison.Ordinal)) });
        FakeWork work = await agent.OfferAsync();

        Assert.Equal("mine-instead", work.Offer.Plan.Deploy.Secrets.Single(s => s.Name == "TOKEN").Value);
        Assert.DoesNotContain("mine-instead", await StoredAsync(lab.Orbit), StringComparison.Ordinal);
        Assert.Equal("PARAMETERS_INVALID", await Refused.ReasonAsync(
            async () => await lab.Runs.TriggerDeployTestAsync(new() { TestItemId = item, Parameters = Json("""{"env":{"MORE":{"secret":"***"}}}""") })));
    }

    [Theory]
    [InlineData("""{"env":{"A":{"secret":"abc"}}}""")]
    [InlineData("""{"env":{"A":{"secret":1}}}""")]
    [InlineData("""{"env":{"A":{"secret":"abcd","x":1}}}""")]
    [InlineData("""{"env":{"A":{"secret":"***"}}}""")]
    [InlineData("""{"env":{"A":{"sealed":"AAAA"}}}""")]
    [InlineData("""{"service":{"secret":"abcd"}}""")]
    public async Task Wrong_forms_are_refused(string parameters)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(Databases.Sqlite);
        var sets = new ParameterSetService.ParameterSetServiceClient(await orbit.AdminAsync());

        Assert.Equal("PARAMETERS_INVALID", await Refused.ReasonAsync(async () => await sets.CreateParameterSetAsync(new() { Name = "s", Parameters = Json(parameters) })));
    }

    private static Struct Json(string text) => Struct.Parser.ParseJson(text);

    /// <summary>Everything stored that could hold a value, as text.</summary>
    private static async Task<string> StoredAsync(OrbitServer orbit)
    {
        var all = new StringBuilder();
        foreach (string place in Tables)
        {
            string[] parts = place.Split(':');
            List<object> values = await orbit.Store.ReadAsync(
                (database, ct) => database.QueryAsync($"SELECT {parts[1]} FROM {parts[0]} WHERE {parts[1]} IS NOT NULL", [], row => parts[1] == "plan" ? (object)row.Bytes(0) : row.Text(0), ct), default);
            Assert.NotEmpty(place is "audit:old" ? [1] : values);
            all.AppendJoin('\n', values.Select(v => v is byte[] bytes ? Encoding.Latin1.GetString(bytes) : (string)v)).Append('\n');
        }

        return all.ToString();
    }
}
