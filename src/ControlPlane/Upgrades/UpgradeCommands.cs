using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Feed;
using Orbit.ControlPlane.Install;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Settings;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Upgrades;

/// <summary>How to upgrade; nulls are as the settings say.</summary>
internal sealed record UpgradeWish(IReadOnlyDictionary<string, string>? Labels, int? Canaries, int? SharePercent, long? PauseSeconds);

/// <summary>Begins, steers and moves upgrades.</summary>
internal sealed class UpgradeCommands(OrbitStore store, OfferedPackages packages, SettingsSnapshot settings, IOptions<AgentOptions> options, TimeProvider time, ILogger<UpgradeCommands> log)
{
    private const int MostCanaries = 1000;
    private const long LongestPause = 604_800;
    private const int MostLabels = 64;
    private const int LongestReason = 500;
    private const int LongestText = 1000;

    /// <summary>Topic that makes upgrades move at once.</summary>
    public const string Topic = "agent-upgrades";

    /// <summary>Begins one.</summary>
    public Task<UpgradeView> StartAsync(UpgradeWish wish, Caller by, CancellationToken ct)
    {
        (IReadOnlyDictionary<string, string> labels, int canaries, int share, long pause) = Checked(wish);
        IReadOnlyList<OfferedPackage> offered = packages.All();
        if (offered.Count == 0)
        {
            throw OrbitException.Conflict("AGENT_PACKAGE_MISSING", $"This control plane offers no agent package with a version in it. {packages.Problem}");
        }

        string stored = PackagesJson(offered);
        return store.WriteAsync(
            async (database, token) =>
            {
                if (await database.ActiveUpgradeAsync(token) is { } active)
                {
                    throw OrbitException.Conflict("AGENT_UPGRADE_ACTIVE", $"Upgrade {active.Upgrade.Id} to {active.Upgrade.Version} has not ended; end it first.");
                }

                DateTimeOffset now = time.GetUtcNow();
                List<UpgradeMember> members = MembersOf(await database.AgentSightsAsync(now - options.Value.Silence, token), labels, offered, now);
                if (!members.Exists(m => m.State is MemberState.Waiting))
                {
                    throw OrbitException.Conflict("AGENT_UPGRADE_NOTHING", $"No agent needs version {offered[0].Version}.{Passed(members)}");
                }

                UpgradeRules.Arrange([.. members.Where(m => m.State is MemberState.Waiting)], canaries, share);
                var upgrade = new AgentUpgrade
                {
                    Version = offered[0].Version,
                    Packages = stored,
                    Labels = LabelsJson.Write(labels),
                    Canaries = canaries,
                    SharePercent = share,
                    PauseSeconds = pause,
                    CreatedBy = by.Name,
                    CreatedAt = now,
                };
                database.AgentUpgrades.Add(upgrade);
                await database.SaveChangesAsync(token);
                members.ForEach(member => member.UpgradeId = upgrade.Id);
                database.UpgradeMembers.AddRange(members);
                database.Audit(by, now, "agent_upgrade.started", $"agent_upgrade:{upgrade.Id}", @new: new { upgrade.Version, labels, canaries, share, pause, agents = members.Count });
                database.RaiseAfterCommit(Topic);
                return new UpgradeView(upgrade, members);
            },
            ct);
    }

    /// <summary>Tells no further agent.</summary>
    public Task<UpgradeView> PauseAsync(long id, Caller by, CancellationToken ct) => ChangeAsync(id, by, "paused", (view, _) => view.Upgrade.State = UpgradeState.Paused, ct);

    /// <summary>Goes on; who failed is told once more.</summary>
    public Task<UpgradeView> ResumeAsync(long id, Caller by, CancellationToken ct) => ChangeAsync(
        id, by, "resumed",
        (view, now) =>
        {
            (view.Upgrade.State, view.Upgrade.Reason) = (UpgradeState.Running, "");
            foreach (UpgradeMember failed in view.Members.Where(m => m.State is MemberState.Failed))
            {
                failed.Move(MemberState.Waiting, "", now);
            }
        },
        ct);

    /// <summary>Ends it where it is.</summary>
    public Task<UpgradeView> AbortAsync(long id, string reason, Caller by, CancellationToken ct) =>
        reason.Length > LongestReason || !TextRule.IsStorable(reason)
            ? throw OrbitException.Invalid("AGENT_UPGRADE_INVALID", $"reason may have up to {LongestReason} characters.")
            : ChangeAsync(id, by, "aborted", (view, now) => UpgradeRules.End(view.Upgrade, UpgradeState.Aborted, reason.Length == 0 ? $"ended by {by.Name}" : reason, now), ct, UpgradeState.Aborted);

    /// <summary>Takes the steps that are due. Any replica may; one wins.</summary>
    public async Task MoveAsync(CancellationToken ct)
    {
        if (await store.ReadAsync((database, token) => StepAsync(database, token), ct) is not { Changed: true })
        {
            return; // as almost always: nothing is active, or it waits
        }

        (bool changed, UpgradeView view) = (await store.WriteAsync((database, token) => StepAsync(database, token), ct))!.Value;
        if (changed && view.Upgrade.State is UpgradeState.Halted)
        {
            log.UpgradeHalted(view.Upgrade.Id, view.Upgrade.Version, view.Upgrade.Reason);
        }
        else if (changed && view.Upgrade.State is UpgradeState.Completed)
        {
            log.UpgradeCompleted(view.Upgrade.Id, view.Upgrade.Version, view.Members.Count(m => m.State is MemberState.Upgraded));
        }
    }

    /// <summary>Begins one by itself where the setting says so and the offered packages were never upgraded to.</summary>
    public async Task StartDueAsync(CancellationToken ct)
    {
        if (!settings.Get(SettingCatalog.AgentUpgradeAuto) || packages.All() is not { Count: > 0 } offered)
        {
            return;
        }

        string stored = PackagesJson(offered);
        bool known = await store.ReadAsync(
            (database, token) => database.AgentUpgrades.AnyAsync(u => u.Packages == stored || (u.State != UpgradeState.Completed && u.State != UpgradeState.Aborted), token), ct);
        if (known)
        {
            return;
        }

        try
        {
            UpgradeView begun = await StartAsync(new(null, null, null, null), new Caller("orbit", IsAdmin: true, SessionId: null, RemoteAddress: ""), ct);
            log.UpgradeBegun(begun.Upgrade.Id, begun.Upgrade.Version);
        }
        catch (OrbitException nothing) when (nothing.Reason is "AGENT_UPGRADE_NOTHING" or "AGENT_UPGRADE_ACTIVE")
        {
            // every agent has it, or another replica was quicker
        }
    }

    /// <summary>What an agent says of its upgrade. Word of an older attempt or session changes nothing.</summary>
    public Task ReportAsync(AgentSession session, (long Upgrade, int Attempt, bool Failed, string Text) said, CancellationToken ct)
    {
        if (said.Text.Length > LongestText || !TextRule.IsStorable(said.Text))
        {
            throw OrbitException.Invalid("MESSAGE_UNEXPECTED", $"The text of an upgrade report may have up to {LongestText} characters.");
        }

        return store.WriteAsync(
            async (database, token) =>
            {
                UpgradeMember? member = await database.UpgradeMembers.AsTracking()
                    .FirstOrDefaultAsync(m => m.UpgradeId == said.Upgrade && m.AgentId == session.AgentId && m.Attempt == said.Attempt, token);
                bool counts = member is not null && member.State is MemberState.Told or MemberState.Upgraded && (said.Failed || member!.State is MemberState.Told);
                if (!counts || !await database.Agents.AnyAsync(a => a.Id == session.AgentId && a.SessionEpoch == session.Epoch, token))
                {
                    return;
                }

                member!.Move(said.Failed ? MemberState.Failed : MemberState.Told, said.Text, time.GetUtcNow());
                database.Changed("agents", session.AgentId);
                database.RaiseAfterCommit(Topic);
                if (said.Failed)
                {
                    log.AgentWentBack(session.Name, said.Text);
                }
            },
            ct);
    }

    private async Task<(bool Changed, UpgradeView View)?> StepAsync(OrbitDbContext database, CancellationToken ct)
    {
        if (await database.ActiveUpgradeAsync(ct) is not { } view)
        {
            return null;
        }

        DateTimeOffset now = time.GetUtcNow();
        Dictionary<long, AgentSight> sights = (await database.AgentSightsAsync(now - options.Value.Silence, ct)).ToDictionary(one => one.Agent.Id, one => one.Sight);
        Dictionary<long, MemberState> before = view.Members.ToDictionary(m => m.AgentId, m => m.State);
        bool changed = UpgradeRules.Step(view.Upgrade, view.Members, sights, now);
        foreach (UpgradeMember member in view.Members.Where(m => before[m.AgentId] != m.State))
        {
            database.Changed("agents", member.AgentId);
        }

        if (changed)
        {
            database.RaiseAfterCommit(Topic); // the replica that has the agent's stream tells it
        }

        return (changed, view);
    }

    private Task<UpgradeView> ChangeAsync(long id, Caller by, string verb, Action<UpgradeView, DateTimeOffset> change, CancellationToken ct, UpgradeState? harmlessWhen = null) =>
        store.WriteAsync(
            async (database, token) =>
            {
                UpgradeView view = await database.UpgradeAsync(id, token) ?? throw OrbitException.NotFound("AGENT_UPGRADE_NOT_FOUND", $"There is no upgrade {id}.");
                if (view.Upgrade.State == harmlessWhen)
                {
                    return view;
                }

                if (view.Upgrade.HasEnded)
                {
                    throw OrbitException.Conflict("AGENT_UPGRADE_ENDED", $"Upgrade {id} has ended; begin another.");
                }

                UpgradeState before = view.Upgrade.State;
                DateTimeOffset now = time.GetUtcNow();
                change(view, now);
                view.Upgrade.Revision++;
                database.Audit(by, now, $"agent_upgrade.{verb}", $"agent_upgrade:{id}", new { state = before }, new { state = view.Upgrade.State, view.Upgrade.Reason });
                database.RaiseAfterCommit(Topic);
                return view;
            },
            ct);

    private (IReadOnlyDictionary<string, string> Labels, int Canaries, int Share, long Pause) Checked(UpgradeWish wish)
    {
        IReadOnlyDictionary<string, string> labels = wish.Labels is { Count: > 0 } named ? named : LabelSelector.Parse(settings.Get(SettingCatalog.AgentUpgradeLabels));
        long canaries = wish.Canaries ?? settings.Get(SettingCatalog.AgentUpgradeCanaries);
        long share = wish.SharePercent ?? settings.Get(SettingCatalog.AgentUpgradeSharePercent);
        long pause = wish.PauseSeconds ?? settings.Get(SettingCatalog.AgentUpgradePauseSeconds);
        bool fits = canaries is >= 0 and <= MostCanaries && share is >= 1 and <= 100 && pause is >= 0 and <= LongestPause
            && labels.Count <= MostLabels && labels.All(l => l.Key.Length is > 0 and <= 128 && l.Value.Length <= 256 && TextRule.IsStorable(l.Key + l.Value));
        return fits
            ? (labels, (int)canaries, (int)share, pause)
            : throw OrbitException.Invalid("AGENT_UPGRADE_INVALID", $"An upgrade has up to {MostLabels} labels, 0 to {MostCanaries} canaries, a share of 1 to 100 percent and a pause of 0 to {LongestPause} s.");
    }

    private static List<UpgradeMember> MembersOf(
        List<(Agent Agent, AgentSight Sight)> agents, IReadOnlyDictionary<string, string> labels, IReadOnlyList<OfferedPackage> offered, DateTimeOffset now)
    {
        List<UpgradeMember> members = [];
        foreach ((Agent agent, AgentSight _) in agents.Where(one => one.Sight.Wanted && LabelsJson.Parse(one.Agent.Labels).Covers(labels)).OrderByDescending(one => one.Sight.Online))
        {
            OfferedPackage? package = offered.FirstOrDefault(o => o.System == agent.System);
            if (package is not null && package.Sha256 == agent.Package)
            {
                continue;
            }

            var member = new UpgradeMember { AgentId = agent.Id, Agent = agent.Name, FromVersion = agent.Version, Package = package?.Sha256 ?? "", Stage = UpgradeStage.All, ChangedAt = now };
            if (package is null)
            {
                string why = agent.System.Length == 0 ? "it cannot exchange its own program: run the install line on its host" : $"there is no package for {agent.System}";
                member.Move(MemberState.Skipped, why, now);
            }

            members.Add(member);
        }

        return members;
    }

    private static string Passed(List<UpgradeMember> members) =>
        members.Count == 0 ? "" : $" Passed over: {string.Join("; ", members.Take(5).Select(m => $"{m.Agent} ({m.Text})"))}{(members.Count > 5 ? "; …" : ".")}";

    private static string PackagesJson(IReadOnlyList<OfferedPackage> offered) =>
        JsonSerializer.Serialize(new SortedDictionary<string, string>(offered.ToDictionary(o => o.System, o => o.Sha256), StringComparer.Ordinal));
}
