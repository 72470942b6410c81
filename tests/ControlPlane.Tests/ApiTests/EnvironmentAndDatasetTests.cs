using System.Text;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.ApiTests;
using Orbit.ControlPlane.Platform;
using Orbit.Tests.Support;
using ApiDataset = Orbit.Contracts.V1.ApiDataset;
using ApiDatasetRow = Orbit.Contracts.V1.ApiDatasetRow;
using ApiEnvironment = Orbit.Contracts.V1.ApiEnvironment;

namespace Orbit.ControlPlane.Tests.ApiTests;

/// <summary>What tests run with.</summary>
public sealed class EnvironmentAndDatasetTests
{
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Secrets_of_an_environment_go_in_and_never_come_out(string provider)
    {
        const string Secret = "never-to-be-seen";
        await using Lab lab = await Lab.StartAsync(provider);
        ApiLibraryService.ApiLibraryServiceClient library = Library.Of(lab.User);
        ApiEnvironment made = await library.CreateEnvironmentAsync(new() { Name = "lab", Variables = Library.Json("""{"n":1.5,"deep":{"a":[1]}}"""), Secrets = { ["password"] = Secret, ["old"] = "x" } });
        Assert.Equal(["old", "password"], made.SecretNames);

        ApiEnvironment changed = await library.UpdateEnvironmentAsync(new() { Id = made.Id, Name = "lab 2", Secrets = { ["token"] = Secret }, ForgetSecrets = { "old" } });
        Assert.Equal(["password", "token"], changed.SecretNames);
        Assert.Equal(made.Variables, changed.Variables);
        string all = $"{await library.GetEnvironmentAsync(new() { Id = made.Id })}{await library.ListEnvironmentsAsync(new())}{await new AuditService.AuditServiceClient(lab.Admin).ListAuditAsync(new())}";
        Assert.DoesNotContain(Secret, all, StringComparison.Ordinal);
        byte[] stored = await lab.Orbit.Store.ReadAsync((db, ct) => db.ApiEnvironments.Select(e => e.SealedSecrets).SingleAsync(ct), default);
        Assert.DoesNotContain(Secret, Encoding.Latin1.GetString(stored), StringComparison.Ordinal);
        Assert.Equal(StatusCode.AlreadyExists, (await Library.RefusedAsync(async () => await library.CreateEnvironmentAsync(new() { Name = "lab 2" }))).StatusCode);
        await library.DeleteEnvironmentAsync(new() { Id = made.Id });
        Assert.Equal(StatusCode.NotFound, (await Library.RefusedAsync(async () => await library.GetEnvironmentAsync(new() { Id = made.Id }))).StatusCode);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_dataset_keeps_types_rows_checks_and_what_is_enabled(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        ApiLibraryService.ApiLibraryServiceClient library = Library.Of(lab.User);
        ApiDataset made = await library.CreateDatasetAsync(new() { Name = "users", Types_ = { ["qty"] = "integer" }, Content = "user,qty\n007,3\n\"a,b\",4\n" });
        Assert.Equal((2, 2), (made.RowCount, made.EnabledCount));
        Assert.Equal(["user", "qty"], made.Columns);
        ApiDataset more = await library.ImportDatasetRowsAsync(new() { Id = made.Id, Format = "json", Content = """[{"user":"c","qty":5,"extra":true,"$name":"third","$enabled":false,"$expect":[{"status":201},"status < 300"]}]""" });
        Assert.Equal((3, 2), (more.RowCount, more.EnabledCount));
        Assert.Equal(["user", "qty", "extra"], more.Columns);

        ListDatasetRowsResponse page = await library.ListDatasetRowsAsync(new() { Id = made.Id, PageSize = 2 });
        ApiDatasetRow third = (await library.ListDatasetRowsAsync(new() { Id = made.Id, PageToken = page.NextPageToken })).Rows.Single();
        Assert.Equal("007", page.Rows[0].Values.Fields["user"].StringValue);
        Assert.Equal(3, page.Rows[0].Values.Fields["qty"].NumberValue);
        Assert.Equal((2, "third", false), (third.Number, third.Name, third.Enabled));
        Assert.Equal(["status", "expression"], third.Expect.Select(e => e.Fields.Keys.Single()));
        ApiDatasetRow enabled = await library.UpdateDatasetRowAsync(new() { Id = made.Id, Number = 2, Enabled = true, Values = Library.Json("""{"user":"d","new":1}"""), SetExpect = true, Expect = { Library.Json("""{"status":200}""") } });
        Assert.Equal(("d", 1), (enabled.Values.Fields["user"].StringValue, enabled.Expect.Count));
        ApiDataset now = await library.GetDatasetAsync(new() { Id = made.Id });
        Assert.Equal(3, now.EnabledCount);
        Assert.Contains("new", now.Columns);
        ApiDataset replaced = await library.ImportDatasetRowsAsync(new() { Id = made.Id, Format = "jsonl", Replace = true, Content = "{\"user\":\"z\"}\n" });
        Assert.Equal((1, 1), (replaced.RowCount, replaced.EnabledCount));
        await library.DeleteDatasetAsync(new() { Id = made.Id });
        Assert.Equal(0, await lab.Orbit.Store.ReadAsync((db, ct) => db.ApiDatasetRows.CountAsync(ct), default));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_wrong_row_is_named_and_nothing_of_its_file_is_kept(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        ApiLibraryService.ApiLibraryServiceClient library = Library.Of(lab.User);
        ApiDataset made = await library.CreateDatasetAsync(new() { Name = "d", Types_ = { ["n"] = "integer" }, Content = "n\n1\n" });

        async Task<string> WrongAsync(string format, string content)
        {
            RpcException refused = await Library.RefusedAsync(async () => await library.ImportDatasetRowsAsync(new() { Id = made.Id, Format = format, Content = content }));
            Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
            return refused.Status.Detail;
        }

        string many = string.Concat(Enumerable.Range(0, 1200).Select(i => $"{i}\n"));
        Assert.Contains("line 1202", await WrongAsync("csv", $"n\n{many}x\n"), StringComparison.Ordinal);
        Assert.Contains("2 values", await WrongAsync("csv", "n\n1,2\n"), StringComparison.Ordinal);
        Assert.Contains("row 2, column 'n'", await WrongAsync("json", """[{"n":1},{"n":"x"}]"""), StringComparison.Ordinal);
        Assert.Contains("row 1", await WrongAsync("json", "[1]"), StringComparison.Ordinal);
        Assert.Contains("line 2", await WrongAsync("jsonl", "{\"n\":1}\n{"), StringComparison.Ordinal);
        Assert.Contains("xml", await WrongAsync("xml", "<a/>"), StringComparison.Ordinal);
        RpcException type = await Library.RefusedAsync(async () => await library.UpdateDatasetRowAsync(new() { Id = made.Id, Number = 0, Values = Library.Json("""{"n":1.5}""") }));
        Assert.Contains("is not of the type integer", type.Status.Detail, StringComparison.Ordinal);
        RpcException check = await Library.RefusedAsync(async () => await library.UpdateDatasetRowAsync(new() { Id = made.Id, Number = 0, SetExpect = true, Expect = { Library.Json("""{"nothing":1}""") } }));
        Assert.Contains("$expect", check.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(StatusCode.NotFound, (await Library.RefusedAsync(async () => await library.UpdateDatasetRowAsync(new() { Id = made.Id, Number = 9, Enabled = true }))).StatusCode);
        Assert.Equal((1, 1), ((await library.GetDatasetAsync(new() { Id = made.Id })).RowCount, await lab.Orbit.Store.ReadAsync((db, ct) => db.ApiDatasetRows.CountAsync(ct), default)));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_dataset_that_was_written_out_reads_back_the_same(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        ApiLibraryService.ApiLibraryServiceClient library = Library.Of(lab.User);
        ApiDataset first = await library.CreateDatasetAsync(new()
        {
            Name = "first",
            Format = "jsonl",
            Content = """
                {"user":"a, \"b\" ü","n":1,"$name":"one","$expect":[{"status":200}]}
                {"user":"line\nbreak","deep":{"x":[1,2]},"$enabled":false}
                {"n":null,"deep":{"x":"y"}}
                {}
                """,
        });
        string lines = await ExportAsync(library, first.Id, "jsonl");
        Assert.Equal(4, lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        foreach (string format in (string[])["json", "jsonl"])
        {
            ApiDataset second = await library.CreateDatasetAsync(new() { Name = "second as " + format, Format = format, Content = await ExportAsync(library, first.Id, format) });
            Assert.Equal((4, 3), (second.RowCount, second.EnabledCount));
            Assert.Equal(lines, await ExportAsync(library, second.Id, "jsonl"));
        }

        Assert.Equal("user,n,deep\r\n\"a, \"\"b\"\" ü\",1,\r\n,,\"{\"\"x\"\":\"\"y\"\"}\"\r\n,,\r\n", await ExportAsync(library, first.Id, ""));
        Assert.Equal(StatusCode.InvalidArgument, (await Library.RefusedAsync(() => ExportAsync(library, first.Id, "xls"))).StatusCode);
        Assert.Equal(StatusCode.NotFound, (await Library.RefusedAsync(() => ExportAsync(library, 999, "csv"))).StatusCode);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_dataset_of_many_pages_is_written_out_whole_and_one_that_changes_meanwhile_is_refused(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        ApiLibraryService.ApiLibraryServiceClient library = Library.Of(lab.User);
        string all = "n\r\n" + string.Concat(Enumerable.Range(0, 1200).Select(i => $"{i}\r\n"));
        ApiDataset many = await library.CreateDatasetAsync(new() { Name = "many", Content = all });
        Assert.Equal(all, await ExportAsync(library, many.Id, "csv"));

        await using IAsyncEnumerator<(string Type, byte[] Data)> parts = lab.Orbit.Store.ExportDatasetAsync(many.Id, "csv", default).GetAsyncEnumerator();
        Assert.True(await parts.MoveNextAsync());
        Assert.True(await parts.MoveNextAsync());
        await library.UpdateDatasetRowAsync(new() { Id = many.Id, Number = 1100, Enabled = false });
        OrbitException refused = await Assert.ThrowsAsync<OrbitException>(async () =>
        {
            while (await parts.MoveNextAsync())
            {
            }
        });
        Assert.Equal("DATASET_CHANGED", refused.Reason);
    }

    private static async Task<string> ExportAsync(ApiLibraryService.ApiLibraryServiceClient library, long id, string format)
    {
        using AsyncServerStreamingCall<RawBody> call = library.ExportDataset(new() { Id = id, Format = format });
        using var all = new MemoryStream();
        await foreach (RawBody part in call.ResponseStream.ReadAllAsync())
        {
            part.Data.WriteTo(all);
        }

        return Encoding.UTF8.GetString(all.ToArray());
    }
}
