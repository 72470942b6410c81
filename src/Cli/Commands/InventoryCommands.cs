using System.CommandLine;
using Orbit.Cli.Output;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Commands;

/// <summary><c>inventory</c>: what runs on which host.</summary>
internal static class InventoryCommands
{
    public static Command Inventory(CommandRunner runner)
    {
        Option<string> agent = Inputs.Text("--agent", "Only of this agent.", "NAME");
        Option<string> service = Inputs.Text("--service", "Only this service.", "NAME");
        Option<bool> changed = Inputs.Flag("--changed", "Only what was changed by hand since it was deployed.");
        Option<long?> limit = Inputs.Number("--limit", "At most so many (50).", "N", 1, 100_000);
        var command = new Command("inventory", "List what runs on which host, since when, deployed by whom.") { agent, service, changed, limit };
        return runner.On(command, async context =>
        {
            var answer = new ListInventoryResponse();
            answer.NextPageToken = await Paging.ReadAsync(answer.Entries, context.Get(limit), async (size, token) =>
            {
                var request = new ListInventoryRequest
                {
                    Agent = context.Get(agent) ?? "",
                    Service = context.Get(service) ?? "",
                    Changed = context.Get(changed),
                    PageSize = size,
                    PageToken = token,
                };
                ListInventoryResponse page = await context.Server.Inventory.ListInventoryAsync(request, context.Server.Call(context.Stop));
                return (page.Entries, page.NextPageToken);
            });
            context.Report.Show(answer, () => context.Report.Columns(
                ["AGENT", "SERVICE", "BUILD", "RUN", "BY", "SINCE", "STATE", "CHANGED"],
                [.. answer.Entries.Select(entry => new Span[]
                {
                    entry.Agent, entry.Service, entry.BuildName, $"{entry.RunId}", entry.DeployedBy, Durations.Moment(entry.InstalledAt),
                    new(entry.Running ? "runs" : "stopped", entry.Running ? Tone.Good : Tone.Bad),
                    new(entry.ChangedText, entry.Changed > 0 ? Tone.Care : Tone.Faint),
                })]));
        });
    }
}
