using System.Diagnostics;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Access;
using Orbit.ControlPlane.Tests.Wire;
using Orbit.Tests.Support;

namespace Orbit.ControlPlane.Tests.Access;

public sealed class SessionTests
{
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Signing_in_ends_the_persons_older_session_and_nobody_elses(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        CallInvoker older = await orbit.UserAsync("me@example.org");
        CallInvoker other = await orbit.UserAsync("you@example.org");
        await MeAsync(older);

        CallInvoker newer = await orbit.UserAsync("me@example.org");

        Assert.Equal("SESSION_ENDED", await Refused.ReasonAsync(() => MeAsync(older)));
        await MeAsync(newer);
        await MeAsync(other);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Knowing_the_admins_address_does_not_sign_the_admin_out(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        CallInvoker admin = await orbit.AdminAsync("boss@example.org");

        await orbit.UserAsync("boss@example.org");

        Assert.True((await MeAsync(admin)).IsAdmin);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Where_sessions_are_not_single_a_person_has_at_most_twenty(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        var settings = new SettingService.SettingServiceClient(await orbit.AdminAsync());
        var change = new Google.Protobuf.WellKnownTypes.Struct();
        change.Fields["single_session"] = Google.Protobuf.WellKnownTypes.Value.ForBool(false);
        await settings.UpdateSettingsAsync(new() { Settings = change });

        CallInvoker first = await orbit.UserAsync("me@example.org");
        for (int more = 0; more < 19; more++)
        {
            await orbit.UserAsync("me@example.org");
        }

        await MeAsync(first);
        await orbit.UserAsync("me@example.org");

        Assert.Equal("SESSION_ENDED", await Refused.ReasonAsync(() => MeAsync(first)));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_session_ends_a_day_after_its_last_use_and_is_removed_later(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        CallInvoker me = await orbit.UserAsync("me@example.org");
        orbit.Clock.Advance(TimeSpan.FromHours(20));
        Guid id = Guid.Parse((await MeAsync(me)).SessionId);
        await Eventually.HoldsAsync(async () => await ExpiryAsync(orbit, id) > orbit.Clock.GetUtcNow().AddHours(23));

        orbit.Clock.Advance(TimeSpan.FromHours(20));
        await MeAsync(me); // kept alive by the use above
        await Eventually.HoldsAsync(async () => await ExpiryAsync(orbit, id) > orbit.Clock.GetUtcNow().AddHours(23));
        orbit.Clock.Advance(TimeSpan.FromHours(25));

        Assert.Equal("SESSION_ENDED", await Refused.ReasonAsync(() => MeAsync(me)));
        orbit.Clock.Advance(TimeSpan.FromDays(2));
        int removed = await orbit.Services.GetRequiredService<SessionCommands>().CleanAsync(default);
        Assert.Equal(1, removed);
    }

    [Fact]
    public async Task However_much_it_is_used_a_session_ends_after_thirty_days()
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(Databases.Sqlite);
        CallInvoker me = await orbit.UserAsync("me@example.org");
        Guid id = Guid.Parse((await MeAsync(me)).SessionId);
        DateTimeOffset end = orbit.Clock.GetUtcNow() + Session.Longest;
        while (orbit.Clock.GetUtcNow() + TimeSpan.FromHours(22) < end)
        {
            orbit.Clock.Advance(TimeSpan.FromHours(22));
            await MeAsync(me);
            await orbit.Services.GetRequiredService<SessionCommands>().RenewAsync([(id, orbit.Clock.GetUtcNow())], default); // what a pass does some seconds later
            orbit.Services.GetRequiredService<SessionGate>().Forget();
        }

        orbit.Clock.Advance(TimeSpan.FromHours(22));

        Assert.Contains(await Refused.ReasonAsync(() => MeAsync(me)), new[] { "SESSION_ENDED", "TOKEN_INVALID" });
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task The_admin_sees_sessions_in_pages_and_ends_one(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        CallInvoker a = await orbit.UserAsync("a@example.org");
        await orbit.UserAsync("b@example.org");
        var admin = new AuthService.AuthServiceClient(await orbit.AdminAsync());

        ListSessionsResponse first = await admin.ListSessionsAsync(new() { PageSize = 2 });
        ListSessionsResponse second = await admin.ListSessionsAsync(new() { PageSize = 2, PageToken = first.NextPageToken });

        Assert.Equal(["admin@example.org", "b@example.org"], first.Sessions.Select(s => s.Email));
        Assert.Equal("a@example.org", Assert.Single(second.Sessions).Email);
        Assert.Empty(second.NextPageToken);
        Assert.Equal("127.0.0.1", second.Sessions[0].RemoteAddress);
        await admin.EndSessionAsync(new() { Id = second.Sessions[0].Id });
        await admin.EndSessionAsync(new() { Id = second.Sessions[0].Id });
        Assert.Equal("SESSION_ENDED", await Refused.ReasonAsync(() => MeAsync(a)));
        Assert.Equal("SESSION_NOT_FOUND", await Refused.ReasonAsync(async () => await admin.EndSessionAsync(new() { Id = Guid.NewGuid().ToString() })));
        Assert.Equal("PAGE_SIZE_INVALID", await Refused.ReasonAsync(async () => await admin.ListSessionsAsync(new() { PageSize = 1001 })));
        Assert.Equal("PAGE_TOKEN_INVALID", await Refused.ReasonAsync(async () => await admin.ListSessionsAsync(new() { PageToken = "2" })));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Signing_out_ends_the_token(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        CallInvoker me = await orbit.UserAsync();

        await new AuthService.AuthServiceClient(me).LogoutAsync(new());

        Assert.Equal("SESSION_ENDED", await Refused.ReasonAsync(() => MeAsync(me)));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task An_open_stream_ends_within_a_second_of_its_session(string provider)
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(provider);
        await using OrbitServer orbit = await OrbitServer.StartWithAsync(database, app => app.MapGrpcService<DoorGrpcService>());
        using AsyncServerStreamingCall<DoorResponse> stream = new DoorService.DoorServiceClient(await orbit.UserAsync("me@example.org")).Stay(new());
        Assert.True(await stream.ResponseStream.MoveNext(default));

        long ended = Stopwatch.GetTimestamp();
        await orbit.UserAsync("me@example.org");

        Assert.Equal("SESSION_ENDED", await Refused.ReasonAsync(() => stream.ResponseStream.MoveNext(default)));
        Assert.InRange(Stopwatch.GetElapsedTime(ended), TimeSpan.Zero, TimeSpan.FromSeconds(2)); // a second, and a busy machine's slack
    }

    [Fact]
    public async Task An_open_stream_ends_within_five_seconds_of_its_session_on_another_replica()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(Databases.Postgres);
        await using OrbitServer here = await OrbitServer.StartWithAsync(database, app => app.MapGrpcService<DoorGrpcService>());
        await using OrbitServer there = await OrbitServer.StartWithAsync(database, app => app.MapGrpcService<DoorGrpcService>());
        string token = await here.TokenAsync("me@example.org");
        using AsyncServerStreamingCall<DoorResponse> stream = new DoorService.DoorServiceClient(there.As(token)).Stay(new());
        Assert.True(await stream.ResponseStream.MoveNext(default));

        await new AuthService.AuthServiceClient(here.As(token)).LogoutAsync(new());
        long ended = Stopwatch.GetTimestamp();

        Assert.Equal("SESSION_ENDED", await Refused.ReasonAsync(() => stream.ResponseStream.MoveNext(default)));
        Assert.InRange(Stopwatch.GetElapsedTime(ended), TimeSpan.Zero, TimeSpan.FromSeconds(5));
        await Eventually.HoldsAsync(async () => await Refused.ReasonAsync(() => MeAsync(there.As(token))) == "SESSION_ENDED", TimeSpan.FromSeconds(2));
    }

    private static async Task<GetMeResponse> MeAsync(CallInvoker caller) => await new AuthService.AuthServiceClient(caller).GetMeAsync(new());

    private static Task<DateTimeOffset> ExpiryAsync(OrbitServer orbit, Guid id) =>
        orbit.Store.ReadAsync((d, ct) => d.Sessions.Where(s => s.Id == id).Select(s => s.ExpiresAt).SingleAsync(ct), default);
}
