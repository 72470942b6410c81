using System.Collections.Concurrent;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Settings;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Access;

/// <summary>Says whether an API token still holds. The database is asked at most once a second for each token.</summary>
internal sealed class ApiTokenGate(OrbitStore store, SettingsSnapshot settings, TimeProvider time)
{
    private const int LongestToken = 128;
    private static readonly TimeSpan Trusted = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<string, Known> _known = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _used = new();
    private long _generation;

    /// <summary>True for what looks like an API token.</summary>
    public static bool IsOne(string token) => token.StartsWith(ApiToken.Prefix, StringComparison.Ordinal);

    /// <summary>Who calls with a token.</summary>
    /// <exception cref="OrbitException">API_TOKEN_INVALID.</exception>
    public async ValueTask<Caller> UseAsync(string token, string remoteAddress, CancellationToken ct)
    {
        if (token.Length > LongestToken)
        {
            throw Invalid();
        }

        byte[] hash = ApiToken.HashOf(token);
        string key = Convert.ToHexString(hash);
        Known known = _known.TryGetValue(key, out Known? read) && time.GetElapsedTime(read.ReadAt) < Trusted ? read : await ReadAsync(key, hash, ct);
        DateTimeOffset now = time.GetUtcNow();
        if (known.Token.ExpiresAt <= now)
        {
            throw Invalid();
        }

        if (known.Token.LastUsedAt is not { } last || now - last >= Session.RenewAfter)
        {
            _used[known.Token.Id] = now;
        }

        return new(known.Token.Owner, IsAdmin: false, SessionId: null, remoteAddress)
        {
            Role = known.Role,
            Token = new(known.Token.Id, known.Token.ScopeList),
        };
    }

    /// <summary>Forgets what was read: some token or person changed, here or elsewhere.</summary>
    public void Forget()
    {
        Interlocked.Increment(ref _generation);
        _known.Clear();
    }

    /// <summary>Tokens that were used and whose row should say so; each is handed out once.</summary>
    public IReadOnlyCollection<(Guid Id, DateTimeOffset At)> TakeUsed()
    {
        var used = new List<(Guid Id, DateTimeOffset At)>();
        foreach (Guid id in _used.Keys)
        {
            if (_used.TryRemove(id, out DateTimeOffset at))
            {
                used.Add((id, at));
            }
        }

        return used;
    }

    private async Task<Known> ReadAsync(string key, byte[] hash, CancellationToken ct)
    {
        long generation = Interlocked.Read(ref _generation);
        long readAt = time.GetTimestamp();
        (ApiToken Token, Person? Owner)? found = await store.ReadAsync((database, token) => database.ApiTokenByHashAsync(hash, token), ct);
        if (found is not { } row || row.Token.RevokedAt is not null || row.Owner is { Blocked: true })
        {
            throw Invalid();
        }

        PersonRole standard = settings.Get(SettingCatalog.DefaultRole) == "viewer" ? PersonRole.Viewer : PersonRole.User;
        var known = new Known(row.Token, row.Owner?.Role ?? standard, readAt);
        if (generation == Interlocked.Read(ref _generation))
        {
            _known[key] = known;
        }

        return known;
    }

    private static OrbitException Invalid() =>
        new(Refusal.Unauthenticated, "API_TOKEN_INVALID", "The API token is unknown, was ended or has expired, or its owner is blocked.");

    private sealed record Known(ApiToken Token, PersonRole Role, long ReadAt);
}
