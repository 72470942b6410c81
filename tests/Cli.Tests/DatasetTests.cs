using Google.Protobuf;
using Grpc.Core;
using Orbit.Cli.Tests.Support;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Tests;

/// <summary>Datasets of a server as files.</summary>
public sealed class DatasetTests
{
    private static readonly ApiDataset Users = new() { Id = 7, Name = "users", RowCount = 2, EnabledCount = 1, UpdatedBy = "ann@example.com" };

    [Fact]
    public async Task A_file_is_sent_in_parts_to_the_dataset_of_its_name_which_the_last_page_holds()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync();
        Knows(server);
        server.Answers.When<UploadDatasetRowsRequest, ApiDataset>(_ => Users);
        using var cli = new OrbitCli(server);
        string path = Path.Combine(cli.Folder, "users.jsonl");
        string rows = string.Concat(Enumerable.Range(0, 30_000).Select(i => $$"""{"user":"{{i}}"}""" + "\n"));
        await File.WriteAllTextAsync(path, rows);

        Outcome told = await cli.RunAsync(["api", "datasets", "upload", path, "--replace"]);

        Assert.Equal((0, "dataset 7 users: 2 rows\n", ""), (told.ExitCode, told.Output, told.Error));
        UploadDatasetRowsRequest[] parts = [.. server.Answers.Asked.OfType<UploadDatasetRowsRequest>().Where(p => p.Data.Length > 0)];
        Assert.True(parts.Length > 1);
        Assert.Equal((7, "jsonl", true), (parts[0].Id, parts[0].Format, parts[0].Replace));
        Assert.Equal(rows, string.Concat(parts.Select(p => p.Data.ToStringUtf8())));
    }

    [Fact]
    public async Task A_dataset_that_was_made_for_a_wrong_file_is_not_left_behind()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync();
        Knows(server);
        server.Answers.When<CreateDatasetRequest, ApiDataset>(request => new() { Id = 8, Name = request.Name });
        server.Answers.When<UploadDatasetRowsRequest, ApiDataset>(_ => throw new RpcException(new(StatusCode.InvalidArgument, "line 2: 3 values")));
        server.Answers.When<DeleteDatasetRequest, DeleteDatasetResponse>(_ => new());
        using var cli = new OrbitCli(server);
        string path = Path.Combine(cli.Folder, "new.csv");
        await File.WriteAllTextAsync(path, "a,b\n1,2,3\n");

        Outcome told = await cli.RunAsync(["api", "datasets", "upload", path]);

        Assert.NotEqual(0, told.ExitCode);
        Assert.Contains("line 2: 3 values", told.Error, StringComparison.Ordinal);
        Assert.Equal(8, server.Answers.Asked.OfType<DeleteDatasetRequest>().Single().Id);
        Outcome missing = await cli.RunAsync(["api", "datasets", "upload", path + ".no"]);
        Assert.Equal(2, missing.ExitCode);
    }

    [Fact]
    public async Task An_export_that_breaks_off_leaves_the_file_that_was_there()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync();
        Knows(server);
        using var cli = new OrbitCli(server);
        string path = Path.Combine(cli.Folder, "out.json");
        await File.WriteAllTextAsync(path, "before");
        server.Answers.Exports.Enqueue(async (_, into, _) =>
        {
            await into.WriteAsync(new() { Data = ByteString.CopyFromUtf8("[{}") });
            throw new RpcException(new(StatusCode.FailedPrecondition, "somebody changed it"));
        });
        server.Answers.Exports.Enqueue(async (_, into, _) =>
        {
            await into.WriteAsync(new() { Data = ByteString.CopyFromUtf8("[{\"a\":\"") });
            await into.WriteAsync(new() { Data = ByteString.CopyFromUtf8("ä\"}]") });
        });
        server.Answers.Exports.Enqueue((_, into, _) => into.WriteAsync(new() { Data = ByteString.CopyFromUtf8("a\r\nä\r\n") }));

        Outcome broken = await cli.RunAsync(["api", "datasets", "export", "users", "--format", "json", "--output", path]);
        Assert.NotEqual(0, broken.ExitCode);
        Assert.Equal("before", await File.ReadAllTextAsync(path));
        Outcome whole = await cli.RunAsync(["api", "datasets", "export", "users", "--format", "json", "--output", path]);
        Assert.Equal((0, ""), (whole.ExitCode, whole.Error));
        Assert.Equal("[{\"a\":\"ä\"}]", await File.ReadAllTextAsync(path));
        Assert.Equal((7, "json"), server.Answers.Asked.OfType<ExportDatasetRequest>().Select(r => (r.Id, r.Format)).Last());
        Assert.False(File.Exists(path + ".part"));
        Assert.Equal("a\r\nä\r\n", (await cli.RunAsync(["api", "datasets", "export", "users"])).Output);
        Outcome nowhere = await cli.RunAsync(["api", "datasets", "export", "users", "--output", Path.Combine(cli.Folder, "no", "out.csv")]);
        Assert.Equal(2, nowhere.ExitCode);
    }

    [Fact]
    public async Task Datasets_of_every_page_are_listed_and_one_is_deleted_by_its_name()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync();
        Knows(server);
        server.Answers.When<DeleteDatasetRequest, DeleteDatasetResponse>(_ => new());
        using var cli = new OrbitCli(server);

        Outcome listed = await cli.RunAsync(["api", "datasets", "list"]);
        Assert.Contains("others", listed.Output, StringComparison.Ordinal);
        Assert.Contains("users", listed.Output, StringComparison.Ordinal);
        Assert.Equal("dataset 7 users is deleted\n", (await cli.RunAsync(["api", "datasets", "delete", "users"])).Output);
        Assert.Equal(7, server.Answers.Asked.OfType<DeleteDatasetRequest>().Single().Id);
        Outcome unknown = await cli.RunAsync(["api", "datasets", "delete", "nobody"]);
        Assert.Equal(2, unknown.ExitCode);
        Assert.Contains("no dataset is named 'nobody'", unknown.Error, StringComparison.Ordinal);
    }

    /// <summary>Two pages of one dataset each.</summary>
    private static void Knows(ScriptedServer server) => server.Answers.When<ListDatasetsRequest, ListDatasetsResponse>(request =>
        request.PageToken.Length == 0 ? new() { Datasets = { new ApiDataset { Id = 1, Name = "others" } }, NextPageToken = "more" } : new() { Datasets = { Users } });
}
