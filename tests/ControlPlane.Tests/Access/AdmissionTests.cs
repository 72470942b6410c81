using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Access;
using Orbit.ControlPlane.Tests.Wire;
using Orbit.Tests.Support;
using Rule = Orbit.Contracts.V1.Access;

namespace Orbit.ControlPlane.Tests.Access;

public sealed class AdmissionTests : IAsyncLifetime
{
    private const string WebhookToken = "ci-7f3a9c";

    /// <summary>A call that is let in may stay open; it is not waited for.</summary>
    private static readonly TimeSpan BriefLook = TimeSpan.FromSeconds(1);

    /// <summary>A refusal comes at once, on a busy machine a little later.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private TestDatabase _database = null!;
    private OrbitServer _orbit = null!;

    public async Task InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync(Databases.Sqlite);
        _orbit = await OrbitServer.StartWithAsync(
            _database,
            app =>
            {
                app.MapGrpcService<DoorGrpcService>();
                app.MapGrpcService<BackDoorGrpcService>();
            },
            $"--Access:WebhookToken={WebhookToken}");
    }

    public async Task DisposeAsync()
    {
        await _orbit.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Every_method_asks_who_calls_before_it_does_anything()
    {
        IReadOnlyDictionary<string, MethodRule> methods = _orbit.Services.GetRequiredService<MethodAccess>().All;
        CallInvoker anonymous = _orbit.Channel.CreateCallInvoker();
        CallInvoker user = await _orbit.UserAsync();
        Assert.Contains("/orbit.v1.AuthService/GetMe", methods.Keys);
        foreach ((string name, MethodRule rule) in methods)
        {
            switch (rule.Access)
            {
                case Rule.Anonymous:
                    Assert.NotEqual("TOKEN_MISSING", await AnyMethod.ReasonAsync(anonymous, name, BriefLook));
                    break;
                case Rule.Agent:
                    Assert.Equal((name, "ROLE_MISSING"), (name, await AnyMethod.ReasonAsync(user, name, Patience)));
                    break;
                case Rule.Admin:
                    Assert.Equal((name, "TOKEN_MISSING"), (name, await AnyMethod.ReasonAsync(anonymous, name, Patience)));
                    Assert.Equal((name, "ROLE_MISSING"), (name, await AnyMethod.ReasonAsync(user, name, Patience)));
                    break;
                default:
                    Assert.Equal((name, "TOKEN_MISSING"), (name, await AnyMethod.ReasonAsync(anonymous, name, Patience)));
                    string asUser = await AnyMethod.ReasonAsync(user, name, BriefLook);
                    Assert.True(asUser is not ("TOKEN_MISSING" or "ROLE_MISSING"), $"{name} answered a user {asUser}");
                    break;
            }

            user = await _orbit.UserAsync(); // the walk signs out on its way
        }
    }

    [Theory]
    [InlineData("authorization", "Bearer " + WebhookToken, "webhook")]
    [InlineData("authorization", "bearer " + WebhookToken, "webhook")]
    [InlineData("x-orbit-token", WebhookToken, "webhook")]
    [InlineData("x-orbit-token", WebhookToken + "x", "WEBHOOK_TOKEN_INVALID")]
    [InlineData("x-orbit-token", "CI-7F3A9C", "WEBHOOK_TOKEN_INVALID")]
    [InlineData("authorization", "Bearer nonsense", "WEBHOOK_TOKEN_INVALID")]
    [InlineData("authorization", "Basic Y2k6Y2k=", "TOKEN_INVALID")]
    [InlineData("x-other", "x", "TOKEN_MISSING")]
    public async Task A_webhook_needs_its_token(string header, string value, string expected) =>
        Assert.Equal(expected, await NameOrReasonAsync(d => d.WebhookAsync(new(), new Metadata { { header, value } })));

    [Fact]
    public async Task A_person_may_call_what_the_webhook_may()
    {
        string token = await _orbit.TokenAsync("me@example.org");

        Assert.Equal("me@example.org", await NameOrReasonAsync(d => d.WebhookAsync(new(), new Metadata { { "authorization", $"Bearer {token}" } })));
    }

    [Fact]
    public async Task The_webhook_token_opens_nothing_else() =>
        Assert.Equal("TOKEN_INVALID", await NameOrReasonAsync(d => d.UserAsync(new(), new Metadata { { "authorization", $"Bearer {WebhookToken}" } })));

    [Fact]
    public async Task A_cookie_counts_only_with_the_proof_that_the_call_is_from_our_page()
    {
        var auth = new AuthService.AuthServiceClient(_orbit.Channel);
        using AsyncUnaryCall<LoginResponse> login = auth.LoginAsync(new() { Email = "me@example.org" }, new Metadata { { "x-orbit-cookie", "1" } });
        string cookie = (await login.ResponseHeadersAsync).GetValue("set-cookie")!;
        Assert.Empty((await login.ResponseAsync).Token);
        Assert.StartsWith("orbit=", cookie, StringComparison.Ordinal);
        Assert.Contains("; path=/; samesite=strict; httponly", cookie, StringComparison.Ordinal);
        Assert.DoesNotContain("secure", cookie, StringComparison.Ordinal);
        string pair = cookie[..cookie.IndexOf(';', StringComparison.Ordinal)];

        Assert.Equal("me@example.org", await NameOrReasonAsync(d => d.UserAsync(new(), new Metadata { { "cookie", pair }, { "x-orbit-request", "1" } })));
        Assert.Equal("TOKEN_MISSING", await NameOrReasonAsync(d => d.UserAsync(new(), new Metadata { { "cookie", pair } })));
        Assert.Equal("TOKEN_MISSING", await NameOrReasonAsync(d => d.UserAsync(
            new(), new Metadata { { "cookie", pair }, { "x-orbit-request", "1" }, { "sec-fetch-site", "cross-site" } })));
    }

    [Fact]
    public async Task An_agents_stream_takes_no_persons_token_and_is_not_served_to_browsers()
    {
        var agent = new BackDoorService.BackDoorServiceClient(_orbit.Channel);
        using AsyncDuplexStreamingCall<DoorRequest, DoorResponse> stream = agent.Talk();
        Assert.True(await stream.ResponseStream.MoveNext(default));
        Assert.Equal("(an agent)", stream.ResponseStream.Current.Name);

        var person = new BackDoorService.BackDoorServiceClient(await _orbit.AdminAsync());
        Assert.Equal("ROLE_MISSING", await Refused.ReasonAsync(async () =>
        {
            using AsyncDuplexStreamingCall<DoorRequest, DoorResponse> refused = person.Talk();
            await refused.ResponseStream.MoveNext(default);
        }));

        await using TestDatabase database = await TestDatabase.CreateAsync(Databases.Sqlite);
        await using OrbitServer h2 = await OrbitServer.StartWithAsync(
            database, app => app.MapGrpcService<BackDoorGrpcService>(), "--Kestrel:Endpoints:Http:Protocols=Http2");
        using GrpcChannel browsers = GrpcChannel.ForAddress(h2.HttpAddress);
        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await new BackDoorService.BackDoorServiceClient(browsers).EnrolAsync(new()));
        Assert.Equal(StatusCode.Unimplemented, refused.StatusCode);
        Assert.Equal("anonymous", (await new BackDoorService.BackDoorServiceClient(h2.Channel).EnrolAsync(new())).Name);
    }

    [Fact]
    public async Task A_method_that_does_not_state_who_may_call_it_stops_the_start()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(Databases.Sqlite);

        OptionsValidationException refused = await Assert.ThrowsAsync<OptionsValidationException>(
            () => OrbitServer.StartWithAsync(database, app => app.MapGrpcService<OpenDoorGrpcService>()));

        Assert.Contains("/orbit.tests.OpenDoorService/Forgotten", Assert.Single(refused.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Grpc_without_tls_beyond_this_machine_must_be_asked_for_by_name()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(Databases.Sqlite);
        const string everywhere = "--Kestrel:Endpoints:Grpc:Url=http://0.0.0.0:0";

        OptionsValidationException refused = await Assert.ThrowsAsync<OptionsValidationException>(() => OrbitServer.StartAsync(database, everywhere));

        Assert.Contains("Grpc:AllowPlaintext", Assert.Single(refused.Failures), StringComparison.Ordinal);
        await using OrbitServer allowed = await OrbitServer.StartAsync(database, everywhere, "--Grpc:AllowPlaintext=true");
        Assert.NotEqual(0, allowed.GrpcAddress.Port);
    }

    private async Task<string> NameOrReasonAsync(Func<DoorService.DoorServiceClient, AsyncUnaryCall<DoorResponse>> call)
    {
        try
        {
            return (await call(new DoorService.DoorServiceClient(_orbit.Channel))).Name;
        }
        catch (RpcException refused)
        {
            return Refused.ReasonOf(refused);
        }
    }
}
