using System.CommandLine;
using Grpc.Core;
using Orbit.Cli.Commands;
using Orbit.Cli.Output;
using Orbit.Contracts.V1;

namespace Orbit.Cli.ApiTests;

/// <summary><c>api files list|upload|download|delete</c>: files of a server that cases send.</summary>
internal static class FileCliCommands
{
    public static Command All(CommandRunner runner)
    {
        var files = new Command("files", "Files of a server that cases send.");
        files.Subcommands.Add(List(runner));
        files.Subcommands.Add(Upload(runner));
        files.Subcommands.Add(Download(runner));
        files.Subcommands.Add(Delete(runner));
        return files;
    }

    private static Command List(CommandRunner runner) => runner.On(new Command("list", "List files."), async context =>
    {
        var all = new ListApiFilesResponse();
        all.NextPageToken = await Paging.ReadAsync(all.Files, long.MaxValue, async (size, token) =>
        {
            ListApiFilesResponse page = await context.Server.Files.ListApiFilesAsync(new() { PageSize = size, PageToken = token }, context.Server.Call(context.Stop));
            return (page.Files, page.NextPageToken);
        });
        context.Report.Show(all, () => context.Report.Columns(
            ["NAME", "BYTES", "FOLDER", "FOR", "SHA-256", "BY"],
            [.. all.Files.Select(f => new Span[] { f.Name, $"{f.Size}", f.Folder, EnumWords.Of(f.Visibility).ToLowerInvariant(), f.Sha256, f.UpdatedBy })]));
    });

    private static Command Upload(CommandRunner runner)
    {
        Argument<string> file = Inputs.Name("FILE", "What to store, up to 64 MiB.");
        Option<string> name = Inputs.Text("--name", "The name by which cases send it; that of the file when unset.", "NAME");
        Option<string> folder = Inputs.Text("--folder", "Where it lies, whose roles hold for it.", "FOLDER");
        Option<string> visibility = Inputs.Text("--for", "private, team or all.", "WHO");
        return runner.On(new Command("upload", "Store a file, in place of the one of its name; batches that have begun keep that.") { file, name, folder, visibility }, async context =>
        {
            string path = context.Get(file)!;
            await using FileStream content = FileParts.Usable(path, () => File.OpenRead(path));
            var first = new UploadApiFileRequest { Name = context.Get(name) ?? Path.GetFileName(path) };
            first.Visibility = context.Get(visibility) is { } who ? EnumWords.Parse<ApiVisibility>(who) : ApiVisibility.Unspecified;
            if (context.Get(folder) is { } where)
            {
                first.Folder = where;
            }

            using AsyncClientStreamingCall<UploadApiFileRequest, ApiFile> call = context.Server.Files.UploadApiFile(context.Server.Stream(context.Stop));
            bool isFirst = true;
            await FileParts.SendAsync(content, call.RequestStream, bytes =>
            {
                UploadApiFileRequest part = isFirst ? first : new();
                (part.Content, isFirst) = (bytes, false);
                return part;
            });
            ApiFile stored = await call;
            context.Report.Show(stored, () => context.Report.Line($"file {stored.Name}: {stored.Size} bytes, SHA-256 {stored.Sha256}"));
        });
    }

    private static Command Download(CommandRunner runner)
    {
        Argument<string> name = Inputs.Name("NAME", "The file.");
        Option<string> output = Inputs.Text("--output", "File to write; standard output when unset.", "FILE");
        return runner.On(new Command("download", "Write the content of a file.") { name, output }, async context =>
        {
            using AsyncServerStreamingCall<RawBody> call = context.Server.Files.DownloadApiFile(new() { Name = context.Get(name) }, context.Server.Stream(context.Stop));
            await FileParts.SaveAsync(context, call, context.Get(output));
        });
    }

    private static Command Delete(CommandRunner runner)
    {
        Argument<string> name = Inputs.Name("NAME", "The file.");
        return runner.On(new Command("delete", "Delete a file; batches that have begun keep it.") { name }, async context =>
        {
            string gone = context.Get(name)!;
            await context.Server.Files.DeleteApiFileAsync(new() { Name = gone }, context.Server.Call(context.Stop));
            context.Report.Line($"file {gone} is deleted");
        });
    }
}
