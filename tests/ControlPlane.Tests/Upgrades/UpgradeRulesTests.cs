using Orbit.ControlPlane.Upgrades;

namespace Orbit.ControlPlane.Tests.Upgrades;

public sealed class UpgradeRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(10, 1, 25, "CSSAAAAAAA")]
    [InlineData(10, 3, 10, "CCCAAAAAAA")]
    [InlineData(3, 0, 100, "SSS")]
    [InlineData(2, 5, 50, "CC")]
    public void Stages_are_the_first_few_a_share_and_the_rest(int agents, int canaries, int share, string stages)
    {
        UpgradeMember[] members = Members(agents);

        UpgradeRules.Arrange(members, canaries, share);

        Assert.Equal(stages, string.Concat(members.Select(m => m.Stage.ToString()[0])));
    }

    [Fact]
    public void A_stage_begins_when_the_one_before_is_done_and_its_pause_is_over()
    {
        (AgentUpgrade upgrade, UpgradeMember[] members, Dictionary<long, AgentSight> agents) = Fleet(4, pause: 60);

        Assert.True(UpgradeRules.Step(upgrade, members, agents, Now));
        Assert.False(UpgradeRules.Step(upgrade, members, agents, Now));
        Assert.Equal("TWWW", States(members));
        agents[1] = Sight(package: "new");
        Assert.True(UpgradeRules.Step(upgrade, members, agents, Now));
        Assert.Equal(("UWWW", "2.0"), (States(members), members[0].ToVersion));
        Assert.False(UpgradeRules.Step(upgrade, members, agents, Now.AddSeconds(59)));
        Assert.True(UpgradeRules.Step(upgrade, members, agents, Now.AddSeconds(60)));
        Assert.Equal(("UTWW", UpgradeStage.Share), (States(members), upgrade.Stage));
        agents[2] = Sight(package: "new");
        UpgradeRules.Step(upgrade, members, agents, Now.AddSeconds(70));
        UpgradeRules.Step(upgrade, members, agents, Now.AddSeconds(130));
        (agents[3], agents[4]) = (Sight(package: "new"), Sight(package: "new"));
        UpgradeRules.Step(upgrade, members, agents, Now.AddSeconds(140));

        Assert.Equal(("UUUU", UpgradeState.Completed), (States(members), upgrade.State));
    }

    [Fact]
    public void One_that_fails_halts_what_follows()
    {
        (AgentUpgrade upgrade, UpgradeMember[] members, Dictionary<long, AgentSight> agents) = Fleet(3, pause: 0);
        UpgradeRules.Step(upgrade, members, agents, Now);

        members[0].Move(MemberState.Failed, "it does not start", Now);
        UpgradeRules.Step(upgrade, members, agents, Now);

        Assert.Equal((UpgradeState.Halted, "agent-1: it does not start", "FWW"), (upgrade.State, upgrade.Reason, States(members)));
        Assert.False(UpgradeRules.Step(upgrade, members, agents, Now.AddDays(1)));
    }

    [Fact]
    public void One_that_was_told_and_does_not_come_back_has_failed_and_is_upgraded_if_it_does_after_all()
    {
        (AgentUpgrade upgrade, UpgradeMember[] members, Dictionary<long, AgentSight> agents) = Fleet(2, pause: 0);
        UpgradeRules.Step(upgrade, members, agents, Now);
        agents[1] = Sight(online: false);

        UpgradeRules.Step(upgrade, members, agents, Now + UpgradeRules.LongestAway);
        Assert.Equal("TW", States(members));
        UpgradeRules.Step(upgrade, members, agents, Now + UpgradeRules.LongestAway + TimeSpan.FromSeconds(1));
        Assert.Equal(("FW", UpgradeState.Halted), (States(members), upgrade.State));
        agents[1] = Sight(package: "new");
        UpgradeRules.Step(upgrade, members, agents, Now.AddHours(1));
        Assert.Equal("UW", States(members));
    }

    [Fact]
    public void A_host_that_is_away_holds_nothing_up_until_the_end()
    {
        (AgentUpgrade upgrade, UpgradeMember[] members, Dictionary<long, AgentSight> agents) = Fleet(3, pause: 0);
        (agents[1], agents[2]) = (Sight(online: false), Sight(online: false));

        UpgradeRules.Step(upgrade, members, agents, Now);
        Assert.Equal("WWT", States(members));
        agents[3] = Sight(package: "new");
        UpgradeRules.Step(upgrade, members, agents, Now);
        UpgradeRules.Step(upgrade, members, agents, Now);
        Assert.Equal((UpgradeState.Running, UpgradeStage.All, "WWU"), (upgrade.State, upgrade.Stage, States(members)));
        agents[1] = Sight();
        agents[2] = Sight(wanted: false);
        UpgradeRules.Step(upgrade, members, agents, Now);
        Assert.Equal("TSU", States(members));
    }

    [Fact]
    public void Not_all_fetch_at_the_same_time()
    {
        (AgentUpgrade upgrade, UpgradeMember[] members, Dictionary<long, AgentSight> agents) = Fleet(UpgradeRules.MostAtOnce + 5, pause: 0, canaries: 100);

        UpgradeRules.Step(upgrade, members, agents, Now);

        Assert.Equal(UpgradeRules.MostAtOnce, members.Count(m => m.State is MemberState.Told));
    }

    private static (AgentUpgrade Upgrade, UpgradeMember[] Members, Dictionary<long, AgentSight> Agents) Fleet(int count, long pause, int canaries = 1)
    {
        UpgradeMember[] members = Members(count);
        UpgradeRules.Arrange(members, canaries, 50);
        return (new AgentUpgrade { PauseSeconds = pause }, members, members.ToDictionary(m => m.AgentId, _ => Sight()));
    }

    private static UpgradeMember[] Members(int count) =>
        [.. Enumerable.Range(1, count).Select(n => new UpgradeMember { AgentId = n, Agent = $"agent-{n}", Package = "new" })];

    private static AgentSight Sight(bool online = true, bool wanted = true, string package = "old") => new(online, wanted, Now, package == "new" ? "2.0" : "1.0", package);

    private static string States(UpgradeMember[] members) => string.Concat(members.Select(m => m.State.ToString()[0]));
}
