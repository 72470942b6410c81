using System.CommandLine;
using Orbit.Cli.Output;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Commands;

/// <summary><c>agents upgrade packages|start|list|show|pause|resume|abort</c>.</summary>
internal static class UpgradeCommands
{
    public static Command Upgrade(CommandRunner runner)
    {
        var upgrade = new Command("upgrade", "Bring agents to the version that the control plane offers: a few first, then a share, then all.");
        upgrade.Subcommands.Add(Packages(runner));
        upgrade.Subcommands.Add(Start(runner));
        upgrade.Subcommands.Add(List(runner));
        upgrade.Subcommands.Add(Steer(runner, "show", "Show an upgrade and how far each agent is.", async (context, id) =>
            await context.Server.Upgrades.GetAgentUpgradeAsync(new() { Id = id }, context.Server.Call(context.Stop))));
        upgrade.Subcommands.Add(Steer(runner, "pause", "Tell no further agent; those that were told go on.", async (context, id) =>
            await context.Server.Upgrades.PauseAgentUpgradeAsync(new() { Id = id }, context.Server.Call(context.Stop))));
        upgrade.Subcommands.Add(Steer(runner, "resume", "Go on with a paused or halted upgrade; who failed is told once more.", async (context, id) =>
            await context.Server.Upgrades.ResumeAgentUpgradeAsync(new() { Id = id }, context.Server.Call(context.Stop))));
        upgrade.Subcommands.Add(Abort(runner));
        return upgrade;
    }

    private static Command Packages(CommandRunner runner) =>
        runner.On(new Command("packages", "List the agent packages that the control plane offers."), async context =>
        {
            ListAgentPackagesResponse answer = await context.Server.Upgrades.ListAgentPackagesAsync(new(), context.Server.Call(context.Stop));
            context.Report.Show(answer, () => context.Report.Columns(
                ["SYSTEM", "VERSION", "BYTES", "SHA-256"], [.. answer.Packages.Select(one => new Span[] { one.System, one.Version, $"{one.Size}", one.Sha256 })]));
        });

    private static Command Start(CommandRunner runner)
    {
        Option<string[]> labels = Inputs.Many("--label", "Only agents with this label. May be repeated.", "KEY=VALUE");
        Option<long?> canaries = Inputs.Number("--canaries", "Agents that are upgraded first (setting agent_upgrade_canaries).", "N", 0, 1000);
        Option<long?> share = Inputs.Number("--share", "Percent of all agents that is upgraded by the end of the second stage (agent_upgrade_share_percent).", "PERCENT", 1, 100);
        Option<long?> pause = Inputs.Number("--pause", "Seconds between two stages (agent_upgrade_pause_s).", "SECONDS", 0, 604_800);
        return runner.On(new Command("start", "Begin an upgrade of all agents, or of those with some labels.") { labels, canaries, share, pause }, async context =>
        {
            var request = new StartAgentUpgradeRequest();
            foreach ((string key, string value) in Inputs.Pairs(context.Get(labels), "--label"))
            {
                request.Labels[key] = value;
            }

            if (context.Get(canaries) is { } first)
            {
                request.Canaries = (int)first;
            }

            if (context.Get(share) is { } percent)
            {
                request.SharePercent = (int)percent;
            }

            if (context.Get(pause) is { } seconds)
            {
                request.PauseS = seconds;
            }

            Show(context, await context.Server.Upgrades.StartAgentUpgradeAsync(request, context.Server.Call(context.Stop)));
        });
    }

    private static Command List(CommandRunner runner)
    {
        Option<long?> limit = Inputs.Number("--limit", "At most so many (50).", "N", 1, 100_000);
        return runner.On(new Command("list", "List upgrades, newest first.") { limit }, async context =>
        {
            var answer = new ListAgentUpgradesResponse();
            answer.NextPageToken = await Paging.ReadAsync(answer.Upgrades, context.Get(limit), async (size, token) =>
            {
                ListAgentUpgradesResponse page = await context.Server.Upgrades.ListAgentUpgradesAsync(new() { PageSize = size, PageToken = token }, context.Server.Call(context.Stop));
                return (page.Upgrades, page.NextPageToken);
            });
            context.Report.Show(answer, () => context.Report.Columns(
                ["ID", "VERSION", "STATE", "STAGE", "DONE", "FAILED", "BY", "BEGAN", "REASON"],
                [.. answer.Upgrades.Select(one => new Span[]
                {
                    $"{one.Id}", one.Version, new(EnumWords.Of(one.State), Tones.Of(one.State)), EnumWords.Of(one.Stage), $"{one.Upgraded}/{one.Total}", $"{one.Failed}",
                    one.CreatedBy, Durations.Moment(one.CreatedAt), one.Reason,
                })]));
        });
    }

    private static Command Steer(CommandRunner runner, string verb, string help, Func<CommandContext, long, Task<AgentUpgrade>> call)
    {
        Argument<long> id = Inputs.Id("UPGRADE", "Id of the upgrade.");
        return runner.On(new Command(verb, help) { id }, async context => Show(context, await call(context, context.Get(id))));
    }

    private static Command Abort(CommandRunner runner)
    {
        Argument<long> id = Inputs.Id("UPGRADE", "Id of the upgrade.");
        Option<string> reason = Inputs.Text("--reason", "Why, in words.", "TEXT");
        return runner.On(new Command("abort", "End an upgrade where it is; who has the new version keeps it.") { id, reason }, async context =>
            Show(context, await context.Server.Upgrades.AbortAgentUpgradeAsync(new() { Id = context.Get(id), Reason = context.Get(reason) ?? "" }, context.Server.Call(context.Stop))));
    }

    private static void Show(CommandContext context, AgentUpgrade upgrade) => context.Report.Show(upgrade, () =>
    {
        context.Report.Fact("upgrade", $"{upgrade.Id} to {upgrade.Version}");
        context.Report.Fact("state", new(EnumWords.Of(upgrade.State), Tones.Of(upgrade.State)));
        context.Report.Fact("stage", EnumWords.Of(upgrade.Stage));
        context.Report.Fact("reason", upgrade.Reason);
        context.Report.Fact("next stage", upgrade.NextStageAt is null ? "" : Durations.Moment(upgrade.NextStageAt));
        context.Report.Columns(
            ["AGENT", "STAGE", "STATE", "FROM", "TO", "TEXT"],
            [.. upgrade.Members.Select(one => new Span[]
            {
                one.Agent, EnumWords.Of(one.Stage), new(EnumWords.Of(one.State), Tones.Of(one.State)), one.FromVersion, one.ToVersion, one.Text,
            })]);
    });
}
