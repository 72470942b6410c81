using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Access;

/// <summary>A program's key: 256 random bits, shown once, of which the server keeps a hash.</summary>
internal sealed class ApiToken
{
    /// <summary>What every token begins with, so that a leaked one is recognised.</summary>
    public const string Prefix = "orbit_";

    /// <summary>Longest name.</summary>
    public const int LongestName = 100;

    /// <summary>Live tokens that a person may have.</summary>
    public const int MostPerPerson = 50;

    /// <summary>All reading.</summary>
    public const string Read = "read";

    /// <summary>Announcing builds.</summary>
    public const string Builds = "builds";

    /// <summary>Triggering, cancelling and what else changes runs, and reading.</summary>
    public const string Runs = "runs";

    /// <summary>Everything that a person with the role user may do.</summary>
    public const string Write = "write";

    /// <summary>Time that a token is valid where nobody says how long.</summary>
    public static readonly TimeSpan UsualLifetime = TimeSpan.FromDays(90);

    /// <summary>Shortest time that one can be asked for.</summary>
    public static readonly TimeSpan ShortestLifetime = TimeSpan.FromMinutes(1);

    /// <summary>How long ended tokens are listed.</summary>
    public static readonly TimeSpan ShownAfterEnd = TimeSpan.FromDays(30);

    private const int SecretBytes = 32;
    private const int HintLength = 4;
    private static readonly string[] KnownScopes = [Read, Builds, Runs, Write];

    private ApiToken() { } // EF Core

    private ApiToken(string name, string owner, string scopes, string secret, DateTimeOffset now, TimeSpan lifetime)
    {
        Id = Guid.CreateVersion7(now);
        (Name, Owner, Scopes, CreatedAt, ExpiresAt) = (name, owner, scopes, now, now + lifetime);
        (Hash, Hint) = (HashOf(secret), secret[..(Prefix.Length + HintLength)]);
    }

    public Guid Id { get; private set; }
    public string Name { get; private set; } = "";

    /// <summary>Normalised address of who made it.</summary>
    public string Owner { get; private set; } = "";

    /// <summary>Separated by single spaces.</summary>
    public string Scopes { get; private set; } = "";

    /// <summary>SHA-256 of the whole token: it has too many bits to be guessed from it.</summary>
    public byte[] Hash { get; private set; } = [];

    /// <summary>How it begins.</summary>
    public string Hint { get; private set; } = "";

    public DateTimeOffset CreatedAt { get; private set; }
    public DateTimeOffset ExpiresAt { get; private set; }

    /// <summary>To the minute; null before the first use.</summary>
    public DateTimeOffset? LastUsedAt { get; private set; }

    /// <summary>When somebody ended it; null while nobody has.</summary>
    public DateTimeOffset? RevokedAt { get; private set; }

    /// <summary>What it may do.</summary>
    public IReadOnlyList<string> ScopeList => Scopes.Split(' ');

    /// <summary>Makes a token.</summary>
    /// <returns>The row, and the token itself, which exists nowhere else.</returns>
    public static (ApiToken Row, string Secret) Make(string name, string owner, IReadOnlyCollection<string> scopes, DateTimeOffset now, TimeSpan lifetime)
    {
        string secret = Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        return (new ApiToken(name, owner, string.Join(' ', scopes), secret, now, lifetime), secret);
    }

    /// <summary>What a token is found by.</summary>
    public static byte[] HashOf(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    /// <summary>The scopes in their one order.</summary>
    /// <exception cref="OrbitException">SCOPE_INVALID: none, an unknown one, or more than the person may.</exception>
    public static IReadOnlyCollection<string> CheckedScopes(IReadOnlyCollection<string> wanted, PersonRole owner)
    {
        string[] unknown = [.. wanted.Except(KnownScopes, StringComparer.Ordinal)];
        if (wanted.Count == 0 || unknown.Length > 0)
        {
            throw OrbitException.Invalid("SCOPE_INVALID", $"scopes must be one or more of {string.Join(", ", KnownScopes)}.");
        }

        return owner > PersonRole.Viewer || wanted.All(scope => scope == Read)
            ? [.. KnownScopes.Intersect(wanted, StringComparer.Ordinal)]
            : throw OrbitException.Invalid("SCOPE_INVALID", $"With the role viewer a token can have the scope {Read} alone.");
    }

    /// <summary>Whether scopes allow what needs <paramref name="needed"/>.</summary>
    public static bool Allows(IReadOnlyList<string> scopes, string needed) =>
        scopes.Contains(Write, StringComparer.Ordinal)
        || scopes.Contains(needed, StringComparer.Ordinal)
        || (needed == Read && scopes.Contains(Runs, StringComparer.Ordinal));
}
