namespace Orbit.ControlPlane.Upgrades;

/// <summary>An agent as the control plane sees it at this moment.</summary>
/// <param name="Online">In contact.</param>
/// <param name="Wanted">False: somebody disabled it, or it is quarantined.</param>
/// <param name="LastSeen">Its last word.</param>
/// <param name="Version">What it says it is.</param>
/// <param name="Package">SHA-256 of the archive that it was installed from; empty when it does not know.</param>
internal sealed record AgentSight(bool Online, bool Wanted, DateTimeOffset LastSeen, string Version, string Package);

/// <summary>What an upgrade does next. Pure: the same picture always leads to the same step, so that any replica may take it.</summary>
internal static class UpgradeRules
{
    /// <summary>An agent that was told goes away for seconds. For so long: it will not come back by itself.</summary>
    public static readonly TimeSpan LongestAway = TimeSpan.FromMinutes(5);

    /// <summary>From being told to the new version, with the download and the wait for API tests that run.</summary>
    public static readonly TimeSpan LongestUpgrade = TimeSpan.FromMinutes(45);

    /// <summary>Agents that fetch the package at a time.</summary>
    public const int MostAtOnce = 20;

    /// <summary>Puts members into stages; those that are in contact come first.</summary>
    /// <param name="members">All that are to be upgraded, those in contact first.</param>
    /// <param name="canaries">Of the first stage.</param>
    /// <param name="sharePercent">Of all, by the end of the second stage.</param>
    public static void Arrange(IReadOnlyList<UpgradeMember> members, int canaries, int sharePercent)
    {
        int first = Math.Min(canaries, members.Count);
        int second = Math.Max(first, (int)Math.Ceiling(members.Count * (sharePercent / 100.0)));
        for (int i = 0; i < members.Count; i++)
        {
            members[i].Stage = i < first ? UpgradeStage.Canary : i < second ? UpgradeStage.Share : UpgradeStage.All;
        }
    }

    /// <summary>Takes the step that is due.</summary>
    /// <returns>True when something changed.</returns>
    public static bool Step(AgentUpgrade upgrade, IReadOnlyList<UpgradeMember> members, IReadOnlyDictionary<long, AgentSight> agents, DateTimeOffset now)
    {
        if (upgrade.HasEnded)
        {
            return false;
        }

        bool changed = false;
        foreach (UpgradeMember member in members)
        {
            changed |= Look(member, agents.GetValueOrDefault(member.AgentId), now);
        }

        if (upgrade.State is UpgradeState.Running && members.FirstOrDefault(m => m.State is MemberState.Failed) is { } failed)
        {
            (upgrade.State, upgrade.Reason) = (UpgradeState.Halted, $"{failed.Agent}: {failed.Text}");
            changed = true;
        }

        changed |= upgrade.State is UpgradeState.Running && GoOn(upgrade, members, agents, now);
        upgrade.Revision += changed ? 1 : 0;
        return changed;
    }

    /// <summary>Ends it where it is.</summary>
    public static void End(AgentUpgrade upgrade, UpgradeState state, string reason, DateTimeOffset now)
    {
        (upgrade.State, upgrade.Reason, upgrade.EndedAt) = (state, reason, now);
        upgrade.Revision++;
    }

    private static bool Look(UpgradeMember member, AgentSight? agent, DateTimeOffset now)
    {
        if (member.State is MemberState.Upgraded or MemberState.Skipped)
        {
            return false;
        }

        (MemberState state, string text) = (member.State, member.Text);
        if (agent is null)
        {
            (state, text) = (MemberState.Skipped, "the agent was deleted");
        }
        else if (agent.Package == member.Package)
        {
            (state, text, member.ToVersion) = (MemberState.Upgraded, "", agent.Version);
        }
        else if (!agent.Wanted)
        {
            (state, text) = (MemberState.Skipped, "the agent is disabled or quarantined");
        }
        else if (member.State is MemberState.Told && !agent.Online && now - Later(agent.LastSeen, member.ToldAt!.Value) > LongestAway)
        {
            (state, text) = (MemberState.Failed, $"no word from it for {LongestAway.TotalMinutes:0} minutes; look at the agent's log on the host");
        }
        else if (member.State is MemberState.Told && now - member.ToldAt > LongestUpgrade)
        {
            (state, text) = (MemberState.Failed, $"not done after {LongestUpgrade.TotalMinutes:0} minutes; it said last: {(text.Length == 0 ? "nothing" : text)}");
        }

        if (state == member.State)
        {
            return false;
        }

        member.Move(state, text, now);
        return true;
    }

    private static bool GoOn(AgentUpgrade upgrade, IReadOnlyList<UpgradeMember> members, IReadOnlyDictionary<long, AgentSight> agents, DateTimeOffset now)
    {
        bool changed = Exchange(upgrade, members, agents) | Tell(upgrade, members, agents, now);
        if (members.Any(m => m.Stage <= upgrade.Stage && m.State is (MemberState.Waiting or MemberState.Told)))
        {
            return changed;
        }

        if (members.All(m => m.State is MemberState.Upgraded or MemberState.Skipped))
        {
            (upgrade.State, upgrade.EndedAt, upgrade.Reason) = (UpgradeState.Completed, now, "");
            return true;
        }

        bool anythingSeen = members.Any(m => m.Stage == upgrade.Stage && m.State is MemberState.Upgraded);
        if (upgrade.StageDoneAt is null && anythingSeen)
        {
            upgrade.StageDoneAt = now;
            changed = true;
        }

        if (!anythingSeen || now >= upgrade.StageDoneAt!.Value.AddSeconds(upgrade.PauseSeconds))
        {
            (upgrade.Stage, upgrade.StageDoneAt) = (upgrade.Stage + 1, null);
            _ = GoOn(upgrade, members, agents, now);
            return true;
        }

        return changed;
    }

    /// <summary>
    /// A host that is away must not hold up the first stages: one of a later stage takes its place. When there is none, it waits for the last
    /// stage, as long as another has shown that the package works.
    /// </summary>
    private static bool Exchange(AgentUpgrade upgrade, IReadOnlyList<UpgradeMember> members, IReadOnlyDictionary<long, AgentSight> agents)
    {
        bool changed = false;
        foreach (UpgradeMember away in members.Where(m => m.Stage == upgrade.Stage && upgrade.Stage < UpgradeStage.All && m.State is MemberState.Waiting && !Online(m, agents)))
        {
            if (members.FirstOrDefault(m => m.Stage > upgrade.Stage && m.State is MemberState.Waiting && Online(m, agents)) is { } present)
            {
                (present.Stage, away.Stage) = (away.Stage, present.Stage);
                changed = true;
            }
            else if (members.Any(m => m.State is MemberState.Upgraded))
            {
                away.Stage = UpgradeStage.All;
                changed = true;
            }
        }

        return changed;
    }

    private static bool Tell(AgentUpgrade upgrade, IReadOnlyList<UpgradeMember> members, IReadOnlyDictionary<long, AgentSight> agents, DateTimeOffset now)
    {
        int room = MostAtOnce - members.Count(m => m.State is MemberState.Told);
        UpgradeMember[] next = [.. members.Where(m => m.Stage <= upgrade.Stage && m.State is MemberState.Waiting && Online(m, agents)).Take(Math.Max(0, room))];
        foreach (UpgradeMember member in next)
        {
            (member.Attempt, member.ToldAt) = (member.Attempt + 1, now);
            member.Move(MemberState.Told, "told", now);
        }

        return next.Length > 0;
    }

    private static bool Online(UpgradeMember member, IReadOnlyDictionary<long, AgentSight> agents) => agents.GetValueOrDefault(member.AgentId) is { Online: true };

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;
}
