using System.CommandLine;
using System.Text.Json.Nodes;
using Google.Protobuf.WellKnownTypes;
using Orbit.Cli.Output;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Commands;

/// <summary><c>params list|show|create|update|delete</c>.</summary>
internal static class ParameterCommands
{
    private static readonly Option<string> File = Inputs.Text("--file", "JSON of the parameters, or of a whole set as `params show --json` writes it; standard input when unset.", "FILE");
    private static readonly Option<string> Name = Inputs.Text("--name", "Unique name.", "NAME");
    private static readonly Option<bool> Default = Inputs.Flag("--default", "Make it the set that new test items get.");

    public static Command Params(CommandRunner runner)
    {
        var command = new Command("params", "Parameter sets: how a service is deployed and tested.");
        command.Subcommands.Add(List(runner));
        command.Subcommands.Add(Show(runner));
        command.Subcommands.Add(Create(runner));
        command.Subcommands.Add(Update(runner));
        command.Subcommands.Add(Delete(runner));
        return command;
    }

    private static Command List(CommandRunner runner)
    {
        Option<long?> limit = Inputs.Number("--limit", "At most so many (50).", "N", 1, 100_000);
        return runner.On(new Command("list", "List parameter sets.") { limit }, async context =>
        {
            var answer = new ListParameterSetsResponse();
            answer.NextPageToken = await Paging.ReadAsync(answer.ParameterSets, context.Get(limit), async (size, token) =>
            {
                var request = new ListParameterSetsRequest { PageSize = size, PageToken = token };
                ListParameterSetsResponse page = await context.Server.Sets.ListParameterSetsAsync(request, context.Server.Call(context.Stop));
                return (page.ParameterSets, page.NextPageToken);
            });
            context.Report.Show(answer, () => context.Report.Columns(
                ["ID", "NAME", "VERSION", "DEFAULT", "CHANGED", "BY"],
                [.. answer.ParameterSets.Select(set => new Span[]
                {
                    $"{set.Id}", set.Name, $"{set.Version}", set.IsDefault ? "yes" : "", Durations.Moment(set.UpdatedAt), set.UpdatedBy,
                })]));
        });
    }

    private static Command Show(CommandRunner runner)
    {
        Argument<string> name = Inputs.Name("SET", "Id or name.");
        return runner.On(new Command("show", "Show one parameter set.") { name }, async context =>
            Write(context, await Lookup.SetAsync(context.Server, context.Get(name), context.Stop)));
    }

    private static Command Create(CommandRunner runner) =>
        runner.On(new Command("create", "Create a parameter set from JSON.") { Name, Default, File }, async context =>
        {
            Input input = Read(context);
            string name = context.Get(Name) ?? input.Name ?? throw new UsageException("a parameter set needs a name: --name NAME");
            var request = new CreateParameterSetRequest { Name = name, Parameters = input.Parameters, IsDefault = context.Get(Default) || input.IsDefault is true };
            Write(context, await context.Server.Sets.CreateParameterSetAsync(request, context.Server.Call(context.Stop)));
        });

    private static Command Update(CommandRunner runner)
    {
        Argument<string> argument = Inputs.Name("SET", "Id or name.");
        var update = new Command("update", "Replace a set's parameters from JSON; runs keep those they started with.") { argument, Name, Default, File };
        return runner.On(update, async context =>
        {
            ParameterSet set = await Lookup.SetAsync(context.Server, context.Get(argument), context.Stop);
            bool onlyFields = !context.Given(File) && (context.Given(Name) || context.Given(Default));
            Input input = onlyFields ? new(null, null, null, null) : Read(context);
            var request = new UpdateParameterSetRequest { Id = set.Id, Parameters = input.Parameters };
            if ((context.Get(Name) ?? input.Name) is { } name)
            {
                request.Name = name;
            }

            if (context.Get(Default) || input.IsDefault is not null)
            {
                request.IsDefault = context.Get(Default) || input.IsDefault is true;
            }

            if (input.Version is { } version)
            {
                request.Version = version;
            }

            Write(context, await context.Server.Sets.UpdateParameterSetAsync(request, context.Server.Call(context.Stop)));
        });
    }

    private static Command Delete(CommandRunner runner)
    {
        Argument<string> name = Inputs.Name("SET", "Id or name.");
        return runner.On(new Command("delete", "Delete a parameter set that nothing uses.") { name }, async context =>
        {
            ParameterSet set = await Lookup.SetAsync(context.Server, context.Get(name), context.Stop);
            DeleteParameterSetResponse answer = await context.Server.Sets.DeleteParameterSetAsync(new() { Id = set.Id }, context.Server.Call(context.Stop));
            context.Report.Show(answer, () => context.Report.Line($"deleted parameter set {set.Id} {set.Name}"));
        });
    }

    private static void Write(CommandContext context, ParameterSet set) => context.Report.Show(set, () =>
    {
        context.Report.Fact("id", $"{set.Id}");
        context.Report.Fact("name", set.Name);
        context.Report.Fact("version", $"{set.Version}");
        context.Report.Fact("default", set.IsDefault ? "yes" : "");
        context.Report.Fact("changed", $"{Durations.Moment(set.UpdatedAt)} {set.UpdatedBy}".Trim());
        foreach (string line in WireJson.Document(set.Parameters ?? new Struct()).Split('\n'))
        {
            context.Report.Line(line);
        }
    });

    private static Input Read(CommandContext context)
    {
        (string text, string source) = context.ReadText(context.Get(File));
        JsonObject content = JsonText.Object(text, source);
        if (content["parameters"] is not JsonObject inner)
        {
            return new(null, JsonText.ToStruct(content), null, null);
        }

        // A whole set, as `show` writes it.
        foreach (string known in new[] { "id", "updated_at", "updated_by" })
        {
            content.Remove(known);
        }

        UpdateParameterSetRequest set = JsonText.Message<UpdateParameterSetRequest>(content, source);
        return new(set.HasName ? set.Name : null, JsonText.ToStruct(inner), set.HasIsDefault ? set.IsDefault : null, set.HasVersion ? set.Version : null);
    }

    private sealed record Input(string? Name, Struct? Parameters, bool? IsDefault, int? Version);
}
