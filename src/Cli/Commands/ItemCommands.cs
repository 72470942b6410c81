using System.CommandLine;
using System.Text.Json.Nodes;
using Orbit.Cli.Output;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Commands;

/// <summary><c>items</c> and <c>item create|show|update|delete</c>.</summary>
internal static class ItemCommands
{
    // What `item show --json` has beyond what can be written; left out so that its output can be edited and sent back.
    private static readonly string[] ReadOnly = ["id", "created_at", "updated_at", "has_gate"];

    public static IEnumerable<Command> All(CommandRunner runner)
    {
        var item = new Command("item", "Show, create, change or delete a test item.");
        item.Subcommands.Add(Create(runner));
        item.Subcommands.Add(Show(runner));
        item.Subcommands.Add(Update(runner));
        item.Subcommands.Add(Delete(runner));
        return [List(runner), item];
    }

    private static Command List(CommandRunner runner)
    {
        Option<string> job = Inputs.Text("--job", "Only items of this job.", "JOB");
        Option<long?> limit = Inputs.Number("--limit", "At most so many (50).", "N", 1, 100_000);
        var list = new Command("items", "List test items: what can be triggered.") { job, limit };
        return runner.On(list, async context =>
        {
            var answer = new ListTestItemsResponse();
            answer.NextPageToken = await Paging.ReadAsync(answer.TestItems, context.Get(limit), async (size, token) =>
            {
                var request = new ListTestItemsRequest { JobName = context.Get(job) ?? "", PageSize = size, PageToken = token };
                ListTestItemsResponse page = await context.Server.Items.ListTestItemsAsync(request, context.Server.Call(context.Stop));
                return (page.TestItems, page.NextPageToken);
            });
            context.Report.Show(answer, () => context.Report.Columns(
                ["ID", "NAME", "JOB", "SET", "LABELS", "ENABLED"],
                [.. answer.TestItems.Select(item => new Span[]
                {
                    $"{item.Id}", item.Name, item.JobName, $"{item.ParameterSetId}", Labels.Words(item.Labels), item.Enabled ? "yes" : "no",
                })]));
        });
    }

    private static Command Show(CommandRunner runner)
    {
        Argument<string> name = Inputs.Name("ITEM", "Id or name.");
        return runner.On(new Command("show", "Show one test item.") { name }, async context =>
            Write(context, await Lookup.ItemAsync(context.Server, context.Get(name), context.Stop)));
    }

    private static Command Create(CommandRunner runner)
    {
        var fields = new Fields();
        var create = new Command("create", "Create a test item from options, or from JSON in --file (- for standard input).");
        fields.AddTo(create);
        return runner.On(create, async context =>
        {
            CreateTestItemRequest request = fields.FromFile<CreateTestItemRequest>(context) ?? new();
            request.Name = context.Get(fields.Name) ?? request.Name;
            request.JobName = context.Get(fields.Job) ?? request.JobName;
            request.PackagePattern = context.Get(fields.Pattern) ?? request.PackagePattern;
            request.ParameterSetId = await fields.SetIdAsync(context) ?? request.ParameterSetId;
            foreach ((string key, string value) in Inputs.Pairs(context.Get(fields.Label), "--label"))
            {
                request.Labels[key] = value;
            }

            if (context.Get(fields.Enabled) is { } enabled)
            {
                request.Enabled = OnOff.Parse(enabled, "--enabled");
            }

            if (request.Name.Length == 0)
            {
                throw new UsageException("a test item needs a name: --name NAME");
            }

            Write(context, await context.Server.Items.CreateTestItemAsync(request, context.Server.Call(context.Stop)));
        });
    }

    private static Command Update(CommandRunner runner)
    {
        Argument<string> name = Inputs.Name("ITEM", "Id or name.");
        var fields = new Fields();
        var update = new Command("update", "Change a test item: options change what they name, --file replaces it whole.") { name };
        fields.AddTo(update);
        return runner.On(update, async context =>
        {
            TestItem item = await Lookup.ItemAsync(context.Server, context.Get(name), context.Stop);
            UpdateTestItemRequest request = fields.FromFile<UpdateTestItemRequest>(context) ?? new()
            {
                Name = item.Name,
                JobName = item.JobName,
                ParameterSetId = item.ParameterSetId,
                PackagePattern = item.PackagePattern,
                Enabled = item.Enabled,
                Labels = { item.Labels },
            };
            request.Id = item.Id;
            request.Name = context.Get(fields.Name) ?? (request.Name.Length > 0 ? request.Name : item.Name);
            request.JobName = context.Get(fields.Job) ?? request.JobName;
            request.PackagePattern = context.Get(fields.Pattern) ?? request.PackagePattern;
            request.ParameterSetId = await fields.SetIdAsync(context) ?? request.ParameterSetId;
            if (context.Given(fields.Label))
            {
                request.Labels.Clear();
                request.Labels.Add(Inputs.Pairs(context.Get(fields.Label), "--label").ToDictionary());
            }

            if (context.Get(fields.Enabled) is { } enabled)
            {
                request.Enabled = OnOff.Parse(enabled, "--enabled");
            }

            Write(context, await context.Server.Items.UpdateTestItemAsync(request, context.Server.Call(context.Stop)));
        });
    }

    private static Command Delete(CommandRunner runner)
    {
        Argument<string> name = Inputs.Name("ITEM", "Id or name.");
        return runner.On(new Command("delete", "Delete a test item; its runs stay readable.") { name }, async context =>
        {
            TestItem item = await Lookup.ItemAsync(context.Server, context.Get(name), context.Stop);
            DeleteTestItemResponse answer = await context.Server.Items.DeleteTestItemAsync(new() { Id = item.Id }, context.Server.Call(context.Stop));
            context.Report.Show(answer, () => context.Report.Line($"deleted test item {item.Id} {item.Name}"));
        });
    }

    private static void Write(CommandContext context, TestItem item) => context.Report.Show(item, () =>
    {
        context.Report.Fact("id", $"{item.Id}");
        context.Report.Fact("name", item.Name);
        context.Report.Fact("job", item.JobName);
        context.Report.Fact("parameter set", $"{item.ParameterSetId}");
        context.Report.Fact("labels", Labels.Words(item.Labels));
        context.Report.Fact("package", item.PackagePattern);
        context.Report.Fact("enabled", item.Enabled ? "yes" : "no");
    });

    /// <summary>The options that name an item's fields.</summary>
    private sealed class Fields
    {
        public Option<string> Name { get; } = Inputs.Text("--name", "Unique name; usually the service's.", "NAME");

        public Option<string> Job { get; } = Inputs.Text("--job", "The CI job whose builds it tests.", "JOB");

        public Option<string> Set { get; } = Inputs.Text("--params", "Id or name of its parameter set.", "SET");

        public Option<string[]> Label { get; } = Inputs.Many("--label", "An agent must carry it to be chosen. May be repeated.", "KEY=VALUE");

        public Option<string> Pattern { get; } = Inputs.Text("--pattern", "Glob over package file names.", "GLOB");

        public Option<string> Enabled { get; } = Inputs.Text("--enabled", "Whether it can be triggered.", "on|off");

        public Option<string> File { get; } = Inputs.Text("--file", "JSON of the item; - for standard input.", "FILE");

        public void AddTo(Command command)
        {
            foreach (Option option in new Option[] { Name, Job, Set, Label, Pattern, Enabled, File })
            {
                command.Options.Add(option);
            }
        }

        public T? FromFile<T>(CommandContext context)
            where T : class, Google.Protobuf.IMessage<T>, new()
        {
            if (!context.Given(File))
            {
                return null;
            }

            (string text, string source) = context.ReadText(context.Get(File));
            JsonObject content = JsonText.Object(text, source);
            foreach (string name in ReadOnly)
            {
                content.Remove(name);
            }

            return JsonText.Message<T>(content, source);
        }

        public async Task<long?> SetIdAsync(CommandContext context) => context.Get(Set) is { Length: > 0 } set
            ? (await Lookup.SetAsync(context.Server, set, context.Stop)).Id
            : null;
    }
}
