using Grpc.Core;
using Orbit.Contracts.V1;
using Orbit.Tests.Support;

namespace Orbit.ControlPlane.Tests.ApiTests;

/// <summary>Cases and scenarios as people keep them.</summary>
public sealed class ItemTests
{
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_case_is_made_read_changed_listed_moved_copied_and_deleted(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        ApiLibraryService.ApiLibraryServiceClient library = Library.Of(lab.User);
        ApiItem made = await Library.CaseAsync(lab.User, "ping", folder: "/shop/api/", tags: ["smoke", "a b", "smoke"]);

        Assert.Equal(("ping", "shop/api", 1, "user@example.org", ApiItemState.Active, ApiVisibility.All), (made.Name, made.Folder, made.Version, made.Owner, made.State, made.Visibility));
        Assert.Equal(["a b", "smoke"], made.Tags);
        ApiItem changed = await library.UpdateCaseAsync(new() { Id = made.Id, Name = "pong", State = ApiItemState.Draft, SetTags = true, Tags = { "slow" } });
        Assert.Equal(("pong", 1, ApiItemState.Draft), (changed.Name, changed.Version, changed.State));
        ApiItem moved = await library.MoveCaseAsync(new() { Id = made.Id, Folder = "other" });
        Assert.Equal("other", moved.Folder);
        Assert.Equal(["slow"], moved.Tags);
        ApiItem copy = await library.CopyCaseAsync(new() { Id = made.Id });
        ApiItem second = await library.CopyCaseAsync(new() { Id = made.Id });
        Assert.Equal(["pong (copy)", "pong (copy) 2"], [copy.Name, second.Name]);
        Assert.Equal(moved.Spec, copy.Spec);
        await library.DeleteCaseAsync(new() { Id = made.Id });

        Assert.Equal(StatusCode.NotFound, (await Library.RefusedAsync(async () => await library.GetCaseAsync(new() { Id = made.Id }))).StatusCode);
        Assert.Equal(["pong (copy)", "pong (copy) 2"], (await library.ListCasesAsync(new())).Cases.Select(c => c.Name));
        ListAuditResponse audit = await new AuditService.AuditServiceClient(lab.Admin).ListAuditAsync(new() { Object = $"case:{made.Id}" });
        Assert.Equal(["case.deleted", "case.changed", "case.changed", "case.created"], audit.Entries.Select(e => e.Action));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_case_in_use_stays_and_private_scenarios_of_others_are_counted_but_not_named(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        CallInvoker ann = await lab.Orbit.UserAsync("ann@example.com");
        ApiItem ping = await Library.CaseAsync(lab.User, "ping");
        await Library.ScenarioAsync(lab.User, "ping", """{"steps":["ping"]}""");
        await Library.Of(ann).CreateScenarioAsync(new() { Name = "takeover", Spec = Library.Json("""{"steps":["ping"]}"""), Visibility = ApiVisibility.Private });

        async Task<string> RefusedAsync(CallInvoker caller)
        {
            RpcException refused = await Library.RefusedAsync(async () => await Library.Of(caller).DeleteCaseAsync(new() { Id = ping.Id }));
            Assert.Equal(StatusCode.FailedPrecondition, refused.StatusCode);
            return refused.Status.Detail;
        }

        Assert.Contains("deleted: ping, 1 private of others use it.", await RefusedAsync(lab.User), StringComparison.Ordinal);
        Assert.Contains("deleted: ping, takeover use it.", await RefusedAsync(ann), StringComparison.Ordinal);
        Assert.Contains("deleted: ping, takeover use it.", await RefusedAsync(lab.Admin), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Cases_are_found_by_folder_tag_state_and_words_a_page_at_a_time(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        ApiLibraryService.ApiLibraryServiceClient library = Library.Of(lab.User);
        await Library.CaseAsync(lab.User, "a Login", folder: "shop");
        await Library.CaseAsync(lab.User, "b 100%", folder: "shop/cart", tags: ["smoke"]);
        await Library.CaseAsync(lab.User, "c_d", folder: "shopping", tags: ["smoke2"]);
        await Library.CaseAsync(lab.User, "e", folder: "Shop/cart");
        ApiItem archived = await Library.CaseAsync(lab.User, "f", folder: "sho_/x");
        await library.UpdateCaseAsync(new() { Id = archived.Id, State = ApiItemState.Archived });

        async Task<string> NamesAsync(ListCasesRequest request) => string.Join('|', (await library.ListCasesAsync(request)).Cases.Select(c => c.Name));
        Assert.Equal("a Login|b 100%", await NamesAsync(new() { Folder = "shop" }));
        Assert.Equal("f", await NamesAsync(new() { Folder = "sho_" }));
        Assert.Equal("b 100%", await NamesAsync(new() { Tag = "smoke" }));
        Assert.Equal("a Login", await NamesAsync(new() { Query = "LOGIN" }));
        Assert.Equal("b 100%", await NamesAsync(new() { Query = "0%" }));
        Assert.Equal("c_d", await NamesAsync(new() { Query = "_" }));
        Assert.Equal("f", await NamesAsync(new() { State = ApiItemState.Archived }));
        ListCasesResponse first = await library.ListCasesAsync(new() { PageSize = 2 });
        ListCasesResponse next = await library.ListCasesAsync(new() { PageSize = 2, PageToken = first.NextPageToken });
        ListCasesResponse last = await library.ListCasesAsync(new() { PageSize = 2, PageToken = next.NextPageToken });
        Assert.Equal(["a Login", "b 100%", "c_d", "e", "f"], first.Cases.Concat(next.Cases).Concat(last.Cases).Select(c => c.Name));
        Assert.Equal("", last.NextPageToken);
        Assert.All(first.Cases, c => Assert.Null(c.Spec));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Each_changed_spec_is_a_version_that_says_what_differs(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        ApiLibraryService.ApiLibraryServiceClient library = Library.Of(lab.User);
        ApiItem made = await Library.CaseAsync(lab.User, "ping");
        CallInvoker other = await lab.Orbit.UserAsync("other@example.org");

        ApiItem second = await Library.Of(other).UpdateCaseAsync(new() { Id = made.Id, Version = 1, Spec = Library.Json(Library.Ping.Replace("200", "201", StringComparison.Ordinal)) });
        ApiItem same = await library.UpdateCaseAsync(new() { Id = made.Id, Spec = second.Spec });
        Assert.Equal((2, 2), (second.Version, same.Version));
        RpcException late = await Library.RefusedAsync(async () => await library.UpdateCaseAsync(new() { Id = made.Id, Version = 1, Name = "late" }));
        Assert.Equal(StatusCode.Aborted, late.StatusCode);

        ListApiItemVersionsResponse versions = await library.ListCaseVersionsAsync(new() { Id = made.Id });
        Assert.Equal([(2, "other@example.org"), (1, "user@example.org")], versions.Versions.Select(v => (v.Version, v.ChangedBy)));
        Assert.Equal(["assert[0].status: 200 -> 201"], versions.Versions[0].Changes);
        Assert.Empty(versions.Versions[1].Changes);
        Assert.Equal(made.Spec, (await library.GetCaseAsync(new() { Id = made.Id, Version = 1 })).Spec);
        Assert.Equal(StatusCode.NotFound, (await Library.RefusedAsync(async () => await library.GetCaseAsync(new() { Id = made.Id, Version = 3 }))).StatusCode);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task What_is_wrong_is_refused_with_the_place_and_names_are_unique_among_a_kind(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        await Library.CaseAsync(lab.User, "ping");

        RpcException wrong = await Library.RefusedAsync(() => Library.CaseAsync(lab.User, "bad", """{"request":{"url":"/"},"assert":[{"jsonpath":"$["}]}"""));
        Assert.Equal(StatusCode.InvalidArgument, wrong.StatusCode);
        Assert.Contains("assert[0].jsonpath", wrong.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(StatusCode.AlreadyExists, (await Library.RefusedAsync(() => Library.CaseAsync(lab.User, "ping"))).StatusCode);
        await Library.ScenarioAsync(lab.User, "ping", """{"steps":["ping"]}""");
        foreach (string name in (string[])["", "two\nlines", new string('x', 201)])
        {
            Assert.Equal(StatusCode.InvalidArgument, (await Library.RefusedAsync(() => Library.CaseAsync(lab.User, name))).StatusCode);
        }

        Assert.Equal(StatusCode.InvalidArgument, (await Library.RefusedAsync(() => Library.CaseAsync(lab.User, "tags", tags: ["a,b"]))).StatusCode);
        Assert.Equal(StatusCode.InvalidArgument, (await Library.RefusedAsync(() => Library.ScenarioAsync(lab.User, "s", """{"steps":["nobody"]}"""))).StatusCode);
        Assert.Equal(StatusCode.InvalidArgument, (await Library.RefusedAsync(() => Library.ScenarioAsync(lab.User, "self", """{"steps":[{"scenario":"self"}]}"""))).StatusCode);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_case_that_is_used_is_neither_renamed_nor_deleted_until_nobody_uses_it(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        ApiLibraryService.ApiLibraryServiceClient library = Library.Of(lab.User);
        ApiItem login = await Library.CaseAsync(lab.User, "log \"in\"");
        ApiItem caller = await Library.CaseAsync(lab.User, "caller", """{"request":{"url":"http://127.0.0.1:9/"},"before":[{"call":"log \"in\""}]}""");
        ApiItem flow = await Library.ScenarioAsync(lab.User, "flow", """{"steps":[{"case":"log \"in\"","with":{"a":1}}]}""");

        RpcException used = await Library.RefusedAsync(async () => await library.DeleteCaseAsync(new() { Id = login.Id }));
        Assert.Equal(StatusCode.FailedPrecondition, used.StatusCode);
        Assert.Contains("caller, flow", used.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(StatusCode.FailedPrecondition, (await Library.RefusedAsync(async () => await library.UpdateCaseAsync(new() { Id = login.Id, Name = "x" }))).StatusCode);
        await library.DeleteScenarioAsync(new() { Id = flow.Id });
        await library.DeleteCaseAsync(new() { Id = caller.Id });
        await library.DeleteCaseAsync(new() { Id = login.Id });
        Assert.Empty((await library.ListCasesAsync(new())).Cases);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Somebodys_private_case_is_for_nobody_else_not_even_through_a_scenario(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        CallInvoker other = await lab.Orbit.UserAsync("other@example.org");
        ApiItem mine = await Library.CaseAsync(lab.User, "mine", visibility: ApiVisibility.Private);
        ApiItem team = await Library.CaseAsync(lab.User, "team", visibility: ApiVisibility.Team);

        Assert.Equal(["team"], (await Library.Of(other).ListCasesAsync(new())).Cases.Select(c => c.Name));
        Assert.Equal(["mine", "team"], (await Library.Of(lab.Admin).ListCasesAsync(new())).Cases.Select(c => c.Name));
        Assert.Equal(StatusCode.NotFound, (await Library.RefusedAsync(async () => await Library.Of(other).GetCaseAsync(new() { Id = mine.Id }))).StatusCode);
        Assert.Equal(StatusCode.NotFound, (await Library.RefusedAsync(async () => await Library.Of(other).ExportApiTestsAsync(new() { CaseIds = { mine.Id } }))).StatusCode);
        Assert.Equal(StatusCode.NotFound, (await Library.RefusedAsync(async () => await Library.Batches(other).CreateBatchAsync(new() { CaseIds = { mine.Id } }))).StatusCode);
        Assert.Equal(StatusCode.PermissionDenied, (await Library.RefusedAsync(async () => await Library.Of(other).UpdateCaseAsync(new() { Id = team.Id, Folder = "x" }))).StatusCode);
        Assert.Equal(StatusCode.InvalidArgument, (await Library.RefusedAsync(() => Library.ScenarioAsync(other, "peep", """{"steps":["mine"]}"""))).StatusCode);
        ApiItem flow = await Library.ScenarioAsync(lab.User, "flow", """{"steps":["mine"]}""");
        Assert.Equal(StatusCode.InvalidArgument, (await Library.RefusedAsync(async () => await Library.Batches(other).CreateBatchAsync(new() { ScenarioIds = { flow.Id } }))).StatusCode);
        Assert.DoesNotContain("ping", (await Library.Of(other).ExportApiTestsAsync(new() { ScenarioIds = { flow.Id } })).Data.ToStringUtf8(), StringComparison.Ordinal);
        Assert.Equal(1, (await Library.Batches(lab.User).CreateBatchAsync(new() { ScenarioIds = { flow.Id } })).TotalCount);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task An_import_makes_all_or_nothing_gives_free_names_and_comes_out_again(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        ApiLibraryService.ApiLibraryServiceClient library = Library.Of(lab.User);
        await Library.CaseAsync(lab.User, "ping");
        const string Document = """
            orbit: 1
            variables: {base: "http://127.0.0.1:9"}
            cases:
              - {name: ping, tags: [t], request: {url: "{{base}}/ping"}, assert: [{status: 200}]}
              - {name: pong, request: {url: "{{base}}/pong"}, before: [{call: ping}]}
            scenarios: [{name: both, steps: [ping, {case: pong}], teardown: [ping]}]
            """;

        ImportApiTestsResponse dry = await library.ImportApiTestsAsync(new() { Format = "orbit", Content = Document, DryRun = true });
        Assert.Empty(dry.Cases);
        Assert.Single((await library.ListCasesAsync(new())).Cases);
        ImportApiTestsResponse done = await library.ImportApiTestsAsync(new() { Format = "orbit", Content = Document, Folder = "in" });
        Assert.Equal(["ping -> ping 2"], done.Renamed);
        Assert.Equal(["ping 2", "pong"], done.Cases.Select(c => c.Name).Order());
        Assert.All(done.Cases, c => Assert.Equal("in", c.Folder));
        Assert.Equal("ping 2", done.Cases.Single(c => c.Name == "pong").Spec.Fields["before"].ListValue.Values[0].StructValue.Fields["call"].StringValue);
        Google.Protobuf.WellKnownTypes.Struct flow = done.Scenarios.Single().Spec;
        Assert.Equal("ping 2", flow.Fields["steps"].ListValue.Values[0].StringValue);
        Assert.Equal("ping 2", flow.Fields["teardown"].ListValue.Values[0].StringValue);
        Assert.Equal("http://127.0.0.1:9", flow.Fields["variables"].StructValue.Fields["base"].StringValue);
        RpcException wrong = await Library.RefusedAsync(async () => await library.ImportApiTestsAsync(new() { Format = "orbit", Content = "cases: [{name: a, request: {url: x, no: 1}}]" }));
        Assert.Contains("cases[0].request", wrong.Status.Detail, StringComparison.Ordinal);

        string yaml = (await library.ExportApiTestsAsync(new() { ScenarioIds = { done.Scenarios[0].Id } })).Data.ToStringUtf8();
        ImportApiTestsResponse again = await library.ImportApiTestsAsync(new() { Format = "orbit", Content = yaml, DryRun = true });
        Assert.Contains("ping 2", again.Document, StringComparison.Ordinal);
        Assert.Contains("\"info\"", (await library.ExportApiTestsAsync(new() { ScenarioIds = { done.Scenarios[0].Id }, Format = "postman" })).Data.ToStringUtf8(), StringComparison.Ordinal);
        Assert.Equal(StatusCode.InvalidArgument, (await Library.RefusedAsync(async () => await library.ExportApiTestsAsync(new() { Folder = "in", Format = "tar" }))).StatusCode);
    }
}
