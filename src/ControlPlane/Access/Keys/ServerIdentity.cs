using System.Security.Cryptography;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Access.Keys;

/// <summary>Which installation this is: made once, in the database, the same on all replicas.</summary>
internal sealed class ServerIdentity(OrbitStore store, TimeProvider time) : IBeforeStart
{
    private (Guid Id, byte[] Salt)? _known;

    /// <summary>The installation's id; agents sign it, so that an answer to one server is of no use at another.</summary>
    public Guid ServerId => Known.Id;

    /// <summary>Public salt for a master key given as a pass phrase.</summary>
    public byte[] KeySalt => Known.Salt;

    private (Guid Id, byte[] Salt) Known => _known ?? throw new InvalidOperationException("The server's identity is read before the ports open.");

    /// <inheritdoc />
    public async Task PrepareAsync(WebApplication app, CancellationToken ct) =>
        _known = await store.WriteAsync(
            async (database, token) =>
            {
                await database.RunAsync(
                    "INSERT INTO server_identity (id, server_id, key_salt, created_at) VALUES (@p0, @p1, @p2, @p3) ON CONFLICT (id) DO NOTHING",
                    [StoredIdentity.OnlyId, Guid.NewGuid(), RandomNumberGenerator.GetBytes(16), time.GetUtcNow()],
                    token);
                var rows = await database.QueryAsync(
                    "SELECT server_id, key_salt FROM server_identity", [], row => (row.Uuid(0), row.Bytes(1)), token);
                return rows.Single();
            },
            ct);
}
