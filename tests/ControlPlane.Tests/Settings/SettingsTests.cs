using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Settings;
using Orbit.Tests.Support;

namespace Orbit.ControlPlane.Tests.Settings;

public sealed class SettingsTests
{
    private static readonly Caller Operator = new("op@example.org", IsAdmin: true, SessionId: null, "192.0.2.1");

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_change_holds_at_once_and_after_a_restart_and_is_audited(string provider)
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(provider);
        await using (OrbitServer orbit = await OrbitServer.StartAsync(database))
        {
            await ChangeAsync(orbit, new() { ["stop_timeout_s"] = 5, ["package_download_base_url"] = "http://packages.example:8000/files" });

            Assert.Equal(TimeSpan.FromSeconds(5), Snapshot(orbit).Seconds(SettingCatalog.StopTimeoutSeconds));
            AuditEntry entry = await orbit.Store.ReadAsync((d, ct) => d.AuditEntries.SingleAsync(e => e.Object == "setting:stop_timeout_s", ct), default);
            Assert.Equal(("op@example.org", "setting.changed", "60", "5", "192.0.2.1"), (entry.Who, entry.Action, entry.Old, entry.New, entry.RemoteAddress));
        }

        await using OrbitServer again = await OrbitServer.StartAsync(database);

        Assert.Equal("http://packages.example:8000/files/", Snapshot(again).Get(SettingCatalog.PackageDownloadBaseUrl));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Null_goes_back_to_the_default(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        await ChangeAsync(orbit, new() { ["project_name"] = "Lab" });
        Assert.Equal("Lab", Snapshot(orbit).Get(SettingCatalog.ProjectName));

        await ChangeAsync(orbit, new() { ["project_name"] = null });

        Assert.Equal("Orbit", Snapshot(orbit).Get(SettingCatalog.ProjectName));
        Assert.Equal(0, await orbit.Store.ReadAsync((d, ct) => d.Settings.CountAsync(ct), default));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task One_wrong_value_and_nothing_is_changed(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);

        OrbitException refused = await Assert.ThrowsAsync<OrbitException>(
            () => ChangeAsync(orbit, new() { ["project_name"] = "Lab", ["stop_timeout_s"] = -1, ["single_session"] = "yes" }));

        Assert.Equal("SETTING_INVALID", refused.Reason);
        Assert.Equal("must be a whole number from 1 to 3600", refused.Details["stop_timeout_s"]);
        Assert.Equal("must be true or false", refused.Details["single_session"]);
        Assert.Equal("Orbit", Snapshot(orbit).Get(SettingCatalog.ProjectName));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Settings_are_reset_by_name_or_all_and_each_is_audited(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        await ChangeAsync(orbit, new() { ["project_name"] = "Lab", ["stop_timeout_s"] = 5, ["default_role"] = "viewer" });
        SettingCommands commands = orbit.Services.GetRequiredService<SettingCommands>();

        await commands.ResetAsync(Operator, ["project_name"], all: false, default);
        Assert.Equal(("Orbit", 5L), (Snapshot(orbit).Get(SettingCatalog.ProjectName), Snapshot(orbit).Get(SettingCatalog.StopTimeoutSeconds)));
        await commands.ResetAsync(Operator, [], all: true, default);

        Assert.Equal((60L, "user"), (Snapshot(orbit).Get(SettingCatalog.StopTimeoutSeconds), Snapshot(orbit).Get(SettingCatalog.DefaultRole)));
        Assert.Equal(6, await orbit.Store.ReadAsync((d, ct) => d.AuditEntries.CountAsync(e => e.Action == "setting.changed", ct), default));
        Assert.Equal("SETTING_UNKNOWN", (await Assert.ThrowsAsync<OrbitException>(() => commands.ResetAsync(Operator, ["colour"], false, default))).Reason);
        Assert.Equal("SETTING_INVALID", (await Assert.ThrowsAsync<OrbitException>(() => commands.ResetAsync(Operator, [], false, default))).Reason);
        Assert.Equal("SETTING_INVALID", (await Assert.ThrowsAsync<OrbitException>(() => commands.ResetAsync(Operator, ["project_name"], true, default))).Reason);
    }

    [Fact]
    public async Task Every_setting_says_what_it_does_and_what_is_allowed()
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(Databases.Sqlite);
        var settings = new Contracts.V1.SettingService.SettingServiceClient(await orbit.UserAsync());

        foreach (Contracts.V1.Setting setting in (await settings.ListSettingsAsync(new())).Settings)
        {
            Assert.True(setting.Description.Length > 20 && setting.Allowed.Length > 0, setting.Key);
            Assert.NotEqual(Contracts.V1.SettingType.Unspecified, setting.Type);
            Assert.Equal((setting.Key, setting.Type is Contracts.V1.SettingType.Number), (setting.Key, setting.HasMinimum && setting.Maximum > setting.Minimum));
            Assert.Equal((setting.Key, setting.Type is Contracts.V1.SettingType.Choice), (setting.Key, setting.Choices.Count > 1));
            Assert.False(setting.IsChanged, setting.Key);
        }
    }

    [Fact]
    public async Task An_unknown_key_is_named()
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(Databases.Sqlite);

        OrbitException refused = await Assert.ThrowsAsync<OrbitException>(() => ChangeAsync(orbit, new() { ["colour"] = "red" }));

        Assert.Equal("SETTING_UNKNOWN", refused.Reason);
        Assert.Contains("colour is no setting", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_reaches_the_other_replica()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(Databases.Postgres);
        await using OrbitServer here = await OrbitServer.StartAsync(database);
        await using OrbitServer there = await OrbitServer.StartAsync(database);

        await ChangeAsync(here, new() { ["project_name"] = "Lab" });

        await Eventually.HoldsAsync(() => Snapshot(there).Get(SettingCatalog.ProjectName) == "Lab", TimeSpan.FromSeconds(8));
    }

    [Theory]
    [InlineData("http://packages.example", "http://packages.example/")]
    [InlineData("https://packages.example/a/b", "https://packages.example/a/b/")]
    [InlineData(" https://packages.example/a/ ", "https://packages.example/a/")]
    [InlineData("", "")]
    [InlineData("ftp://packages.example/", null)]
    [InlineData("file:///etc", null)]
    [InlineData("//packages.example/", null)]
    [InlineData("http://user:pass@packages.example/", null)]
    [InlineData("http://packages.example/?a=1", null)]
    [InlineData("http://packages.example/#a", null)]
    [InlineData("http://packages.example/\r\nHost: other", null)]
    [InlineData("http:\\\\packages.example", null)]
    [InlineData("packages.example", null)]
    public void A_base_address_has_one_form_or_is_refused(string given, string? kept) =>
        Assert.Equal(kept, SettingCatalog.PackageDownloadBaseUrl.Accept(JsonSerializer.SerializeToElement(given)));

    [Theory]
    [InlineData("1", 1L)]
    [InlineData("3600", 3600L)]
    [InlineData("60.0", 60L)]
    [InlineData("0", null)]
    [InlineData("-5", null)]
    [InlineData("3601", null)]
    [InlineData("1.5", null)]
    [InlineData("1e300", null)]
    [InlineData("\"60\"", null)]
    [InlineData("[60]", null)]
    public void A_number_is_whole_and_in_its_range(string json, long? kept) =>
        Assert.Equal(kept, (long?)SettingCatalog.StopTimeoutSeconds.Accept(JsonDocument.Parse(json).RootElement));

    [Fact]
    public void Every_default_is_allowed_by_its_own_rule() =>
        Assert.All(SettingCatalog.All.Values, s => Assert.NotNull(s.Accept(JsonSerializer.SerializeToElement(s.DefaultJson))));

    private static SettingsSnapshot Snapshot(OrbitServer orbit) => orbit.Services.GetRequiredService<SettingsSnapshot>();

    private static Task ChangeAsync(OrbitServer orbit, Dictionary<string, object?> wanted) =>
        orbit.Services.GetRequiredService<SettingCommands>().UpdateAsync(
            Operator, wanted.ToDictionary(w => w.Key, w => w.Value is null ? (JsonElement?)null : JsonSerializer.SerializeToElement(w.Value)), default);
}
