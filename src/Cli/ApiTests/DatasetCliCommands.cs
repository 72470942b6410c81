using System.CommandLine;
using Grpc.Core;
using Orbit.Cli.Commands;
using Orbit.Cli.Output;
using Orbit.Contracts.V1;

namespace Orbit.Cli.ApiTests;

/// <summary><c>api datasets list|upload|export|delete</c>: rows that a server keeps for API tests.</summary>
internal static class DatasetCliCommands
{
    public static Command All(CommandRunner runner)
    {
        var datasets = new Command("datasets", "Datasets of a server.");
        datasets.Subcommands.Add(List(runner));
        datasets.Subcommands.Add(Upload(runner));
        datasets.Subcommands.Add(Export(runner));
        datasets.Subcommands.Add(Delete(runner));
        return datasets;
    }

    private static Command List(CommandRunner runner) => runner.On(new Command("list", "List datasets."), async context =>
    {
        var all = new ListDatasetsResponse();
        all.NextPageToken = await Paging.ReadAsync(all.Datasets, long.MaxValue, async (size, token) =>
        {
            ListDatasetsResponse page = await context.Server.Library.ListDatasetsAsync(new() { PageSize = size, PageToken = token }, context.Server.Call(context.Stop));
            return (page.Datasets, page.NextPageToken);
        });
        context.Report.Show(all, () => context.Report.Columns(
            ["ID", "NAME", "ROWS", "ENABLED", "BY"], [.. all.Datasets.Select(d => new Span[] { $"{d.Id}", d.Name, $"{d.RowCount}", $"{d.EnabledCount}", d.UpdatedBy })]));
    });

    private static Command Upload(CommandRunner runner)
    {
        Argument<string> file = Inputs.Name("FILE", "CSV with a line of names, JSON or JSON lines, by its ending.");
        Option<string> name = Inputs.Text("--name", "Name of the dataset; that of the file without its ending when unset.", "NAME");
        Option<bool> replace = Inputs.Flag("--replace", "In place of the rows that the dataset has.");
        return runner.On(new Command("upload", "Add the rows of a file to a dataset, which is made where there is none of its name; all rows, or none.") { file, name, replace }, async context =>
        {
            string path = context.Get(file)!;
            await using FileStream content = FileParts.Usable(path, () => File.OpenRead(path));
            string wanted = context.Get(name) ?? Path.GetFileNameWithoutExtension(path);
            string format = Path.GetExtension(path).ToLowerInvariant() switch { ".json" => "json", ".jsonl" or ".ndjson" => "jsonl", _ => "csv" };
            ApiDataset? known = await Lookup.DatasetNamedAsync(context.Server, wanted, context.Stop);
            ApiDataset dataset = known ?? await context.Server.Library.CreateDatasetAsync(new() { Name = wanted }, context.Server.Call(context.Stop));
            try
            {
                using AsyncClientStreamingCall<UploadDatasetRowsRequest, ApiDataset> call = context.Server.Library.UploadDatasetRows(context.Server.Stream(context.Stop));
                bool isFirst = true;
                await FileParts.SendAsync(content, call.RequestStream, bytes =>
                {
                    var part = new UploadDatasetRowsRequest { Data = bytes };
                    (part.Id, part.Format, part.Replace, isFirst) = isFirst ? (dataset.Id, format, context.Get(replace), false) : (0, "", false, false);
                    return part;
                });
                dataset = await call;
            }
            catch (RpcException refused) when (known is null && refused.StatusCode is StatusCode.InvalidArgument)
            {
                await context.Server.Library.DeleteDatasetAsync(new() { Id = dataset.Id }, context.Server.Call(context.Stop)); // it was made for these rows
                throw;
            }

            context.Report.Show(dataset, () => context.Report.Line($"dataset {dataset.Id} {dataset.Name}: {dataset.RowCount} rows"));
        });
    }

    private static Command Export(CommandRunner runner)
    {
        Argument<string> dataset = Inputs.Name("DATASET", "Id or name.");
        Option<string> format = Inputs.Text("--format", "csv (unless set), json or jsonl.", "FORMAT");
        Option<string> output = Inputs.Text("--output", "File to write; standard output when unset.", "FILE");
        return runner.On(new Command("export", "Write all rows of a dataset.") { dataset, format, output }, async context =>
        {
            ApiDataset found = await Lookup.DatasetAsync(context.Server, context.Get(dataset)!, context.Stop);
            string wanted = context.Get(format) ?? "";
            using AsyncServerStreamingCall<RawBody> call = context.Server.Library.ExportDataset(new() { Id = found.Id, Format = wanted }, context.Server.Stream(context.Stop));
            await FileParts.SaveAsync(context, call, context.Get(output));
        });
    }

    private static Command Delete(CommandRunner runner)
    {
        Argument<string> dataset = Inputs.Name("DATASET", "Id or name.");
        return runner.On(new Command("delete", "Delete a dataset.") { dataset }, async context =>
        {
            ApiDataset found = await Lookup.DatasetAsync(context.Server, context.Get(dataset)!, context.Stop);
            await context.Server.Library.DeleteDatasetAsync(new() { Id = found.Id }, context.Server.Call(context.Stop));
            context.Report.Line($"dataset {found.Id} {found.Name} is deleted");
        });
    }
}
