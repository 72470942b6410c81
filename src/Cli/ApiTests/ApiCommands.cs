using System.CommandLine;
using Orbit.ApiTesting.Documents;
using Orbit.ApiTesting.Import;
using Orbit.Cli.Commands;
using Orbit.Cli.Output;

namespace Orbit.Cli.ApiTests;

/// <summary><c>api run|check</c>: API tests from a file, without a server.</summary>
internal static class ApiCommands
{
    public static Command Api(CommandRunner runner)
    {
        var api = new Command("api", "API tests from a file that lives beside the code, without a server; and the datasets, files and folders of a server.");
        api.Subcommands.Add(Run(runner));
        api.Subcommands.Add(Check(runner));
        api.Subcommands.Add(Import(runner));
        api.Subcommands.Add(DatasetCliCommands.All(runner));
        api.Subcommands.Add(FileCliCommands.All(runner));
        api.Subcommands.Add(FolderRoleCliCommands.Folders(runner));
        return api;
    }

    private static Command Run(CommandRunner runner)
    {
        Argument<string> file = Inputs.Name("FILE", "The document: YAML or JSON, see docs/api-tests.md.");
        var options = new LocalRunOptions();
        var command = new Command("run", "Run a scenario or all cases of a document, once or for every row of a dataset.") { file };
        foreach (Option option in options.All)
        {
            command.Options.Add(option);
        }

        return runner.On(command, context => LocalRun.RunAsync(context, options.Read(context, context.Get(file))));
    }

    private static Command Check(CommandRunner runner)
    {
        Argument<string> file = Inputs.Name("FILE", "The document.");
        return runner.On(new Command("check", "Read a document and say what is wrong with it; sends nothing.") { file }, context =>
        {
            ApiDocument document = Document(context, context.Get(file));
            context.Report.Line($"{document.Name}: {document.Cases.Count} cases, {document.Scenarios.Count} scenarios, {document.Environments.Count} environments, {document.Datasets.Count} datasets");
            return Task.CompletedTask;
        });
    }

    private static Command Import(CommandRunner runner)
    {
        Argument<string> format = Inputs.Name("FORMAT", $"One of {string.Join(", ", Importers.Formats)}.");
        Argument<string> file = Inputs.Name("FILE", "What to read.");
        var scripts = new Option<bool>("--keep-scripts") { Description = "Keep scripts of a Postman collection that are not covered wholly; hosts with orbit-postman-script run them." };
        return runner.On(new Command("import", "Write another tool's file as a document to standard output; what is not covered is named on standard error.") { format, file, scripts }, context =>
        {
            (string text, string source) = context.ReadText(context.Get(file));
            try
            {
                Imported imported = Importers.Read(context.Get(format), text, context.Get(scripts));
                context.Shell.Output.Write(YamlWriter.Write(imported.Document));
                foreach (string lost in imported.NotCovered)
                {
                    context.Shell.Error.WriteLine($"not covered: {CleanText.Line(lost)}");
                }

                foreach (string kept in imported.Scripts)
                {
                    context.Shell.Error.WriteLine($"kept as a script: {CleanText.Line(kept)}");
                }
            }
            catch (DocumentException wrong)
            {
                throw new UsageException($"{source}: {wrong.Message}", "IMPORT_INVALID");
            }

            return Task.CompletedTask;
        });
    }

    /// <summary>Reads a document; what is wrong with it is wrong usage.</summary>
    public static ApiDocument Document(CommandContext context, string path)
    {
        (string text, string source) = context.ReadText(path);
        try
        {
            return ApiDocumentReader.Read(text);
        }
        catch (DocumentException wrong)
        {
            throw new UsageException($"{source}: {wrong.Message}", "DOCUMENT_INVALID");
        }
    }
}
