using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Access;

/// <summary>
/// Checks the admin password: the configured one, or the one made at the first start, of which only the hash is kept.
/// </summary>
internal sealed class AdminPassword(IOptions<AccessOptions> options, OrbitStore store, TimeProvider time, ILogger<AdminPassword> log)
    : IBeforeStart, IDisposable
{
    /// <summary>Longest password that is looked at.</summary>
    public const int LongestBytes = 1024;

    private const int AdvisedLength = 12;
    private const int Iterations = 600_000;
    private const int HashLength = 32;
    private readonly SemaphoreSlim _hashing = new(2, 2); // a flood of tries leaves the machine its other cores
    private readonly byte[] _comparisonKey = RandomNumberGenerator.GetBytes(32);
    private string? _storedHash;

    private string? Configured => string.IsNullOrEmpty(options.Value.AdminPassword) ? null : options.Value.AdminPassword;

    /// <summary>Makes the password at the first start. Of replicas that start together one makes it, and that one prints it.</summary>
    public async Task PrepareAsync(WebApplication app, CancellationToken ct)
    {
        if (Configured is not null)
        {
            if (Configured.Length < AdvisedLength)
            {
                log.AdminPasswordShort(AdvisedLength);
            }

            return;
        }

        _storedHash = await StoredAsync(ct);
        if (_storedHash is not null)
        {
            return;
        }

        string password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        string hash = Hash(password, RandomNumberGenerator.GetBytes(16), Iterations);
        int made = await store.WriteAsync(
            (database, token) => database.RunAsync(
                "INSERT INTO admin_secret (id, hash, created_at) VALUES (@p0, @p1, @p2) ON CONFLICT (id) DO NOTHING",
                [AdminSecret.OnlyId, hash, time.GetUtcNow()],
                token),
            ct);
        if (made == 1)
        {
            // The console alone: a log is kept and shipped.
            await Console.Out.WriteLineAsync($"Orbit made an admin password; it is not shown again: {password}");
        }

        _storedHash = await StoredAsync(ct);
    }

    /// <summary>True when it is the admin password.</summary>
    public async Task<bool> IsRightAsync(string given, CancellationToken ct)
    {
        if (Configured is { } configured)
        {
            return CryptographicOperations.FixedTimeEquals(Blind(given), Blind(configured));
        }

        await _hashing.WaitAsync(ct);
        try
        {
            string[] parts = _storedHash!.Split('$');
            string mine = Hash(given, Convert.FromBase64String(parts[2]), int.Parse(parts[1], CultureInfo.InvariantCulture));
            return CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(mine), Encoding.ASCII.GetBytes(_storedHash));
        }
        finally
        {
            _hashing.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose() => _hashing.Dispose();

    private static string Hash(string password, byte[] salt, int iterations)
    {
        byte[] hash = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, iterations, HashAlgorithmName.SHA256, HashLength);
        return string.Create(CultureInfo.InvariantCulture, $"pbkdf2-sha256${iterations}${Convert.ToBase64String(salt)}${Convert.ToBase64String(hash)}");
    }

    /// <summary>Of one length whatever the password's, so that comparing tells nothing of it.</summary>
    private byte[] Blind(string password) => HMACSHA256.HashData(_comparisonKey, Encoding.UTF8.GetBytes(password));

    private Task<string?> StoredAsync(CancellationToken ct) =>
        store.ReadAsync(
            async (database, token) => (await database.QueryAsync("SELECT hash FROM admin_secret", [], row => row.Text(0), token)).SingleOrDefault(),
            ct);
}
