using System.Text;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Outbox;
using Orbit.Tests.Support;
using DeliveryState = Orbit.ControlPlane.Outbox.DeliveryState;

namespace Orbit.ControlPlane.Tests.Access;

public sealed class SignInTests
{
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task The_password_makes_an_admin_and_the_address_alone_never_does(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        var auth = new AuthService.AuthServiceClient(orbit.Channel);

        LoginResponse admin = await auth.LoginAsync(new() { Email = "Boss@Example.org", Password = OrbitServer.AdminPassword });
        LoginResponse user = await auth.LoginAsync(new() { Email = "boss@example.org" });

        Assert.True(admin.IsAdmin);
        Assert.Equal("boss@example.org", admin.Email);
        Assert.False(user.IsAdmin);
        GetMeResponse me = await new AuthService.AuthServiceClient(orbit.As(user.Token)).GetMeAsync(new());
        Assert.Equal(("boss@example.org", false), (me.Email, me.IsAdmin));
        Assert.InRange(me.ExpiresAt.ToDateTimeOffset() - orbit.Clock.GetUtcNow(), TimeSpan.FromHours(23.9), TimeSpan.FromHours(24));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_wrong_password_is_slowed_doubling_also_after_a_restart_and_never_for_another_address(string provider)
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(provider);
        await using (OrbitServer orbit = await OrbitServer.StartAsync(database))
        {
            for (int wrong = 1; wrong <= 3; wrong++)
            {
                Assert.Equal("LOGIN_FAILED", await Refused.ReasonAsync(() => LoginAsync(orbit, "boss@example.org", $"wrong {wrong}")));
            }

            Assert.Equal("LOGIN_SLOWED", await Refused.ReasonAsync(() => LoginAsync(orbit, "boss@example.org", OrbitServer.AdminPassword)));
            int failures = await orbit.Store.ReadAsync((d, ct) => d.AuditEntries.CountAsync(e => e.Action == "login.failed", ct), default);
            Assert.Equal(3, failures);
        }

        await using OrbitServer again = await OrbitServer.StartAsync(database);
        again.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("LOGIN_FAILED", await Refused.ReasonAsync(() => LoginAsync(again, "boss@example.org", "wrong 4")));
        RpcException slowed = await Assert.ThrowsAsync<RpcException>(() => LoginAsync(again, "boss@example.org", OrbitServer.AdminPassword));
        Assert.Equal(StatusCode.ResourceExhausted, slowed.StatusCode);
        Assert.InRange(Refused.WaitOf(slowed), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));

        Assert.True((await LoginAsync(again, "other@example.org", OrbitServer.AdminPassword)).IsAdmin);
        again.Clock.Advance(TimeSpan.FromSeconds(3));
        Assert.True((await LoginAsync(again, "boss@example.org", OrbitServer.AdminPassword)).IsAdmin);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Guesses_at_the_same_moment_all_count(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);

        string[] reasons = await Task.WhenAll(Enumerable.Range(0, 12).Select(n => Refused.ReasonAsync(() => LoginAsync(orbit, "boss@example.org", $"guess {n}"))));

        // Three are free; on a slow machine a first delay of a second or two may pass meanwhile.
        Assert.InRange(reasons.Count(r => r == "LOGIN_FAILED"), 3, 5);
        Assert.Equal(12, reasons.Count(r => r is "LOGIN_FAILED" or "LOGIN_SLOWED"));
    }

    [Fact]
    public async Task A_source_that_changes_addresses_is_slowed_too()
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(Databases.Sqlite);
        int failed = 0;
        while (await Refused.ReasonAsync(() => LoginAsync(orbit, $"guess{failed}@example.org", "wrong")) == "LOGIN_FAILED" && failed < 100)
        {
            failed++;
        }

        Assert.InRange(failed, 10, 40);
    }

    [Fact]
    public async Task A_made_password_is_printed_once_and_only_its_hash_is_kept()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(Databases.Sqlite);
        using var printed = new StringWriter();
        TextWriter console = Console.Out;
        Console.SetOut(printed);
        try
        {
            await (await OrbitServer.StartAsync(database, "--Access:AdminPassword=")).DisposeAsync();
        }
        finally
        {
            Console.SetOut(console);
        }

        string password = printed.ToString().Split("again: ")[1].Trim();
        Assert.Equal(32, password.Length);

        await using OrbitServer orbit = await OrbitServer.StartAsync(database, "--Access:AdminPassword=");
        Assert.Equal("LOGIN_FAILED", await Refused.ReasonAsync(() => LoginAsync(orbit, "boss@example.org", password + "x")));
        Assert.True((await LoginAsync(orbit, "boss@example.org", password)).IsAdmin);
        Assert.DoesNotContain(orbit.Log.All, line => line.Text.Contains(password, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_password_of_a_megabyte_is_refused_before_it_is_hashed()
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(Databases.Sqlite);

        Assert.Equal("PASSWORD_TOO_LONG", await Refused.ReasonAsync(() => LoginAsync(orbit, "boss@example.org", new string('p', 1_000_000))));
    }

    [Fact]
    public async Task Users_cannot_sign_in_where_that_is_disabled_but_the_admin_can()
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(Databases.Sqlite, "--Access:UserLogin=disabled");

        Assert.Equal("LOGIN_DISABLED", await Refused.ReasonAsync(() => LoginAsync(orbit, "me@example.org", "")));
        Assert.True((await LoginAsync(orbit, "me@example.org", OrbitServer.AdminPassword)).IsAdmin);
    }

    [Theory]
    [InlineData("--Access:UserLogin=code", "cannot send mail")]
    [InlineData("--Access:UserLogin=ldap", "'email', 'code' or 'disabled'")]
    [InlineData("--Access:WebhookToken=with space", "Access:WebhookToken")]
    public async Task A_wrong_setting_stops_the_start_with_a_line_that_says_what_is_allowed(string arg, string said)
    {
        OptionsValidationException refused = await Assert.ThrowsAsync<OptionsValidationException>(() => OrbitServer.StartAsync(Databases.Sqlite, arg));

        Assert.Contains(said, Assert.Single(refused.Failures), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_mailed_code_signs_in_once_and_five_wrong_ones_void_it(string provider)
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(provider);
        await using MailServer mails = await MailServer.StartAsync("none");
        await using OrbitServer orbit = await OrbitServer.StartAsync(
            database, "--Access:UserLogin=code", "--Smtp:Host=localhost", $"--Smtp:Port={mails.Port}", "--Smtp:Security=none", "--Smtp:From=orbit@example.org");
        var auth = new AuthService.AuthServiceClient(orbit.Channel);

        LoginResponse asked = await auth.LoginAsync(new() { Email = "me@example.org" });
        Assert.True(asked.CodeSent);
        Assert.Empty(asked.Token);
        string code = CodeIn((await mails.WaitAsync(1))[^1]);
        LoginResponse signedIn = await auth.LoginAsync(new() { Email = "me@example.org", Code = code });
        Assert.NotEmpty(signedIn.Token);
        Assert.False(signedIn.IsAdmin);
        Assert.Equal("LOGIN_FAILED", await Refused.ReasonAsync(async () => await auth.LoginAsync(new() { Email = "me@example.org", Code = code })));

        await auth.LoginAsync(new() { Email = "you@example.org" });
        for (int wrong = 0; wrong < 5; wrong++)
        {
            orbit.Clock.Advance(TimeSpan.FromSeconds(20));
            Assert.Equal("LOGIN_FAILED", await Refused.ReasonAsync(async () => await auth.LoginAsync(new() { Email = "you@example.org", Code = "no" })));
        }

        orbit.Clock.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal("LOGIN_FAILED", await Refused.ReasonAsync(async () => await auth.LoginAsync(new() { Email = "you@example.org", Code = CodeIn((await mails.WaitAsync(2))[^1]) })));
        byte[][] kept = await orbit.Store.ReadAsync((db, ct) => db.Deliveries.Where(d => d.State == DeliveryState.Sent).Select(d => d.Content).ToArrayAsync(ct), default);
        Assert.All(kept, Assert.Empty); // a code that was mailed is nowhere any more
    }

    private static async Task<LoginResponse> LoginAsync(OrbitServer orbit, string email, string password) =>
        await new AuthService.AuthServiceClient(orbit.Channel).LoginAsync(new() { Email = email, Password = password });

    private static string CodeIn(ArrivedMail mail)
    {
        string body = Encoding.ASCII.GetString(mail.Raw).Split("\r\n\r\n", 2)[1];
        return Encoding.UTF8.GetString(Convert.FromBase64String(body)).Split(" is ")[1][..6];
    }
}
