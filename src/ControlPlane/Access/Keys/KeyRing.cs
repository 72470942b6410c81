using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Access.Keys;

/// <summary>What keys are for. One key a purpose, so that what was signed for one is worth nothing for another.</summary>
internal static class KeyPurposes
{
    /// <summary>Signs the tokens of sessions.</summary>
    public const string SessionSigning = "session-signing";

    /// <summary>Signs agents' upload tokens.</summary>
    public const string UploadToken = "upload-token";

    /// <summary>Signs the unguessable addresses of reports.</summary>
    public const string ReportLink = "report-link";

    /// <summary>Hashes mailed one-time codes.</summary>
    public const string LoginCode = "login-code";

    /// <summary>Encrypts secret values at rest.</summary>
    public const string Secrets = "secrets";

    /// <summary>All of them.</summary>
    public static readonly string[] All = [SessionSigning, UploadToken, ReportLink, LoginCode, Secrets];
}

/// <summary>
/// The keys of all replicas. They lie in the database, wrapped (AES-256-GCM) by the master key, are made once by whoever starts first, and
/// are held in memory from then on. A wrong master key stops the start.
/// </summary>
internal sealed class KeyRing(OrbitStore store, ServerIdentity identity, MasterKey master, TimeProvider time, ILogger<KeyRing> log) : IBeforeStart, ISecretBox
{
    private const int KeyLength = 32;
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private Dictionary<string, byte[]> _keys = [];

    /// <summary>The 32-byte key of a purpose, for HMAC-SHA256. A copy.</summary>
    public byte[] HmacKey(string purpose) => [.. KeyOf(purpose)];

    /// <inheritdoc />
    public byte[] Protect(string secret, string owner) => Seal(KeyOf(KeyPurposes.Secrets), Encoding.UTF8.GetBytes(secret), $"secret|{owner}");

    /// <inheritdoc />
    public string Unprotect(byte[] stored, string owner) => Encoding.UTF8.GetString(Unseal(KeyOf(KeyPurposes.Secrets), stored, $"secret|{owner}"));

    /// <inheritdoc />
    public async Task PrepareAsync(WebApplication app, CancellationToken ct)
    {
        // Reading first tells whether a master key file may be made, and never wraps a new key with a wrong master.
        Dictionary<string, byte[]> stored = await store.ReadAsync(ReadAsync, ct);
        byte[] wrapping = master.Read(mayMake: stored.Count == 0);
        Unwrap(stored, wrapping);
        if (master.IsFile && app.Services.GetRequiredService<IOptions<StorageOptions>>().Value.IsPostgres)
        {
            log.MasterKeyInFile(master.FilePath);
        }

        _keys = Unwrap(await store.WriteAsync((database, token) => CompleteAsync(database, wrapping, token), ct), wrapping);
    }

    private static async Task<Dictionary<string, byte[]>> ReadAsync(OrbitDbContext database, CancellationToken ct)
    {
        var rows = await database.QueryAsync("SELECT purpose, wrapped FROM keys", [], row => (Purpose: row.Text(0), Wrapped: row.Bytes(1)), ct);
        return rows.ToDictionary(r => r.Purpose, r => r.Wrapped, StringComparer.Ordinal);
    }

    private async Task<Dictionary<string, byte[]>> CompleteAsync(OrbitDbContext database, byte[] wrapping, CancellationToken ct)
    {
        foreach (string purpose in KeyPurposes.All)
        {
            byte[] wrapped = Seal(wrapping, RandomNumberGenerator.GetBytes(KeyLength), $"key|{purpose}");
            await database.RunAsync(
                "INSERT INTO keys (purpose, wrapped, created_at) VALUES (@p0, @p1, @p2) ON CONFLICT (purpose) DO NOTHING",
                [purpose, wrapped, time.GetUtcNow()],
                ct);
        }

        return await ReadAsync(database, ct);
    }

    private Dictionary<string, byte[]> Unwrap(Dictionary<string, byte[]> stored, byte[] wrapping)
    {
        try
        {
            return stored.ToDictionary(k => k.Key, k => Unseal(wrapping, k.Value, $"key|{k.Key}"), StringComparer.Ordinal);
        }
        catch (CryptographicException)
        {
            throw StartRefused.Because($"The master key from {master.Source} does not open the keys of server {identity.ServerId} in this database. Keys:Master must be the value the server was first started with.");
        }
    }

    private byte[] KeyOf(string purpose) =>
        _keys.TryGetValue(purpose, out byte[]? key) ? key : throw new InvalidOperationException($"There is no key for '{purpose}'; keys are opened before the ports.");

    private static byte[] Seal(byte[] key, byte[] clear, string boundTo)
    {
        byte[] sealedBytes = new byte[NonceLength + TagLength + clear.Length];
        RandomNumberGenerator.Fill(sealedBytes.AsSpan(0, NonceLength));
        using var cipher = new AesGcm(key, TagLength);
        cipher.Encrypt(
            sealedBytes.AsSpan(0, NonceLength),
            clear,
            sealedBytes.AsSpan(NonceLength + TagLength),
            sealedBytes.AsSpan(NonceLength, TagLength),
            Encoding.UTF8.GetBytes(boundTo));
        return sealedBytes;
    }

    private static byte[] Unseal(byte[] key, byte[] sealedBytes, string boundTo)
    {
        if (sealedBytes.Length < NonceLength + TagLength)
        {
            throw new CryptographicException("Too short to have been sealed.");
        }

        byte[] clear = new byte[sealedBytes.Length - NonceLength - TagLength];
        using var cipher = new AesGcm(key, TagLength);
        cipher.Decrypt(
            sealedBytes.AsSpan(0, NonceLength),
            sealedBytes.AsSpan(NonceLength + TagLength),
            sealedBytes.AsSpan(NonceLength, TagLength),
            clear,
            Encoding.UTF8.GetBytes(boundTo));
        return clear;
    }
}
