using System.Diagnostics;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Access;
using Orbit.ControlPlane.Storage;
using Orbit.ControlPlane.Tests.Wire;
using Orbit.Tests.Support;
using Rule = Orbit.Contracts.V1.Access;

namespace Orbit.ControlPlane.Tests.Access;

public sealed class ApiTokenTests
{
    private static readonly TimeSpan BriefLook = TimeSpan.FromSeconds(1);

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_token_is_shown_once_kept_as_a_hash_and_used_like_a_session(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        ApiTokenService.ApiTokenServiceClient tokens = Tokens(await orbit.UserAsync("ci@example.org"));

        CreateApiTokenResponse made = await tokens.CreateApiTokenAsync(new() { Name = "Jenkins", Scopes = { "runs", "builds", "runs" } });

        Assert.Equal(49, made.Token.Length); // 6 and 256 bits in base64
        Assert.Equal(["builds", "runs"], made.ApiToken.Scopes);
        Assert.StartsWith(made.ApiToken.Hint, made.Token, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromDays(90), made.ApiToken.ExpiresAt.ToDateTimeOffset() - made.ApiToken.CreatedAt.ToDateTimeOffset());
        GetMeResponse me = await new AuthService.AuthServiceClient(orbit.As(made.Token)).GetMeAsync(new());
        Assert.Equal(("ci@example.org", false, Role.User, made.ApiToken.Id, ""), (me.Email, me.IsAdmin, me.Role, me.ApiTokenId, me.SessionId));
        await Eventually.HoldsAsync(async () => (await tokens.ListApiTokensAsync(new())).ApiTokens.Single().LastUsedAt is not null);
        List<string> stored = await orbit.Store.ReadAsync((d, ct) => d.QueryAsync("SELECT name || scopes || hint FROM api_tokens", [], r => r.Text(0), ct), default);
        string audited = string.Join('\n', await orbit.Store.ReadAsync((d, ct) => d.QueryAsync("SELECT coalesce(new, '') FROM audit", [], r => r.Text(0), ct), default));
        Assert.DoesNotContain(made.Token, string.Join('\n', [.. stored, audited, .. orbit.Log.All.Select(l => l.Text)]), StringComparison.Ordinal);
        Assert.Contains("Jenkins", audited, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_method_lets_a_token_in_only_with_the_scope_it_needs()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(Databases.Sqlite);
        await using OrbitServer orbit = await OrbitServer.StartAsync(database, "--Access:WebhookToken=ci-7f3a9c");
        ApiTokenService.ApiTokenServiceClient tokens = Tokens(await orbit.UserAsync("ci@example.org"));
        foreach (string scope in (string[])["read", "builds", "runs", "write"])
        {
            CallInvoker token = orbit.As((await tokens.CreateApiTokenAsync(new() { Name = scope, Scopes = { scope } })).Token);
            foreach ((string name, MethodRule rule) in orbit.Services.GetRequiredService<MethodAccess>().All.Where(m => m.Value.Access is not (Rule.Anonymous or Rule.Agent)))
            {
                bool allowed = rule.Access is not Rule.Admin && (scope == "write" || scope == rule.Scope || (rule.Scope == "read" && scope == "runs"));
                string expected = rule.Access is Rule.Admin ? "ROLE_MISSING" : allowed ? "" : "SCOPE_MISSING";
                string reason = await AnyMethod.ReasonAsync(token, name, BriefLook);
                Assert.Equal((scope, name, expected), (scope, name, reason is "ROLE_MISSING" or "SCOPE_MISSING" ? reason : ""));
                Assert.NotEqual("TOKEN_MISSING", reason);
            }
        }
    }

    [Fact]
    public async Task Scopes_are_what_their_names_say()
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(Databases.Sqlite);
        IReadOnlyDictionary<string, MethodRule> methods = orbit.Services.GetRequiredService<MethodAccess>().All;

        Assert.Equal("read", methods["/orbit.v1.RunService/GetRun"].Scope);
        Assert.Equal("read", methods["/orbit.v1.RunService/FollowLog"].Scope);
        Assert.Equal("runs", methods["/orbit.v1.RunService/TriggerDeployTest"].Scope);
        Assert.Equal("builds", methods["/orbit.v1.BuildService/PostBuild"].Scope);
        Assert.Equal("write", methods["/orbit.v1.BuildService/PinBuild"].Scope);
        Assert.Equal("write", methods["/orbit.v1.ApiTokenService/CreateApiToken"].Scope);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_token_ends_at_its_time_or_when_it_is_revoked_and_its_streams_end_with_it(string provider)
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(provider);
        await using OrbitServer orbit = await OrbitServer.StartWithAsync(database, app => app.MapGrpcService<DoorGrpcService>());
        ApiTokenService.ApiTokenServiceClient tokens = Tokens(await orbit.UserAsync("ci@example.org"));
        CreateApiTokenResponse revoked = await tokens.CreateApiTokenAsync(new() { Name = "revoked", Scopes = { "write" } });
        using AsyncServerStreamingCall<DoorResponse> stream = new DoorService.DoorServiceClient(orbit.As(revoked.Token)).Stay(new());
        Assert.True(await stream.ResponseStream.MoveNext(default));

        // A use that is written down says that a pass ran over the open stream and left it open.
        orbit.Clock.Advance(TimeSpan.FromMinutes(2));
        DateTimeOffset used = orbit.Clock.GetUtcNow();
        await MeAsync(orbit.As(revoked.Token));
        await Eventually.HoldsAsync(async () => (await tokens.ListApiTokensAsync(new())).ApiTokens[0].LastUsedAt?.ToDateTimeOffset() >= used.AddSeconds(-1));
        CreateApiTokenResponse brief = await tokens.CreateApiTokenAsync(new() { Name = "brief", Scopes = { "read" }, TtlS = 60 });
        await MeAsync(orbit.As(brief.Token));

        long ended = Stopwatch.GetTimestamp();
        await tokens.RevokeApiTokenAsync(new() { Id = revoked.ApiToken.Id });
        await tokens.RevokeApiTokenAsync(new() { Id = revoked.ApiToken.Id });

        Assert.Equal("SESSION_ENDED", await Refused.ReasonAsync(() => stream.ResponseStream.MoveNext(default)));
        Assert.InRange(Stopwatch.GetElapsedTime(ended), TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.Equal("API_TOKEN_INVALID", await Refused.ReasonAsync(() => MeAsync(orbit.As(revoked.Token))));
        orbit.Clock.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal("API_TOKEN_INVALID", await Refused.ReasonAsync(() => MeAsync(orbit.As(brief.Token))));
        Assert.Equal("API_TOKEN_INVALID", await Refused.ReasonAsync(() => MeAsync(orbit.As("orbit_" + new string('A', 43)))));
        Assert.Equal("API_TOKEN_INVALID", await Refused.ReasonAsync(() => MeAsync(orbit.As("orbit_" + new string('A', 4000)))));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_token_is_never_more_than_its_owner_and_makes_no_other(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        CallInvoker admin = await orbit.AdminAsync("boss@example.org");
        string made = (await Tokens(admin).CreateApiTokenAsync(new() { Name = "boss", Scopes = { "write" } })).Token;
        var users = new UserService.UserServiceClient(admin);

        Assert.Equal("ROLE_MISSING", await Refused.ReasonAsync(async () => await new UserService.UserServiceClient(orbit.As(made)).ListUsersAsync(new())));
        Assert.Equal("SESSION_NEEDED", await Refused.ReasonAsync(async () => await Tokens(orbit.As(made)).CreateApiTokenAsync(new() { Name = "x", Scopes = { "write" } })));
        Assert.Equal("SESSION_NEEDED", await Refused.ReasonAsync(async () => await new AuthService.AuthServiceClient(orbit.As(made)).LogoutAsync(new())));
        Assert.Equal("ROLE_MISSING", await Refused.ReasonAsync(async () => await Tokens(orbit.As(made)).ListApiTokensAsync(new() { All = true })));
        await users.UpdateUserAsync(new() { Email = "boss@example.org", Role = Role.Viewer });
        Assert.Equal("ROLE_MISSING", await Refused.ReasonAsync(async () => await new BuildService.BuildServiceClient(orbit.As(made)).PinBuildAsync(new() { Id = 1 })));
        await users.UpdateUserAsync(new() { Email = "boss@example.org", Blocked = true });
        Assert.Equal("API_TOKEN_INVALID", await Refused.ReasonAsync(() => MeAsync(orbit.As(made))));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Wrong_wishes_are_refused_and_others_tokens_are_not_there(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        CallInvoker admin = await orbit.AdminAsync();
        ApiTokenService.ApiTokenServiceClient mine = Tokens(await orbit.UserAsync("li@example.org"));
        await new UserService.UserServiceClient(admin).UpdateUserAsync(new() { Email = "v@example.org", Role = Role.Viewer });
        ApiTokenService.ApiTokenServiceClient viewer = Tokens(await orbit.UserAsync("v@example.org"));
        string id = (await mine.CreateApiTokenAsync(new() { Name = "a", Scopes = { "read" } })).ApiToken.Id;

        Assert.Equal("SCOPE_INVALID", await RefusedAsync(mine, new() { Name = "b" }));
        Assert.Equal("SCOPE_INVALID", await RefusedAsync(mine, new() { Name = "b", Scopes = { "admin" } }));
        Assert.Equal("SCOPE_INVALID", await RefusedAsync(viewer, new() { Name = "b", Scopes = { "runs" } }));
        Assert.Equal("NAME_INVALID", await RefusedAsync(mine, new() { Name = " ", Scopes = { "read" } }));
        Assert.Equal("EXPIRY_INVALID", await RefusedAsync(mine, new() { Name = "b", Scopes = { "read" }, TtlS = 59 }));
        Assert.Equal("EXPIRY_INVALID", await RefusedAsync(mine, new() { Name = "b", Scopes = { "read" }, TtlS = 366 * 86_400 }));
        Assert.Equal("API_TOKEN_NOT_FOUND", await Refused.ReasonAsync(async () => await viewer.RevokeApiTokenAsync(new() { Id = id })));
        Assert.Empty((await viewer.ListApiTokensAsync(new())).ApiTokens);
        Assert.Equal(id, Assert.Single((await Tokens(admin).ListApiTokensAsync(new() { All = true })).ApiTokens).Id);
        await Tokens(admin).RevokeApiTokenAsync(new() { Id = id });
        Assert.NotNull(Assert.Single((await mine.ListApiTokensAsync(new())).ApiTokens).RevokedAt);
        for (int n = 0; n < 50; n++)
        {
            await mine.CreateApiTokenAsync(new() { Name = $"{n}", Scopes = { "read" } });
        }

        Assert.Equal("API_TOKEN_LIMIT", await RefusedAsync(mine, new() { Name = "one more", Scopes = { "read" } }));
    }

    [Fact]
    public async Task A_token_revoked_on_one_replica_is_worth_nothing_on_another_within_five_seconds()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(Databases.Postgres);
        await using OrbitServer here = await OrbitServer.StartAsync(database);
        await using OrbitServer there = await OrbitServer.StartAsync(database);
        ApiTokenService.ApiTokenServiceClient tokens = Tokens(await here.UserAsync());
        CreateApiTokenResponse made = await tokens.CreateApiTokenAsync(new() { Name = "a", Scopes = { "read" } });
        await MeAsync(there.As(made.Token));

        await tokens.RevokeApiTokenAsync(new() { Id = made.ApiToken.Id });

        await Eventually.HoldsAsync(
            async () => await Record.ExceptionAsync(() => MeAsync(there.As(made.Token))) is RpcException refused && Refused.ReasonOf(refused) == "API_TOKEN_INVALID",
            TimeSpan.FromSeconds(5));
    }

    private static ApiTokenService.ApiTokenServiceClient Tokens(CallInvoker who) => new(who);

    private static async Task MeAsync(CallInvoker who) => await new AuthService.AuthServiceClient(who).GetMeAsync(new());

    private static Task<string> RefusedAsync(ApiTokenService.ApiTokenServiceClient who, CreateApiTokenRequest wish) =>
        Refused.ReasonAsync(async () => await who.CreateApiTokenAsync(wish));
}
