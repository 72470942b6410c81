using System.CommandLine;
using Orbit.Cli.Connection;
using Orbit.Cli.Output;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Commands;

/// <summary><c>agents</c>, <c>agent join-token|drain|resume|disable|delete</c>.</summary>
internal static class AgentCommands
{
    public static IEnumerable<Command> All(CommandRunner runner)
    {
        var agent = new Command("agent", "Let an agent join, or steer one.");
        agent.Subcommands.Add(JoinToken(runner));
        agent.Subcommands.Add(Steer(runner, "drain", "Let an agent finish what it has and give it nothing more.", noted: true, async (context, id, note) =>
            await context.Server.Agents.DrainAgentAsync(new() { Id = id, Note = note }, context.Server.Call(context.Stop))));
        agent.Subcommands.Add(Steer(runner, "resume", "Give a drained or disabled agent work again.", noted: false, async (context, id, _) =>
            await context.Server.Agents.ResumeAgentAsync(new() { Id = id }, context.Server.Call(context.Stop))));
        agent.Subcommands.Add(Steer(runner, "disable", "Refuse an agent until it is resumed.", noted: true, async (context, id, note) =>
            await context.Server.Agents.DisableAgentAsync(new() { Id = id, Note = note }, context.Server.Call(context.Stop))));
        agent.Subcommands.Add(Delete(runner));
        return [List(runner), agent];
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
                    $"{agent.Slots}+{agent.ApiSlots}", Labels.Words(agent.Labels), agent.Version, Durations.Moment(agent.LastSeenAt), agent.Note,
                })]));
        });
    }

    private static Command JoinToken(CommandRunner runner)
    {
        Option<string> name = Inputs.Text("--name", "Only an agent of this name may use the token.", "NAME");
        Option<string[]> labels = Inputs.Many("--label", "The agent gets this label, over its own. May be repeated.", "KEY=VALUE");
        Option<long?> ttl = Inputs.Number("--ttl", "Seconds until it expires (3600).", "SECONDS", 60, 2_592_000);
        var join = new Command("join-token", "Make a one-time token with which one agent can join, and the command line that starts it.") { name, labels, ttl };
        return runner.On(join, async context =>
        {
            var request = new CreateJoinTokenRequest { Name = context.Get(name) ?? "", TtlS = context.Get(ttl) ?? 0 };
            foreach ((string key, string value) in Inputs.Pairs(context.Get(labels), "--label"))
            {
                request.Labels[key] = value;
            }

            CreateJoinTokenResponse token = await context.Server.Agents.CreateJoinTokenAsync(request, context.Server.Call(context.Stop));
            string agentName = request.Name.Length > 0 ? request.Name : "NAME";
            context.Report.Show(token, () =>
            {
                // The token alone on the first line, for scripts without a JSON reader.
                context.Report.Line(token.Token);
                context.Report.Line();
                context.Report.Line($"Use it once before {Durations.Moment(token.ExpiresAt)}, on the host of the agent:");
                context.Report.Line($"orbit-agent --server {ServerAddress.Key(context.Address)} --token {token.Token} --name {agentName} --data ./agent-data --allow DIR");
            });
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
