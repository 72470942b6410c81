using Grpc.Core;
using Orbit.Contracts.V1;
using Orbit.Tests.Support;
using ApiItem = Orbit.Contracts.V1.ApiItem;
using ApiVisibility = Orbit.Contracts.V1.ApiVisibility;
using FolderRole = Orbit.Contracts.V1.FolderRole;
using RowOutcome = Orbit.Contracts.V1.RowOutcome;

namespace Orbit.ControlPlane.Tests.ApiTests;

/// <summary>Who may do what in a folder, and who reads what came of a batch.</summary>
public sealed class FolderRoleTests
{
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_folder_with_roles_is_seen_run_and_changed_by_those_who_have_them(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        var roles = new FolderRoleService.FolderRoleServiceClient(lab.Admin);
        CallInvoker ann = await lab.Orbit.UserAsync("ann@example.com");
        CallInvoker bob = await lab.Orbit.UserAsync("bob@example.com");
        ApiItem shop = await Library.CaseAsync(lab.Admin, "shop", folder: "pay/cards");
        ApiItem open = await Library.CaseAsync(lab.Admin, "open", folder: "else");
        await roles.PutFolderRoleAsync(new() { Folder = "pay", Person = "ann@example.com", Role = FolderRole.Viewer });

        Assert.Equal(["open", "shop"], await NamesAsync(ann));
        Assert.Equal(["open"], await NamesAsync(bob));
        Assert.Equal(StatusCode.NotFound, await CodeAsync(async () => await Library.Of(bob).GetCaseAsync(new() { Id = shop.Id })));
        Assert.Equal(StatusCode.NotFound, await CodeAsync(async () => await Library.Batches(bob).CreateBatchAsync(new() { CaseIds = { shop.Id } })));
        Assert.Equal(StatusCode.PermissionDenied, await CodeAsync(async () => await Library.Batches(ann).CreateBatchAsync(new() { CaseIds = { shop.Id } })));
        Assert.Equal(StatusCode.PermissionDenied, await CodeAsync(async () => await Library.Of(ann).UpdateCaseAsync(new() { Id = shop.Id, SetTags = true, Tags = { "x" } })));
        Assert.Equal(StatusCode.PermissionDenied, await CodeAsync(() => Library.CaseAsync(ann, "new", folder: "pay/new")));
        Assert.Equal(StatusCode.PermissionDenied, await CodeAsync(async () => await Library.Of(ann).MoveCaseAsync(new() { Id = open.Id, Folder = "pay" })));

        Assert.Equal("ann@example.com", (await roles.PutFolderRoleAsync(new() { Folder = "pay", Person = "Ann@Example.com ", Role = FolderRole.Runner })).Person);
        await Library.Batches(ann).CreateBatchAsync(new() { CaseIds = { shop.Id } });
        await roles.PutFolderRoleAsync(new() { Folder = "pay/cards", Person = "*", Role = FolderRole.Editor });
        await Library.Of(bob).MoveCaseAsync(new() { Id = shop.Id, Folder = "pay/cards/old" });
        Assert.Equal(StatusCode.PermissionDenied, await CodeAsync(async () => await new FolderRoleService.FolderRoleServiceClient(ann).PutFolderRoleAsync(new() { Folder = "pay", Person = "*", Role = FolderRole.Editor })));
        Assert.Equal(StatusCode.InvalidArgument, await CodeAsync(async () => await roles.PutFolderRoleAsync(new() { Folder = "pay", Person = "ann", Role = FolderRole.Viewer })));
        await roles.DeleteFolderRoleAsync(new() { Folder = "pay", Person = "ann@example.com" });
        Assert.Equal(StatusCode.NotFound, await CodeAsync(async () => await roles.DeleteFolderRoleAsync(new() { Folder = "pay", Person = "ann@example.com" })));
        FolderRoleEntry left = (await roles.ListFolderRolesAsync(new())).Entries.Single();
        Assert.Equal(("pay/cards", "*", FolderRole.Editor), (left.Folder, left.Person, left.Role));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task What_a_batch_of_private_cases_sent_is_read_by_those_alone_who_may_see_the_cases(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        CallInvoker ann = await lab.Orbit.UserAsync("ann@example.com");
        CallInvoker bob = await lab.Orbit.UserAsync("bob@example.com");
        ApiItem secret = await Library.CaseAsync(ann, "secret", visibility: ApiVisibility.Private);
        ApiItem open = await Library.CaseAsync(ann, "open");
        await using RowAgent agent = await RowAgent.StartAsync(lab);
        agent.Judge = _ => RowOutcome.Failed;
        Batch both = await Library.Batches(ann).CreateBatchAsync(new() { CaseIds = { secret.Id, open.Id } });
        Batch plain = await Library.Batches(ann).CreateBatchAsync(new() { CaseIds = { open.Id } });
        await Library.EndedAsync(lab, both.Id);
        await Library.EndedAsync(lab, plain.Id);

        foreach (CallInvoker may in (CallInvoker[])[ann, lab.Admin])
        {
            Assert.Equal(2, (await Library.Batches(may).ListBatchRowsAsync(new() { Id = both.Id })).Rows.Count);
        }

        ApiBatchService.ApiBatchServiceClient others = Library.Batches(bob);
        Assert.Single((await others.ListBatchRowsAsync(new() { Id = plain.Id })).Rows);
        Assert.Equal(2, (await others.GetBatchAsync(new() { Id = both.Id })).FailCount);
        Assert.Equal(StatusCode.PermissionDenied, await CodeAsync(async () => await others.ListBatchRowsAsync(new() { Id = both.Id })));
        Assert.Equal(StatusCode.PermissionDenied, await CodeAsync(async () => await others.GetBatchRowAsync(new() { Id = both.Id, Row = 1 })));
        Assert.Equal(StatusCode.PermissionDenied, await CodeAsync(async () => await others.GetBatchReportAsync(new() { Id = both.Id })));
        Assert.Equal(StatusCode.PermissionDenied, await CodeAsync(async () => await others.RerunFailedRowsAsync(new() { Id = both.Id })));
        Assert.Equal(StatusCode.PermissionDenied, await CodeAsync(async () => await others.ExportBatch(new() { Id = both.Id, Format = "jsonl" }).ResponseStream.MoveNext()));
        Assert.Equal(StatusCode.PermissionDenied, await CodeAsync(async () => await others.WatchBatch(new() { Id = both.Id }).ResponseStream.MoveNext()));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_batch_of_a_deleted_case_stays_closed_to_those_who_could_not_see_the_case(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        CallInvoker ann = await lab.Orbit.UserAsync("ann@example.com");
        CallInvoker bob = await lab.Orbit.UserAsync("bob@example.com");
        var roles = new FolderRoleService.FolderRoleServiceClient(lab.Admin);
        await roles.PutFolderRoleAsync(new() { Folder = "pay", Person = "ann@example.com", Role = FolderRole.Editor });
        ApiItem secret = await Library.CaseAsync(ann, "secret", folder: "pay");
        ApiItem open = await Library.CaseAsync(ann, "open");
        await using RowAgent agent = await RowAgent.StartAsync(lab);
        Batch closed = await Library.Batches(ann).CreateBatchAsync(new() { CaseIds = { secret.Id } });
        Batch plain = await Library.Batches(ann).CreateBatchAsync(new() { CaseIds = { open.Id } });
        await Library.EndedAsync(lab, closed.Id);
        await Library.EndedAsync(lab, plain.Id);
        Assert.Equal(StatusCode.PermissionDenied, await CodeAsync(async () => await Library.Batches(bob).ListBatchRowsAsync(new() { Id = closed.Id })));

        await Library.Of(ann).DeleteCaseAsync(new() { Id = secret.Id });
        await Library.Of(ann).DeleteCaseAsync(new() { Id = open.Id });

        Assert.Equal(StatusCode.PermissionDenied, await CodeAsync(async () => await Library.Batches(bob).ListBatchRowsAsync(new() { Id = closed.Id })));
        Assert.Single((await Library.Batches(bob).ListBatchRowsAsync(new() { Id = plain.Id })).Rows);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_viewer_runs_a_case_neither_within_a_scenario_of_his_own_nor_by_another_ones_batch(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        CallInvoker ann = await lab.Orbit.UserAsync("ann@example.com");
        var roles = new FolderRoleService.FolderRoleServiceClient(lab.Admin);
        ApiItem charge = await Library.CaseAsync(lab.Admin, "charge", folder: "pay");
        await roles.PutFolderRoleAsync(new() { Folder = "pay", Person = "ann@example.com", Role = FolderRole.Viewer });
        ApiItem around = await Library.ScenarioAsync(ann, "around", """{"steps":["charge"]}""");
        ApiItem calls = await Library.CaseAsync(ann, "calls", """{"request":{"url":"http://127.0.0.1:9/"},"before":[{"call":"charge"}]}""");

        RpcException within = await Library.RefusedAsync(async () => await Library.Batches(ann).CreateBatchAsync(new() { ScenarioIds = { around.Id } }));
        Assert.Equal(StatusCode.PermissionDenied, within.StatusCode);
        Assert.Contains("'charge' may not be run by ann@example.com", within.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(StatusCode.PermissionDenied, await CodeAsync(async () => await Library.Batches(ann).CreateBatchAsync(new() { CaseIds = { calls.Id } })));

        await using RowAgent agent = await RowAgent.StartAsync(lab);
        agent.Judge = _ => RowOutcome.Failed;
        Batch of = await Library.Batches(lab.Admin).CreateBatchAsync(new() { CaseIds = { charge.Id } });
        await Library.EndedAsync(lab, of.Id);
        Assert.Single((await Library.Batches(ann).ListBatchRowsAsync(new() { Id = of.Id })).Rows); // a viewer reads
        Assert.Equal(StatusCode.PermissionDenied, await CodeAsync(async () => await Library.Batches(ann).RerunFailedRowsAsync(new() { Id = of.Id })));
        await roles.PutFolderRoleAsync(new() { Folder = "pay", Person = "ann@example.com", Role = FolderRole.Runner });
        await Library.Batches(ann).RerunFailedRowsAsync(new() { Id = of.Id });
        await Library.Batches(ann).CreateBatchAsync(new() { ScenarioIds = { around.Id } });
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_batch_that_somebody_may_not_read_is_neither_named_nor_compared_with(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        CallInvoker ann = await lab.Orbit.UserAsync("ann@example.com");
        CallInvoker bob = await lab.Orbit.UserAsync("bob@example.com");
        ApiItem secret = await Library.CaseAsync(ann, "takeover", visibility: ApiVisibility.Private);
        ApiItem open = await Library.CaseAsync(ann, "open");
        Batch hidden = await Library.Batches(ann).CreateBatchAsync(new() { Name = "nightly", CaseIds = { secret.Id } });
        Batch plain = await Library.Batches(ann).CreateBatchAsync(new() { Name = "nightly", CaseIds = { open.Id } });

        ApiBatchService.ApiBatchServiceClient others = Library.Batches(bob);
        foreach (Batch seen in (Batch[])[
            await others.GetBatchAsync(new() { Id = hidden.Id }),
            (await others.ListBatchesAsync(new())).Batches.Single(b => b.Id == hidden.Id),
            (await others.ListActiveBatchesAsync(new())).Batches.Single(b => b.Id == hidden.Id)])
        {
            Assert.Equal(("", 0, 1), (seen.Name, seen.Targets.Count, seen.TotalCount));
            Assert.DoesNotContain("takeover", seen.ToString(), StringComparison.Ordinal);
        }

        Assert.Equal([plain.Id], (await others.ListBatchesAsync(new() { Name = "nightly" })).Batches.Select(b => b.Id));
        BatchReport report = await others.GetBatchReportAsync(new() { Id = plain.Id });
        Assert.Equal([plain.Id], report.Trend.Select(t => t.Id));
        Assert.Null(report.Comparison);
        Assert.Equal(StatusCode.PermissionDenied, await CodeAsync(async () => await others.GetBatchReportAsync(new() { Id = plain.Id, CompareWith = hidden.Id })));
        Assert.Equal("nightly", (await Library.Batches(ann).GetBatchAsync(new() { Id = hidden.Id })).Name);
        Assert.NotNull((await Library.Batches(ann).GetBatchReportAsync(new() { Id = plain.Id, CompareWith = hidden.Id })).Comparison);
    }

    private static async Task<IEnumerable<string>> NamesAsync(CallInvoker caller) => (await Library.Of(caller).ListCasesAsync(new())).Cases.Select(c => c.Name);

    private static async Task<StatusCode> CodeAsync(Func<Task> work) => (await Library.RefusedAsync(work)).StatusCode;
}
