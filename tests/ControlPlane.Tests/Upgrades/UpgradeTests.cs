using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Orbit.Contracts.V1;
using Orbit.Tests.Support;
using Refused = Orbit.ControlPlane.Tests.Access.Refused;

namespace Orbit.ControlPlane.Tests.Upgrades;

public sealed class UpgradeTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("orbit-upgrade-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Agents_are_told_stage_by_stage_and_a_failure_halts_what_follows(string provider)
    {
        string sum = Offer("2.0");
        await using Lab lab = await LabAsync(provider);
        FakeAgentSession[] sessions = [await OldAsync(lab, "lab-1"), await OldAsync(lab, "lab-2"), await OldAsync(lab, "lab-3")];
        FakeAgentSession byHand = await lab.AgentAsync("lab-4");

        AgentUpgrade begun = await Upgrades(lab).StartAgentUpgradeAsync(new() { Canaries = 1, SharePercent = 50, PauseS = 0 });
        AgentUpgradeOrder first = (await sessions[0].TakeAsync(m => m.Upgrade is not null)).Upgrade;

        Assert.Equal((begun.Id, 1, "2.0", sum, "/install/agent/linux-x64.tar.gz"), (first.UpgradeId, first.Attempt, first.Version, first.Sha256, first.Path));
        Assert.Equal("WAITING WAITING SKIPPED".Split(' '), (await ReadAsync(lab, begun.Id)).Members.Where(m => m.Agent != "lab-1").Select(m => m.State.ToString().ToUpperInvariant()));
        await sessions[0].SendAsync(new AgentMessage { Upgrade = new() { UpgradeId = begun.Id, Attempt = 1, Text = "fetches the package" } });
        await UntilAsync(lab, begun.Id, u => u.Members[0].Text == "fetches the package");
        sessions[0] = await NewAsync(lab, sessions[0], sum);
        AgentUpgradeOrder second = (await sessions[1].TakeAsync(m => m.Upgrade is not null)).Upgrade;
        await sessions[1].SendAsync(new AgentMessage { Upgrade = new() { UpgradeId = begun.Id, Attempt = second.Attempt, Failed = true, Text = "it does not start" } });
        AgentUpgrade halted = await UntilAsync(lab, begun.Id, u => u.State is AgentUpgradeState.Halted);

        Assert.Equal(("lab-2: it does not start", 1, 1, 4), (halted.Reason, halted.Upgraded, halted.Failed, halted.Total));
        Assert.DoesNotContain(sessions[2].Received, m => m.Upgrade is not null);
        Assert.DoesNotContain(byHand.Received, m => m.Upgrade is not null);
        Assert.Equal(StatusCode.FailedPrecondition, (await Assert.ThrowsAsync<RpcException>(async () => await Upgrades(lab).StartAgentUpgradeAsync(new()))).StatusCode);

        await Upgrades(lab).ResumeAgentUpgradeAsync(new() { Id = begun.Id });
        Assert.Equal(2, (await sessions[1].TakeAsync(m => m.Upgrade is not null)).Upgrade.Attempt);
        await sessions[1].SendAsync(new AgentMessage { Upgrade = new() { UpgradeId = begun.Id, Attempt = 1, Failed = true, Text = "old news" } });
        sessions[1] = await NewAsync(lab, sessions[1], sum);
        await sessions[2].TakeAsync(m => m.Upgrade is not null);
        await NewAsync(lab, sessions[2], sum);
        AgentUpgrade done = await UntilAsync(lab, begun.Id, u => u.State is AgentUpgradeState.Completed);

        Assert.Equal((3, 0, "2.0"), (done.Upgraded, done.Failed, done.Members[0].ToVersion));
        Assert.Equal(begun.Id, Assert.Single((await Upgrades(lab).ListAgentUpgradesAsync(new())).Upgrades).Id);
        Assert.Equal("AGENT_UPGRADE_NOTHING", Refused.ReasonOf(await Assert.ThrowsAsync<RpcException>(async () => await Upgrades(lab).StartAgentUpgradeAsync(new()))));
        Assert.Equal("AGENT_UPGRADE_ENDED", Refused.ReasonOf(await Assert.ThrowsAsync<RpcException>(async () => await Upgrades(lab).PauseAgentUpgradeAsync(new() { Id = begun.Id }))));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_paused_one_tells_nobody_and_one_that_was_ended_stays_as_it_is(string provider)
    {
        string sum = Offer("2.0");
        await using Lab lab = await LabAsync(provider);
        FakeAgentSession first = await OldAsync(lab, "lab-1");
        FakeAgentSession second = await OldAsync(lab, "lab-2");
        AgentUpgrade begun = await Upgrades(lab).StartAgentUpgradeAsync(new() { Canaries = 1, PauseS = 0 });
        await first.TakeAsync(m => m.Upgrade is not null);

        await Upgrades(lab).PauseAgentUpgradeAsync(new() { Id = begun.Id });
        await NewAsync(lab, first, sum);
        AgentUpgrade paused = await UntilAsync(lab, begun.Id, u => u.Upgraded == 1);
        AgentUpgrade ended = await Upgrades(lab).AbortAgentUpgradeAsync(new() { Id = begun.Id, Reason = "not today" });

        Assert.Equal((AgentUpgradeState.Paused, AgentUpgradeMemberState.Waiting), (paused.State, paused.Members[1].State));
        Assert.Equal((AgentUpgradeState.Aborted, "not today"), (ended.State, ended.Reason));
        Assert.Equal((ended.State, ended.Reason), await AbortAgainAsync(lab, begun.Id));
        await second.BeatAsync();
        Assert.DoesNotContain(second.Received, m => m.Upgrade is not null);
    }

    [Fact]
    public async Task Where_the_setting_says_so_it_begins_by_itself_once_for_each_package_and_for_agents_with_the_labels()
    {
        await using Lab lab = await LabAsync(Databases.Sqlite);
        Assert.Equal("AGENT_PACKAGE_MISSING", Refused.ReasonOf(await Assert.ThrowsAsync<RpcException>(async () => await Upgrades(lab).StartAgentUpgradeAsync(new()))));
        await OldAsync(lab, "lab-1");
        FakeAgentSession chosen = await lab.AgentAsync("lab-2", Old, ("pool", "b"));
        await new SettingService.SettingServiceClient(lab.Admin).UpdateSettingsAsync(
            new() { Settings = Struct.Parser.ParseJson("""{"agent_upgrade_auto":true,"agent_upgrade_labels":"pool=b"}""") });

        Offer("2.0");
        await chosen.TakeAsync(m => m.Upgrade is not null);
        AgentUpgrade begun = (await Upgrades(lab).ListAgentUpgradesAsync(new())).Upgrades[0];
        await Upgrades(lab).AbortAgentUpgradeAsync(new() { Id = begun.Id });
        Offer("3.0");
        AgentUpgradeOrder next = (await chosen.TakeAsync(m => m.Upgrade is { Version: "3.0" })).Upgrade;

        Assert.Equal(("orbit", 1, "b"), (begun.CreatedBy, begun.Total, begun.Labels["pool"]));
        Assert.Equal(["3.0", "2.0"], (await Upgrades(lab).ListAgentUpgradesAsync(new())).Upgrades.Select(u => u.Version));
        Assert.NotEqual(begun.Id, next.UpgradeId);
    }

    [Fact]
    public async Task What_is_offered_is_what_is_whole_and_says_its_version()
    {
        await using Lab lab = await LabAsync(Databases.Sqlite);
        string sum = Offer("2.0");
        Assert.Equal(("linux-x64", "2.0", sum), (await Upgrades(lab).ListAgentPackagesAsync(new())).Packages.Select(p => (p.System, p.Version, p.Sha256)).Single());

        await File.WriteAllTextAsync(Path.Combine(_directory, "agent", "linux-x64.tar.gz"), "cut off");
        Assert.Empty((await Upgrades(lab).ListAgentPackagesAsync(new())).Packages);
    }

    private static AgentUpgradeService.AgentUpgradeServiceClient Upgrades(Lab lab) => new(lab.Admin);

    private static async Task<(AgentUpgradeState State, string Reason)> AbortAgainAsync(Lab lab, long id)
    {
        AgentUpgrade upgrade = await Upgrades(lab).AbortAgentUpgradeAsync(new() { Id = id, Reason = "again" });
        return (upgrade.State, upgrade.Reason);
    }

    private Task<Lab> LabAsync(string provider) => Lab.StartAsync(provider, $"--Install:Directory={_directory}");

    private static Task<FakeAgentSession> OldAsync(Lab lab, string name) => lab.AgentAsync(name, Old);

    private static void Old(AgentHello hello) => (hello.System, hello.PackageSha256, hello.AgentVersion) = ("linux-x64", new string('0', 64), "1.0");

    private static Task<FakeAgentSession> NewAsync(Lab lab, FakeAgentSession before, string sum) =>
        lab.ConnectAsync(before.Agent, hello => (hello.System, hello.PackageSha256, hello.AgentVersion) = ("linux-x64", sum, "2.0"));

    private static async Task<AgentUpgrade> ReadAsync(Lab lab, long id) => await Upgrades(lab).GetAgentUpgradeAsync(new() { Id = id });

    private static Task<AgentUpgrade> UntilAsync(Lab lab, long id, Func<AgentUpgrade, bool> done) => Eventually.ReadAsync(() => ReadAsync(lab, id), done);

    /// <summary>Puts a package where the control plane looks for it; its checksum.</summary>
    private string Offer(string version)
    {
        string agents = Directory.CreateDirectory(Path.Combine(_directory, "agent")).FullName;
        using MemoryStream bytes = new();
        using (GZipStream packed = new(bytes, CompressionMode.Compress, leaveOpen: true))
        using (TarWriter tar = new(packed))
        {
            foreach ((string name, string content) in new[] { ("orbit-agent", "#!/bin/sh\n"), ("VERSION", version + "\n") })
            {
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "orbit-agent/" + name) { DataStream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(content)) });
            }
        }

        string sum = Convert.ToHexStringLower(SHA256.HashData(bytes.ToArray()));
        File.WriteAllBytes(Path.Combine(agents, "linux-x64.tar.gz"), bytes.ToArray());
        File.WriteAllText(Path.Combine(agents, "linux-x64.tar.gz.sha256"), $"{sum}  linux-x64.tar.gz\n");
        return sum;
    }
}
