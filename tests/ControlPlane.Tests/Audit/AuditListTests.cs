using System.Text.Json;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Settings;
using Orbit.ControlPlane.Storage;
using Orbit.Tests.Support;
using Refused = Orbit.ControlPlane.Tests.Access.Refused;

namespace Orbit.ControlPlane.Tests.Audit;

public sealed class AuditListTests
{
    private static readonly Caller Li = new("li@example.org", IsAdmin: true, SessionId: null, "192.0.2.1");
    private static readonly Caller Trick = new("=cmd|' /C calc'!A0", IsAdmin: false, SessionId: null, "192.0.2.2");

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Entries_are_listed_newest_first_filtered_and_paged(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        var audit = new AuditService.AuditServiceClient(await orbit.AdminAsync());
        DateTimeOffset began = orbit.Clock.GetUtcNow();
        for (int n = 0; n < 5; n++)
        {
            await WriteAsync(orbit, n % 2 == 0 ? Li : Trick, began.AddDays(n - 4), n < 3 ? "thing.made" : "thing.gone", $"thing:{n}", $"Value {n}");
        }

        Assert.Equal(["thing:4", "thing:3", "thing:2", "thing:1", "thing:0"], await WalkAsync(audit, new() { Action = "thing.", PageSize = 2 }));
        Assert.Equal(["thing:2", "thing:1", "thing:0"], await WalkAsync(audit, new() { Action = "thing.made" }));
        Assert.Equal(["thing:3", "thing:1"], await WalkAsync(audit, new() { Who = Trick.Name, Object = "thing:" }));
        Assert.Equal(["thing:3"], await WalkAsync(audit, new() { Query = "VALUE 3" }));
        Assert.Equal(["thing:2", "thing:1"], await WalkAsync(
            audit, new() { Action = "thing.", After = began.AddDays(-3).ToWire(), Before = began.AddDays(-1).ToWire(), PageSize = 1 }));
        Assert.Empty(await WalkAsync(audit, new() { Action = "thing" }));
        Assert.Equal("PAGE_TOKEN_INVALID", await Refused.ReasonAsync(async () => await audit.ListAuditAsync(new() { PageToken = "x" })));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task An_export_holds_every_entry_and_no_formula(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        string token = await orbit.TokenAsync("admin@example.org", OrbitServer.AdminPassword);
        await orbit.Store.WriteAsync(
            (database, _) =>
            {
                for (int n = 0; n < 1203; n++)
                {
                    database.Audit(n == 7 ? Trick : Li, orbit.Clock.GetUtcNow(), "thing.made", $"thing:{n}", null, new { Text = "a,\"b\"\nc", Password = "hunter2" });
                }

                return Task.CompletedTask;
            },
            default);

        (string csvType, string csv) = await FetchAsync(orbit, token, "csv");
        (string jsonType, string json) = await FetchAsync(orbit, token, "ndjson");

        Assert.StartsWith("text/csv", csvType, StringComparison.Ordinal);
        Assert.Equal("application/x-ndjson", jsonType);
        Assert.StartsWith("id,time,who,action,object,old,new,remote_address\r\n", csv, StringComparison.Ordinal);
        Assert.Equal(1203, csv.Split("\r\n").Count(line => line.Contains(",thing.made,", StringComparison.Ordinal)));
        Assert.Contains(",'=cmd|", csv, StringComparison.Ordinal);
        Assert.Contains("\"{\"\"text\"\":", csv, StringComparison.Ordinal);
        JsonElement[] lines = [.. json.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(1203, lines.Select(line => line.GetProperty("id").GetString()).Distinct().Count());
        Assert.Equal("***", lines[0].GetProperty("new").GetProperty("password").GetString());
        Assert.DoesNotContain("hunter2", csv + json, StringComparison.Ordinal);
        using HttpResponseMessage wrong = await GetAsync(orbit, token, "/api/v1/audit/export?format=xml");
        Assert.Contains("EXPORT_FORMAT_INVALID", await wrong.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task The_database_refuses_to_change_an_entry(string provider)
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(provider);
        await using (OrbitServer first = await OrbitServer.StartAsync(database))
        {
            await WriteAsync(first, Li, first.Clock.GetUtcNow(), "thing.made", "thing:1", "was");
        }

        await using OrbitServer orbit = await OrbitServer.StartAsync(database); // a second start finds the guard and keeps it

        Exception refused = await Assert.ThrowsAnyAsync<Exception>(
            () => orbit.Store.WriteAsync((db, ct) => db.RunAsync("UPDATE audit SET who = @p0", ["nobody"], ct), default));

        Assert.Contains("never changed", refused.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task The_database_refuses_to_delete_an_entry_that_retention_must_keep(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        DateTimeOffset today = TimeProvider.System.GetUtcNow(); // the guard goes by the database's clock
        await WriteAsync(orbit, Li, today, "thing.made", "thing:young", "was");
        await WriteAsync(orbit, Li, today.AddDays(-AuditGuard.LeastDays - 1), "thing.made", "thing:old", "was");

        Exception refused = await Assert.ThrowsAnyAsync<Exception>(() => DeleteAsync("thing:young"));

        Assert.Contains("kept for 30 days at least", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, await DeleteAsync("thing:old"));
        Assert.Equal(AuditGuard.LeastDays, SettingCatalog.RetentionAuditDays.Range!.Value.Least);

        Task<int> DeleteAsync(string subject) =>
            orbit.Store.WriteAsync((db, ct) => db.RunAsync("DELETE FROM audit WHERE object = @p0", [subject], ct), default);
    }

    private static Task WriteAsync(OrbitServer orbit, Caller who, DateTimeOffset at, string action, string subject, string value) =>
        orbit.Store.WriteAsync(
            (database, _) =>
            {
                database.Audit(who, at, action, subject, null, new { value });
                return Task.CompletedTask;
            },
            default);

    private static async Task<List<string>> WalkAsync(AuditService.AuditServiceClient audit, ListAuditRequest request)
    {
        var objects = new List<string>();
        do
        {
            ListAuditResponse page = await audit.ListAuditAsync(request);
            objects.AddRange(page.Entries.Select(e => e.Object));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        return objects;
    }

    private static async Task<(string Type, string Text)> FetchAsync(OrbitServer orbit, string token, string format)
    {
        using HttpResponseMessage response = await GetAsync(orbit, token, $"/api/v1/audit/export?format={format}&object=thing:");
        return (response.Content.Headers.ContentType!.ToString(), await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync());
    }

    private static Task<HttpResponseMessage> GetAsync(OrbitServer orbit, string token, string path)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new("Bearer", token);
        return orbit.Http.SendAsync(request);
    }
}
