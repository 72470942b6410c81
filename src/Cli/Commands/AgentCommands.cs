using System.CommandLine;
using Orbit.Cli.Connection;
using Orbit.Cli.Output;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Commands;

/// <summary><c>agents</c>, <c>agents upgrade</c>, <c>agent join|join-token|drain|resume|disable|rotate-key|revoke|delete</c>.</summary>
internal static class AgentCommands
{
    public static IEnumerable<Command> All(CommandRunner runner)
    {
        var agent = new Command("agent", "Let an agent join, or steer one.");
        agent.Subcommands.Add(Join(runner, "join", "Make the one line that installs an agent on a host and joins it. It works once.", ShowLine));
        agent.Subcommands.Add(Join(runner, "join-token", "Make a one-time token with which one agent can join, and the command line that starts it.", ShowToken));
        agent.Subcommands.Add(Drain(runner));
        agent.Subcommands.Add(Steer(runner, "resume", "Give a drained or disabled agent work again.", noted: false, async (context, id, _) =>
            await context.Server.Agents.ResumeAgentAsync(new() { Id = id }, context.Server.Call(context.Stop))));
        agent.Subcommands.Add(Steer(runner, "disable", "Refuse an agent until it is resumed.", noted: true, async (context, id, note) =>
            await context.Server.Agents.DisableAgentAsync(new() { Id = id, Note = note }, context.Server.Call(context.Stop))));
        agent.Subcommands.Add(Steer(runner, "rotate-key", "Have an agent exchange its key; its work goes on.", noted: false, async (context, id, _) =>
            await context.Server.Agents.RotateAgentKeyAsync(new() { Id = id }, context.Server.Call(context.Stop))));
        agent.Subcommands.Add(Steer(runner, "revoke", "Make an agent's key worth nothing. It comes back with agent join --rejoin.", noted: true, async (context, id, note) =>
            await context.Server.Agents.RevokeAgentKeyAsync(new() { Id = id, Note = note }, context.Server.Call(context.Stop))));
        agent.Subcommands.Add(Delete(runner));
        Command list = List(runner);
        list.Subcommands.Add(UpgradeCommands.Upgrade(runner));
        list.Subcommands.Add(Check(runner));
        return [list, agent];
    }

    private static Command List(CommandRunner runner)
    {
        Option<long?> limit = Inputs.Number("--limit", "At most so many (50).", "N", 1, 100_000);
        return runner.On(new Command("agents", "List agents.") { limit }, async context =>
        {
            var answer = new ListAgentsResponse();
            answer.NextPageToken = await Paging.ReadAsync(answer.Agents, context.Get(limit), async (size, token) =>
            {
                ListAgentsResponse page = await context.Server.Agents.ListAgentsAsync(new() { PageSize = size, PageToken = token }, context.Server.Call(context.Stop));
                return (page.Agents, page.NextPageToken);
            });
            context.Report.Show(answer, () => context.Report.Columns(
                ["ID", "NAME", "STATE", "RUNNING", "SLOTS", "LABELS", "VERSION", "LAST SEEN", "NOTE"],
                [.. answer.Agents.Select(agent => new Span[]
                {
                    $"{agent.Id}", agent.Name, new(EnumWords.Of(agent.State), Tones.Of(agent.State)), string.Join(",", agent.Running),
                    $"{agent.Slots}+{agent.ApiSlots}", Labels.Words(agent.Labels), agent.Version, Durations.Moment(agent.LastSeenAt), NoteOf(agent),
                })]));
        });
    }

    private static string NoteOf(Agent agent)
    {
        string[] parts =
        [
            agent.DrainedUntil is null ? agent.Note : $"until {Durations.Moment(agent.DrainedUntil)} {agent.Note}".TrimEnd(), agent.DiskNote,
            agent.Check is { Ok: false } check ? string.Join("; ", check.Findings.Where(one => !one.Ok).Select(one => $"{one.Name}: {one.Text}")) : "",
        ];
        return string.Join("; ", parts.Where(part => part.Length > 0));
    }

    private static Command Join(CommandRunner runner, string verb, string help, Action<CommandContext, string, CreateJoinTokenResponse> show)
    {
        Option<string> name = Inputs.Text("--name", "Only an agent of this name may use the token.", "NAME");
        Option<string[]> labels = Inputs.Many("--label", "The agent gets this label, over its own. May be repeated.", "KEY=VALUE");
        Option<long?> ttl = Inputs.Number("--ttl", "Seconds until it expires (3600).", "SECONDS", 60, 2_592_000);
        var rejoin = new Option<bool>("--rejoin") { Description = "The host takes the place of the agent NAME, with a new key. Leaves quarantine." };
        var join = new Command(verb, help) { name, labels, ttl, rejoin };
        return runner.On(join, async context =>
        {
            var request = new CreateJoinTokenRequest { Name = context.Get(name) ?? "", TtlS = context.Get(ttl) ?? 0, Rejoin = context.Get(rejoin) };
            foreach ((string key, string value) in Inputs.Pairs(context.Get(labels), "--label"))
            {
                request.Labels[key] = value;
            }

            CreateJoinTokenResponse token = await context.Server.Agents.CreateJoinTokenAsync(request, context.Server.Call(context.Stop));
            context.Report.Show(token, () => show(context, request.Name, token));
        });
    }

    /// <summary>The line alone on the first line, for scripts without a JSON reader.</summary>
    private static void ShowLine(CommandContext context, string name, CreateJoinTokenResponse token)
    {
        context.Report.Line(token.InstallCommand + (name.Length > 0 ? $" --name {name}" : ""));
        context.Report.Line();
        context.Report.Line($"Run it once before {Durations.Moment(token.ExpiresAt)}, as root on the host of the agent. --dry-run at its end shows what it would do.");
        ShowAuthority(context, token);
    }

    /// <summary>The token alone on the first line, for scripts without a JSON reader.</summary>
    private static void ShowToken(CommandContext context, string name, CreateJoinTokenResponse token)
    {
        string server = token.Server.Length > 0 ? token.Server : ServerAddress.Key(context.Address);
        context.Report.Line(token.Token);
        context.Report.Line();
        context.Report.Line($"Use it once before {Durations.Moment(token.ExpiresAt)}, on the host of the agent:");
        context.Report.Line($"orbit-agent --server {server} --token {token.Token} --name {(name.Length > 0 ? name : "NAME")} --data ./agent-data --allow DIR");
        ShowAuthority(context, token);
    }

    private static void ShowAuthority(CommandContext context, CreateJoinTokenResponse token)
    {
        if (token.CaFingerprint.Length > 0)
        {
            context.Report.Line($"It names the control plane's own authority, SHA-256 {token.CaFingerprint}.");
        }
    }

    private static Command Drain(CommandRunner runner)
    {
        Option<long?> length = Inputs.Number("--for", "It takes work again by itself after so many seconds; otherwise when it is resumed.", "SECONDS", 60, 2_592_000);
        Command drain = Steer(runner, "drain", "Let an agent finish what it has and give it nothing more.", noted: true, async (context, id, note) =>
            await context.Server.Agents.DrainAgentAsync(new() { Id = id, Note = note, ForS = context.Get(length) ?? 0 }, context.Server.Call(context.Stop)));
        drain.Options.Add(length);
        return drain;
    }

    private static Command Check(CommandRunner runner)
    {
        Argument<string> name = Inputs.Name("AGENT", "Id or name.");
        return runner.On(new Command("check", "Have an agent look at its host: disk, clock, interpreter, tools, policy, package server. Exit code 1 when something is wrong.") { name }, async context =>
        {
            Agent found = await Lookup.AgentAsync(context.Server, context.Get(name), context.Stop);
            Agent agent = await context.Server.Agents.CheckAgentAsync(new() { Id = found.Id }, context.Server.Call(context.Stop));
            context.Report.Show(agent, () => context.Report.Columns(
                ["WHAT", "STATE", "FOUND"], [.. agent.Check.Findings.Select(one => new Span[] { one.Name, new(one.Ok ? "ok" : "wrong", one.Ok ? Tone.Good : Tone.Bad), one.Text })]));
            return agent.Check.Ok ? ExitCodes.Passed : ExitCodes.TestsFailed;
        });
    }

    private static Command Steer(
        CommandRunner runner, string verb, string help, bool noted, Func<CommandContext, long, string, Task<Agent>> call)
    {
        Argument<string> name = Inputs.Name("AGENT", "Id or name.");
        Option<string> note = Inputs.Text("--note", "Why, in words; shown beside the agent.", "TEXT");
        var command = new Command(verb, help) { name };
        if (noted)
        {
            command.Options.Add(note);
        }

        return runner.On(command, async context =>
        {
            Agent found = await Lookup.AgentAsync(context.Server, context.Get(name), context.Stop);
            Agent agent = await call(context, found.Id, (noted ? context.Get(note) : null) ?? "");
            context.Report.Show(agent, () => context.Report.Line($"{agent.Name}: ", new Span(EnumWords.Of(agent.State), Tones.Of(agent.State))));
        });
    }

    private static Command Delete(CommandRunner runner)
    {
        Argument<string> name = Inputs.Name("AGENT", "Id or name.");
        return runner.On(new Command("delete", "Forget an agent and its key.") { name }, async context =>
        {
            Agent agent = await Lookup.AgentAsync(context.Server, context.Get(name), context.Stop);
            DeleteAgentResponse answer = await context.Server.Agents.DeleteAgentAsync(new() { Id = agent.Id }, context.Server.Call(context.Stop));
            context.Report.Show(answer, () => context.Report.Line($"deleted agent {agent.Id} {agent.Name}"));
        });
    }
}
