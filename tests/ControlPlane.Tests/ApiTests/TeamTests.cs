using System.IO.Compression;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.ApiTests;
using Orbit.Tests.Support;
using ApiDataset = Orbit.Contracts.V1.ApiDataset;
using ApiItem = Orbit.Contracts.V1.ApiItem;
using FailureNote = Orbit.Contracts.V1.FailureNote;
using RowOutcome = Orbit.Contracts.V1.RowOutcome;

namespace Orbit.ControlPlane.Tests.ApiTests;

/// <summary>What a team does beside running: schedules, notes of failures, large files of rows, results for others.</summary>
public sealed class TeamTests
{
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_schedule_begins_one_batch_at_its_time_and_says_why_when_it_cannot(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        ApiItem one = await Library.CaseAsync(lab.User, "ping");
        var schedules = new BatchScheduleService.BatchScheduleServiceClient(lab.User);
        BatchSchedule made = await schedules.CreateBatchScheduleAsync(new() { Name = "nightly", Cron = "0 3 * * *", TimeZone = "Asia/Shanghai", Batch = new() { CaseIds = { one.Id } } });
        Assert.Equal(19, made.NextAt.ToDateTime().Hour); // 03:00 in Shanghai
        foreach (CreateBatchScheduleRequest wrong in (CreateBatchScheduleRequest[])
            [new() { Name = "a", Cron = "x", Batch = new() { CaseIds = { one.Id } } }, new() { Name = "a", Cron = "0 3 * * *", TimeZone = "Mars", Batch = new() { CaseIds = { one.Id } } },
            new() { Name = "a", Cron = "0 3 * * *" }, new() { Name = "a", Cron = "0 3 * * *", Batch = new() }, new() { Name = "a", Cron = "0 3 * * *", Batch = new() { Document = "orbit: 1" } }])
        {
            Assert.Equal(StatusCode.InvalidArgument, (await Library.RefusedAsync(async () => await schedules.CreateBatchScheduleAsync(wrong))).StatusCode);
        }

        Assert.Equal(StatusCode.AlreadyExists, (await Library.RefusedAsync(async () => await schedules.CreateBatchScheduleAsync(new() { Name = "nightly", Cron = "0 3 * * *", Batch = new() { CaseIds = { one.Id } } }))).StatusCode);
        var stranger = new BatchScheduleService.BatchScheduleServiceClient(await lab.Orbit.UserAsync("other@example.org"));
        Assert.Equal(StatusCode.PermissionDenied, (await Library.RefusedAsync(async () => await stranger.UpdateBatchScheduleAsync(new() { Id = made.Id, Enabled = false }))).StatusCode);

        lab.Orbit.Clock.Advance(TimeSpan.FromDays(3)); // two times are missed: one batch
        var again = new BatchScheduleService.BatchScheduleServiceClient(await lab.Orbit.UserAsync());
        BatchSchedule begun = await Eventually.ReadAsync(async () => (await again.ListBatchSchedulesAsync(new())).BatchSchedules.Single(), s => s.LastBatchId != 0);
        Batch batch = (await Library.Batches(await lab.Orbit.UserAsync()).ListBatchesAsync(new())).Batches.Single();
        Assert.Equal((begun.LastBatchId, "nightly", "user@example.org", ""), (batch.Id, batch.Name, batch.RequestedBy, begun.LastProblem));
        Assert.True(begun.NextAt.ToDateTimeOffset() > lab.Orbit.Clock.GetUtcNow());

        await Library.Of(await lab.Orbit.UserAsync()).DeleteCaseAsync(new() { Id = one.Id });
        lab.Orbit.Clock.Advance(TimeSpan.FromDays(1));
        var last = new BatchScheduleService.BatchScheduleServiceClient(await lab.Orbit.UserAsync());
        BatchSchedule failed = await Eventually.ReadAsync(async () => (await last.ListBatchSchedulesAsync(new())).BatchSchedules.Single(), s => s.LastProblem.Length > 0);
        Assert.Contains($"There is no case {one.Id}", failed.LastProblem, StringComparison.Ordinal);
        BatchSchedule off = await last.UpdateBatchScheduleAsync(new() { Id = made.Id, Enabled = false });
        Assert.Null(off.NextAt);
        await last.DeleteBatchScheduleAsync(new() { Id = made.Id });
        Assert.Empty((await last.ListBatchSchedulesAsync(new())).BatchSchedules);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_note_on_a_failure_is_shown_with_its_cause_in_every_batch_and_rows_are_allure_results_of_their_own(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        ApiBatchService.ApiBatchServiceClient batches = Library.Batches(lab.User);
        await using RowAgent agent = await RowAgent.StartAsync(lab);
        agent.Judge = row => row.Row == 0 ? RowOutcome.Failed : row.Row == 1 ? RowOutcome.Unchecked : RowOutcome.Passed;
        ApiItem one = await Library.CaseAsync(lab.User, "ping");
        ApiDataset rows = await Library.Of(lab.User).CreateDatasetAsync(new() { Name = "rows", Content = "n,password\n1,geheim\n2,geheim\n3,geheim\n" });
        long first = (await batches.CreateBatchAsync(new() { Name = "b", CaseIds = { one.Id }, DatasetId = rows.Id })).Id;
        await Library.EndedAsync(lab, first);

        await batches.PutFailureNoteAsync(new() { Fingerprint = "f-500", Text = "known", BatchId = first });
        FailureNote note = await batches.PutFailureNoteAsync(new() { Fingerprint = "f-500", Text = "the gate is down", Issue = "SHOP-7", AssignedTo = "dev@example.org" });
        Assert.Equal("user@example.org", note.UpdatedBy);
        FailureNote shown = (await batches.GetBatchReportAsync(new() { Id = first })).Clusters.Single().Note;
        Assert.Equal(("the gate is down", "SHOP-7", "dev@example.org"), (shown.Text, shown.Issue, shown.AssignedTo));
        Assert.Equal(shown, (await batches.ListFailureNotesAsync(new() { AssignedTo = "dev@example.org" })).Notes.Single());
        Assert.Empty((await batches.ListFailureNotesAsync(new() { AssignedTo = "nobody" })).Notes);
        Assert.Equal(StatusCode.InvalidArgument, (await Library.RefusedAsync(async () => await batches.PutFailureNoteAsync(new() { Fingerprint = "x", Issue = "a\nb" }))).StatusCode);
        await batches.DeleteFailureNoteAsync(new() { Fingerprint = "f-500" });
        Assert.Equal(StatusCode.NotFound, (await Library.RefusedAsync(async () => await batches.PutFailureNoteAsync(new() { Fingerprint = "f-500", Text = "of no batch" }))).StatusCode);
        Assert.Equal(StatusCode.NotFound, (await Library.RefusedAsync(async () => await batches.DeleteFailureNoteAsync(new() { Fingerprint = "f-500" }))).StatusCode);

        long second = (await batches.CreateBatchAsync(new() { Name = "b", CaseIds = { one.Id }, DatasetId = rows.Id })).Id;
        await Library.EndedAsync(lab, second);
        Dictionary<string, string> before = await AllureAsync(batches, first);
        Dictionary<string, string> after = await AllureAsync(batches, second);
        Assert.Equal(3, before.Count);
        Assert.Equal(["failed", "passed", "unknown"], before.Values.Order());
        Assert.Equal(before, after); // the same rows are known again
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_file_of_rows_far_larger_than_a_message_is_taken_whole_or_not_at_all(string provider)
    {
        const int Rows = 60_000;
        await using Lab lab = await Lab.StartAsync(provider);
        ApiLibraryService.ApiLibraryServiceClient library = Library.Of(lab.User);
        ApiDataset made = await library.CreateDatasetAsync(new() { Name = "many", Types_ = { ["n"] = "integer" } });

        ApiDataset full = await UploadAsync(library, made.Id, Enumerable.Range(0, Rows).Select(i => $"{i},{new string('x', 100)}\n").Prepend("n,text\n"));
        Assert.Equal((Rows, Rows), (full.RowCount, full.EnabledCount));
        RpcException wrong = await Library.RefusedAsync(() => UploadAsync(library, made.Id, Enumerable.Range(0, 5000).Select(i => $"{i},a\n").Prepend("n,text\n").Append("x,b\n"), replace: true));
        Assert.Contains("line 5002", wrong.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(Rows, await lab.Orbit.Store.ReadAsync((db, ct) => db.ApiDatasetRows.CountAsync(ct), default));
        Assert.Equal(StatusCode.NotFound, (await Library.RefusedAsync(() => UploadAsync(library, 99, ["n\n"]))).StatusCode);
    }

    private static async Task<ApiDataset> UploadAsync(ApiLibraryService.ApiLibraryServiceClient library, long id, IEnumerable<string> lines, bool replace = false)
    {
        using AsyncClientStreamingCall<UploadDatasetRowsRequest, ApiDataset> call = library.UploadDatasetRows();
        try
        {
            bool first = true;
            foreach (string[] part in lines.Chunk(500))
            {
                await call.RequestStream.WriteAsync(new() { Id = first ? id : 0, Replace = first && replace, Data = ByteString.CopyFromUtf8(string.Concat(part)) });
                first = false;
            }

            await call.RequestStream.CompleteAsync();
        }
        catch (RpcException)
        {
            // the answer says why it was refused
        }

        return await call.ResponseAsync;
    }

    /// <summary>Statuses by identity.</summary>
    private static async Task<Dictionary<string, string>> AllureAsync(ApiBatchService.ApiBatchServiceClient batches, long id)
    {
        using var bytes = new MemoryStream();
        using AsyncServerStreamingCall<RawBody> call = batches.ExportBatch(new() { Id = id, Format = "allure" });
        await foreach (RawBody part in call.ResponseStream.ReadAllAsync())
        {
            bytes.Write(part.Data.Span);
        }

        using var zip = new ZipArchive(bytes);
        var results = new Dictionary<string, string>();
        foreach (ZipArchiveEntry entry in zip.Entries.Where(e => e.Name.EndsWith("-result.json", StringComparison.Ordinal)))
        {
            using Stream content = await entry.OpenAsync();
            using JsonDocument result = await JsonDocument.ParseAsync(content);
            Assert.DoesNotContain("geheim", result.RootElement.GetRawText(), StringComparison.Ordinal);
            results.Add(result.RootElement.GetProperty("historyId").GetString()!, result.RootElement.GetProperty("status").GetString()!);
        }

        return results;
    }
}
