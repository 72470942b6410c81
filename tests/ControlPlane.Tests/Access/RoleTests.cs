using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Outbox;
using Orbit.Tests.Support;
using Delivery = Orbit.ControlPlane.Outbox.Delivery;

namespace Orbit.ControlPlane.Tests.Access;

public sealed class RoleTests
{
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_role_that_an_admin_gives_holds_at_once_for_live_sessions_and_is_audited(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        CallInvoker user = await orbit.UserAsync("li@example.org");
        var users = new UserService.UserServiceClient(await orbit.AdminAsync());
        Assert.Equal("BUILD_NOT_FOUND", await Refused.ReasonAsync(() => PinAsync(user)));

        User viewer = await users.UpdateUserAsync(new() { Email = " Li@Example.org", Role = Role.Viewer });

        Assert.Equal((Role.Viewer, false, "127.0.0.1"), (viewer.Role, viewer.Blocked, viewer.LastAddress));
        Assert.Equal("ROLE_MISSING", await Refused.ReasonAsync(() => PinAsync(user)));
        Assert.Equal(Role.Viewer, (await new AuthService.AuthServiceClient(user).GetMeAsync(new())).Role);
        CallInvoker again = await orbit.UserAsync("li@example.org");
        Assert.Equal("ROLE_MISSING", await Refused.ReasonAsync(() => PinAsync(again)));
        await users.UpdateUserAsync(new() { Email = "li@example.org", Role = Role.User });
        Assert.Equal("BUILD_NOT_FOUND", await Refused.ReasonAsync(() => PinAsync(again)));
        List<string?> audited = await orbit.Store.ReadAsync(
            (d, ct) => d.AuditEntries.Where(e => e.Object == "user:li@example.org").OrderBy(e => e.Id).Select(e => e.New).ToListAsync(ct), default);
        Assert.Equal(["""{"role":"Viewer","blocked":false}""", """{"role":"User","blocked":false}"""], audited);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Nobody_is_made_an_admin_and_the_admin_password_is_not_weakened_by_a_role(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        CallInvoker boss = await orbit.AdminAsync("boss@example.org");
        var users = new UserService.UserServiceClient(boss);

        Assert.Equal("ROLE_NOT_GRANTABLE", await Refused.ReasonAsync(async () => await users.UpdateUserAsync(new() { Email = "li@example.org", Role = Role.Admin })));
        Assert.Equal("ROLE_NOT_GRANTABLE", await Refused.ReasonAsync(async () => await users.UpdateUserAsync(new() { Email = "li@example.org", Role = (Role)9 })));
        Assert.Equal("EMAIL_INVALID", await Refused.ReasonAsync(async () => await users.UpdateUserAsync(new() { Email = "li@example.org, x@y", Role = Role.User })));
        await users.UpdateUserAsync(new() { Email = "boss@example.org", Role = Role.Viewer, Blocked = true });

        Assert.True((await new AuthService.AuthServiceClient(boss).GetMeAsync(new())).IsAdmin);
        Assert.Equal("USER_BLOCKED", await Refused.ReasonAsync(() => orbit.UserAsync("boss@example.org")));
        await orbit.AdminAsync("boss@example.org");
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Somebody_blocked_is_out_at_once_and_may_come_back_when_unblocked(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        CallInvoker user = await orbit.UserAsync("li@example.org");
        var users = new UserService.UserServiceClient(await orbit.AdminAsync());

        await users.UpdateUserAsync(new() { Email = "li@example.org", Blocked = true });

        Assert.Equal("SESSION_ENDED", await Refused.ReasonAsync(() => PinAsync(user)));
        Assert.Equal("USER_BLOCKED", await Refused.ReasonAsync(() => orbit.UserAsync("li@example.org")));
        await users.UpdateUserAsync(new() { Email = "li@example.org", Blocked = false });
        await orbit.UserAsync("li@example.org");
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task People_are_listed_by_address_in_pages(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        await orbit.UserAsync("b@example.org");
        await orbit.UserAsync("a@example.org");
        var users = new UserService.UserServiceClient(await orbit.AdminAsync());
        await users.UpdateUserAsync(new() { Email = "c@other.org", Role = Role.Viewer });

        ListUsersResponse first = await users.ListUsersAsync(new() { PageSize = 3 });
        ListUsersResponse second = await users.ListUsersAsync(new() { PageSize = 3, PageToken = first.NextPageToken });

        Assert.Equal(["a@example.org", "admin@example.org", "b@example.org"], first.Users.Select(u => u.Email));
        User waiting = Assert.Single(second.Users);
        Assert.Equal(("c@other.org", Role.Viewer, ""), (waiting.Email, waiting.Role, waiting.LastAddress));
        Assert.Null(waiting.LastLoginAt);
        Assert.Equal("c@other.org", Assert.Single((await users.ListUsersAsync(new() { Query = "OTHER" })).Users).Email);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task New_people_get_the_role_that_the_setting_names(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        await orbit.UserAsync("old@example.org");
        await SettingAsync(orbit, """{"default_role":"viewer"}""");

        Assert.Equal("ROLE_MISSING", await Refused.ReasonAsync(async () => await PinAsync(await orbit.UserAsync("new@example.org"))));
        Assert.Equal("BUILD_NOT_FOUND", await Refused.ReasonAsync(async () => await PinAsync(await orbit.UserAsync("old@example.org"))));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Where_sessions_are_bound_a_token_is_worth_nothing_elsewhere(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        string token = await orbit.TokenAsync("li@example.org");
        using HttpClient elsewhere = From("127.0.0.9", orbit);
        Assert.Equal("", await ReasonAsync(elsewhere, token));

        await SettingAsync(orbit, """{"bind_session_to_address":true}""");

        Assert.Equal("SESSION_ADDRESS_CHANGED", await ReasonAsync(elsewhere, token));
        Assert.Equal("", await ReasonAsync(orbit.Http, token));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_sign_in_from_a_new_address_is_mailed_where_the_setting_says_so(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        using HttpClient elsewhere = From("127.0.0.9", orbit);
        await SettingAsync(orbit, """{"notify_new_address":true}""");

        await orbit.TokenAsync("li@example.org"); // the first address ever is no news
        await orbit.TokenAsync("li@example.org");
        Assert.Empty(await MailsAsync(orbit));
        await LoginAsync(elsewhere, "li@example.org");
        await LoginAsync(elsewhere, "li@example.org");

        Delivery mail = Assert.Single(await MailsAsync(orbit));
        Assert.Contains("127.0.0.9", MailBody.From(mail.Content).Text, StringComparison.Ordinal);
        orbit.Clock.Advance(TimeSpan.FromDays(91));
        await LoginAsync(elsewhere, "li@example.org"); // all that was known is forgotten: nothing to compare with
        Assert.Single(await MailsAsync(orbit));
    }

    private static async Task PinAsync(CallInvoker who) => await new BuildService.BuildServiceClient(who).PinBuildAsync(new() { Id = 404 });

    private static async Task SettingAsync(OrbitServer orbit, string json) =>
        await new SettingService.SettingServiceClient(await orbit.AdminAsync()).UpdateSettingsAsync(
            new() { Settings = Google.Protobuf.WellKnownTypes.Struct.Parser.ParseJson(json) });

    private static Task<List<Delivery>> MailsAsync(OrbitServer orbit) =>
        orbit.Store.ReadAsync((d, ct) => d.Deliveries.Where(m => m.Target == "li@example.org").ToListAsync(ct), default);

    private static async Task LoginAsync(HttpClient http, string email)
    {
        using var body = new StringContent($$"""{"email":"{{email}}"}""", System.Text.Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = await http.PostAsync(new Uri("/api/v1/auth/login", UriKind.Relative), body);
        answer.EnsureSuccessStatusCode();
    }

    private static async Task<string> ReasonAsync(HttpClient http, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/auth/me");
        request.Headers.Authorization = new("Bearer", token);
        using HttpResponseMessage answer = await http.SendAsync(request);
        using var json = System.Text.Json.JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return answer.IsSuccessStatusCode ? "" : json.RootElement.GetProperty("reason").GetString()!;
    }

    /// <summary>A client whose calls come from another address of this machine.</summary>
    private static HttpClient From(string address, OrbitServer orbit) =>
        new(new SocketsHttpHandler
        {
            ConnectCallback = async (context, ct) =>
            {
                var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
                socket.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Parse(address).MapToIPv6(), 0));
                await socket.ConnectAsync(context.DnsEndPoint, ct);
                return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
            },
        })
        {
            BaseAddress = orbit.HttpAddress,
        };
}
