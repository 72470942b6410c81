using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Orbit.ControlPlane.Access.Keys;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Trust;

/// <summary>Makes authorities. Their keys lie in the database, encrypted, so that all replicas have the same.</summary>
internal sealed class TrustCommands(OrbitStore store, ISecretBox secrets, ServerIdentity identity, IOptions<TrustOptions> options, TimeProvider time)
{
    /// <summary>Signal that an authority was made.</summary>
    public const string Topic = "trust";

    /// <summary>The authorities, the one in use first; makes the first now when there is none.</summary>
    public async Task<List<StoredAuthority>> EnsureAsync(CancellationToken ct)
    {
        List<StoredAuthority> known = await store.ReadAsync((database, token) => database.AllAuthoritiesAsync(token), ct);
        if (known.Count > 0)
        {
            return known;
        }

        StoredAuthority first = Make(1, null, time.GetUtcNow());
        return await store.WriteAsync(
            async (database, token) =>
            {
                await InsertAsync(database, first, token);
                return await database.AllAuthoritiesAsync(token);
            },
            ct);
    }

    /// <summary>Makes the next authority.</summary>
    /// <param name="expected">Number of the one in use; another replica that was quicker is left alone.</param>
    /// <param name="distrustOld">True: nothing that the ones before signed is sent any more.</param>
    /// <param name="by">Who wants it; null: it is time.</param>
    /// <param name="ct">Ends the work.</param>
    public Task RotateAsync(int expected, bool distrustOld, Caller? by, CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                StoredAuthority now = await database.Authorities.AsNoTracking().OrderByDescending(a => a.Number).FirstAsync(token);
                if (now.Number != expected)
                {
                    return;
                }

                DateTimeOffset at = time.GetUtcNow();
                StoredAuthority next = Make(expected + 1, distrustOld ? null : now, at);
                if (await InsertAsync(database, next, token) > 0)
                {
                    if (by is not null)
                    {
                        database.Audit(by, at, "trust.rotated", $"authority:{next.Number}", @new: new { distrustOld });
                    }

                    database.RaiseAfterCommit(Topic);
                }
            },
            ct);

    /// <summary>A key as it lies in the database.</summary>
    public ECDsa Open(byte[] sealedKey, int number, string what)
    {
        var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(Convert.FromBase64String(secrets.Unprotect(sealedKey, Owner(number, what))), out _);
        return key;
    }

    private StoredAuthority Make(int number, StoredAuthority? before, DateTimeOffset now)
    {
        using ECDsa key = Authority.NewKey();
        using ECDsa server = Authority.NewKey();
        using X509Certificate2 root = Authority.Root(key, $"CN=Orbit authority {number} of {identity.ServerId}", now, options.Value.AuthorityLifetime);
        byte[] crossed = [];
        if (before is not null)
        {
            using ECDsa oldKey = Open(before.SealedKey, before.Number, "authority");
            using X509Certificate2 oldRoot = X509CertificateLoader.LoadCertificate(before.Certificate);
            using X509Certificate2 signer = oldRoot.CopyWithPrivateKey(oldKey);
            crossed = Authority.Crossed(signer, root, now).RawData;
        }

        return new StoredAuthority
        {
            Number = number,
            Certificate = root.RawData,
            Crossed = crossed,
            SealedKey = Seal(key, number, "authority"),
            SealedServerKey = Seal(server, number, "server"),
            CreatedAt = now,
        };
    }

    private static Task<int> InsertAsync(OrbitDbContext database, StoredAuthority made, CancellationToken ct) =>
        database.RunAsync(
            "INSERT INTO authorities (number, certificate, crossed, sealed_key, sealed_server_key, created_at) VALUES (@p0, @p1, @p2, @p3, @p4, @p5) ON CONFLICT (number) DO NOTHING",
            [made.Number, made.Certificate, made.Crossed, made.SealedKey, made.SealedServerKey, made.CreatedAt],
            ct);

    private byte[] Seal(ECDsa key, int number, string what) => secrets.Protect(Convert.ToBase64String(key.ExportPkcs8PrivateKey()), Owner(number, what));

    private static string Owner(int number, string what) => $"authority:{number}:{what}";
}
