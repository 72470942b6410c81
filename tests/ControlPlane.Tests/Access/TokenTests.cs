using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Access.Keys;
using Orbit.Tests.Support;

namespace Orbit.ControlPlane.Tests.Access;

/// <summary>Tokens that are almost right.</summary>
public sealed class TokenTests : IAsyncLifetime
{
    private OrbitServer _orbit = null!;
    private string _session = "";

    public async Task InitializeAsync()
    {
        _orbit = await OrbitServer.StartAsync(Databases.Sqlite);
        _session = (await new AuthService.AuthServiceClient(await _orbit.UserAsync()).GetMeAsync(new())).SessionId;
    }

    public async Task DisposeAsync() => await _orbit.DisposeAsync();

    private byte[] Key => _orbit.Services.GetRequiredService<KeyRing>().HmacKey(KeyPurposes.SessionSigning);

    private string Issuer => $"orbit:{_orbit.Services.GetRequiredService<ServerIdentity>().ServerId:D}";

    [Fact]
    public async Task The_very_form_the_server_issues_is_accepted() => Assert.Equal("ok", await TryAsync(Make(_ => { })));

    [Fact]
    public async Task Another_audience_is_refused() => Assert.Equal("TOKEN_INVALID", await TryAsync(Make(t => t.Audience = "orbit-agent")));

    [Fact]
    public async Task Another_issuer_is_refused() => Assert.Equal("TOKEN_INVALID", await TryAsync(Make(t => t.Issuer = $"orbit:{Guid.NewGuid():D}")));

    [Fact]
    public async Task Another_type_is_refused() => Assert.Equal("TOKEN_INVALID", await TryAsync(Make(t => t.TokenType = "JWT")));

    [Fact]
    public async Task An_expired_one_is_refused() =>
        Assert.Equal("TOKEN_INVALID", await TryAsync(Make(t => t.Expires = _orbit.Clock.GetUtcNow().UtcDateTime.AddSeconds(-1))));

    [Fact]
    public async Task One_that_was_issued_before_the_clock_was_set_back_is_accepted() =>
        Assert.Equal("ok", await TryAsync(Make(t => t.IssuedAt = _orbit.Clock.GetUtcNow().UtcDateTime.AddMinutes(5))));

    [Fact]
    public async Task Another_algorithm_is_refused_even_with_the_right_key() =>
        Assert.Equal("TOKEN_INVALID", await TryAsync(Make(t => t.SigningCredentials = Signing([.. Key, .. Key], "1", SecurityAlgorithms.HmacSha512))));

    [Fact]
    public async Task Another_key_is_refused_whatever_it_is_called() =>
        Assert.Equal("TOKEN_INVALID", await TryAsync(Make(t => t.SigningCredentials = Signing(RandomNumberGenerator.GetBytes(32), "1", SecurityAlgorithms.HmacSha256))));

    [Fact]
    public async Task A_key_named_by_the_token_itself_is_not_followed()
    {
        using RSA own = RSA.Create(2048);
        var key = new RsaSecurityKey(own) { KeyId = "1" };
        string token = Make(t =>
        {
            t.SigningCredentials = new SigningCredentials(key, SecurityAlgorithms.RsaSha256);
            t.AdditionalHeaderClaims = new Dictionary<string, object> { ["jku"] = "http://127.0.0.1:1/keys" };
        });

        Assert.Equal("TOKEN_INVALID", await TryAsync(token));
    }

    [Fact]
    public async Task A_token_without_a_signature_is_refused()
    {
        string[] parts = Make(_ => { }).Split('.');
        string none = Base64UrlEncoder.Encode(Encoding.ASCII.GetBytes("""{"alg":"none","typ":"orbit-session+jwt"}"""));

        Assert.Equal("TOKEN_INVALID", await TryAsync($"{none}.{parts[1]}."));
        Assert.Equal("TOKEN_INVALID", await TryAsync($"{parts[0]}.{parts[1]}."));
        Assert.Equal("TOKEN_INVALID", await TryAsync($"{parts[0]}.{parts[1]}.{new string('A', 43)}"));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("a.b.c")]
    [InlineData("....")]
    public async Task Nonsense_is_refused(string token) => Assert.Equal("TOKEN_INVALID", await TryAsync(token));

    [Fact]
    public async Task A_very_long_token_is_refused() => Assert.Equal("TOKEN_INVALID", await TryAsync(new string('a', 5000)));

    [Fact]
    public async Task A_session_that_never_was_has_ended() =>
        Assert.Equal("SESSION_ENDED", await TryAsync(Make(t => t.Subject = new ClaimsIdentity([new Claim("sid", Guid.NewGuid().ToString("D"))]))));

    private async Task<string> TryAsync(string token)
    {
        try
        {
            await new AuthService.AuthServiceClient(_orbit.As(token)).GetMeAsync(new());
            return "ok";
        }
        catch (RpcException refused)
        {
            return Refused.ReasonOf(refused);
        }
    }

    private string Make(Action<SecurityTokenDescriptor> change)
    {
        DateTime now = _orbit.Clock.GetUtcNow().UtcDateTime;
        var token = new SecurityTokenDescriptor
        {
            TokenType = "orbit-session+jwt",
            Issuer = Issuer,
            Audience = "orbit-user",
            IssuedAt = now,
            Expires = now.AddDays(1),
            Subject = new ClaimsIdentity([new Claim("sid", _session)]),
            SigningCredentials = Signing(Key, "1", SecurityAlgorithms.HmacSha256),
        };
        change(token);
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(token);
    }

    private static SigningCredentials Signing(byte[] key, string id, string algorithm) => new(new SymmetricSecurityKey(key) { KeyId = id }, algorithm);
}
