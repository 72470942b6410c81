using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Trust;
using Orbit.Tests.Support;
using Contract = Orbit.Contracts.V1;
using Refused = Orbit.ControlPlane.Tests.Access.Refused;

namespace Orbit.ControlPlane.Tests.Trust;

public sealed class AuthorityTests
{
    private static readonly Uri Health = new("/healthz", UriKind.Relative);

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task The_authority_and_the_pin_outlive_a_restart_and_no_key_lies_in_the_database_in_clear(string provider)
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(provider);
        Contract.Trust first;
        await using (OrbitServer orbit = await OrbitServer.StartAsync(database, TlsClient.Endpoint, "--Tls:Names=orbit.example, 192.0.2.7"))
        {
            first = await orbit.TrustAsync();
            StoredAuthority stored = Assert.Single(await orbit.Store.ReadAsync((db, ct) => db.AllAuthoritiesAsync(ct), default));
            Assert.DoesNotContain("MIG", System.Text.Encoding.Latin1.GetString([.. stored.SealedKey, .. stored.SealedServerKey]), StringComparison.Ordinal);
            Assert.Contains(orbit.Log.All, line => line.Text.Contains(first.Fingerprint, StringComparison.Ordinal));
        }

        await using OrbitServer again = await OrbitServer.StartAsync(database, TlsClient.Endpoint);
        Contract.Trust second = await again.TrustAsync();

        Assert.True(first.Own);
        Assert.Equal((first.Fingerprint, first.ServerPin), (second.Fingerprint, second.ServerPin));
        Assert.Contains("orbit.example", first.Names);
        Assert.Contains("192.0.2.7", first.Names);
    }

    [Fact]
    public async Task Replicas_have_one_authority_even_when_they_start_together()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(Databases.Postgres);
        OrbitServer[] replicas = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => OrbitServer.StartAsync(database, TlsClient.Endpoint)));
        await using OrbitServer a = replicas[0];
        await using OrbitServer b = replicas[1];

        Assert.Equal((await a.TrustAsync()).Fingerprint, (await b.TrustAsync()).Fingerprint);
        await new TrustService.TrustServiceClient(await a.AdminAsync()).RotateTrustAsync(new());
        string next = (await a.TrustAsync()).Fingerprint;
        await Eventually.HoldsAsync(async () => (await b.TrustAsync()).Fingerprint == next);
        Assert.Equal((await a.TrustAsync()).ServerPin, (await b.TrustAsync()).ServerPin);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Who_trusts_the_first_authority_still_believes_the_third(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider, TlsClient.Endpoint);
        var admin = new TrustService.TrustServiceClient(await orbit.AdminAsync());
        using X509Certificate2 first = (await orbit.TrustAsync()).Authority();
        await admin.RotateTrustAsync(new());
        using X509Certificate2 second = (await orbit.TrustAsync()).Authority();
        Contract.Trust last = await admin.RotateTrustAsync(new());
        using X509Certificate2 third = last.Authority();

        foreach (X509Certificate2[] trusted in new X509Certificate2[][] { [first], [second], [third], [first, third] })
        {
            using HttpClient http = new(TlsClient.Trusting(trusted)) { BaseAddress = orbit.TlsAddress() };
            Assert.Equal("ok\n", await http.GetStringAsync(Health));
        }

        using HttpClient anybody = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = orbit.HttpAddress };
        Assert.Equal(3, (await anybody.GetStringAsync(new Uri(TrustModule.CertificatesPath, UriKind.Relative))).Split("BEGIN CERTIFICATE").Length - 1);
    }

    [Fact]
    public async Task Distrusting_the_old_authority_ends_what_it_signed()
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(Databases.Sqlite, TlsClient.Endpoint);
        using X509Certificate2 stolen = (await orbit.TrustAsync()).Authority();
        Contract.Trust now = await new TrustService.TrustServiceClient(await orbit.AdminAsync()).RotateTrustAsync(new() { DistrustOld = true });
        using X509Certificate2 next = now.Authority();

        using HttpClient old = new(TlsClient.Trusting(stolen)) { BaseAddress = orbit.TlsAddress() };
        using HttpClient good = new(TlsClient.Trusting(next)) { BaseAddress = orbit.TlsAddress() };

        await Assert.ThrowsAsync<HttpRequestException>(() => old.GetStringAsync(Health));
        Assert.Equal("ok\n", await good.GetStringAsync(Health));
    }

    [Fact]
    public async Task A_connected_agent_is_told_of_another_authority_at_once()
    {
        await using Lab lab = await Lab.StartAsync(Databases.Sqlite, TlsClient.Endpoint);
        FakeAgentSession session = await lab.AgentAsync();

        Contract.Trust now = await new TrustService.TrustServiceClient(lab.Admin).RotateTrustAsync(new());
        ServerMessage told = await session.TakeAsync(m => m.Trust is not null);

        Assert.Equal(now.Fingerprint, Convert.ToHexStringLower(SHA256.HashData(told.Trust.Certificates[0].Span)));
        Assert.Equal(2, told.Trust.Certificates.Count); // other replicas may still present the one before
    }

    [Fact]
    public async Task The_certificate_is_renewed_in_time_without_a_restart_and_the_pin_stays()
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(Databases.Sqlite, TlsClient.Endpoint, "--Tls:CertificateLifetime=3.00:00:00");
        (X509Certificate2 before, _) = await TlsClient.HandshakeAsync(orbit.TlsAddress());
        string pin = (await orbit.TrustAsync()).ServerPin;

        orbit.Clock.Advance(TimeSpan.FromHours(50));
        orbit.Services.GetRequiredService<Signals>().Raise(TrustCommands.Topic); // a pass that is not due yet
        await Eventually.HoldsAsync(async () => (await TlsClient.HandshakeAsync(orbit.TlsAddress())).Certificate.SerialNumber != before.SerialNumber);

        Assert.Equal(pin, (await orbit.TrustAsync()).ServerPin);
    }

    [Fact]
    public async Task The_authority_itself_is_followed_by_the_next_in_time()
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(Databases.Sqlite, TlsClient.Endpoint, "--Tls:AuthorityLifetime=365.00:00:00");
        Contract.Trust before = await orbit.TrustAsync();

        orbit.Clock.Advance(TimeSpan.FromDays(330));
        orbit.Services.GetRequiredService<Signals>().Raise(TrustCommands.Topic); // a pass that is not due yet
        await Eventually.HoldsAsync(async () => (await orbit.TrustAsync()).Fingerprint != before.Fingerprint);
    }

    [Fact]
    public async Task A_server_without_an_https_endpoint_has_no_authority()
    {
        await using Lab lab = await Lab.StartAsync(Databases.Sqlite);
        CreateJoinTokenResponse token = await lab.Agents.CreateJoinTokenAsync(new CreateJoinTokenRequest());

        Assert.False((await lab.Orbit.TrustAsync()).Own);
        Assert.Empty(await lab.Orbit.Store.ReadAsync((db, ct) => db.AllAuthoritiesAsync(ct), default));
        Assert.Equal("TRUST_NOT_OWN", await Refused.ReasonAsync(async () => await new TrustService.TrustServiceClient(lab.Admin).RotateTrustAsync(new())));
        Assert.Equal($"curl -fsS {lab.Orbit.HttpAddress.ToString().TrimEnd('/')}/install | sh -s -- {token.Token}", token.InstallCommand);
        Assert.Equal(lab.Orbit.GrpcAddress.ToString().TrimEnd('/'), token.Server);
        Assert.Equal(("", -1), (token.CaFingerprint, token.Token.IndexOf('.', StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_join_token_names_the_authority_and_the_one_line_pins_the_servers_key()
    {
        await using Lab lab = await Lab.StartAsync(Databases.Sqlite, TlsClient.Endpoint);
        Contract.Trust trust = await lab.Orbit.TrustAsync();

        CreateJoinTokenResponse token = await lab.Agents.CreateJoinTokenAsync(new CreateJoinTokenRequest());

        string address = lab.Orbit.TlsAddress().ToString().TrimEnd('/');
        Assert.EndsWith("." + trust.Fingerprint, token.Token, StringComparison.Ordinal);
        Assert.Equal($"curl -fsS -k --pinnedpubkey {trust.ServerPin} {address}/install | sh -s -- {token.Token}", token.InstallCommand);
        Assert.Equal((address, trust.Fingerprint), (token.Server, token.CaFingerprint));
    }

    [Fact]
    public async Task Wrong_names_stop_the_start_with_a_line_that_names_them()
    {
        var wrong = await Assert.ThrowsAsync<Microsoft.Extensions.Options.OptionsValidationException>(
            () => OrbitServer.StartAsync(Databases.Sqlite, TlsClient.Endpoint, "--Tls:Names=ok.example,not a name"));

        Assert.Contains("Tls:Names has 'not a name'", wrong.Message, StringComparison.Ordinal);
    }
}
