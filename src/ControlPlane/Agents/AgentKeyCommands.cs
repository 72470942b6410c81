using System.Text;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Feed;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Agents;

/// <summary>Exchanges and revokes the keys of agents.</summary>
internal sealed class AgentKeyCommands(OrbitStore store, TimeProvider time)
{
    /// <summary>Wants an agent to exchange its key; a connected one does so at once. Repeating it changes nothing.</summary>
    public Task RequestAsync(long id, Caller by, CancellationToken ct) =>
        store.WriteAsync(
            async (database, cancel) =>
            {
                Agent agent = await RequireAsync(database, id, cancel);
                if (!agent.KeyWanted)
                {
                    agent.KeyWanted = true;
                    database.Audit(by, time.GetUtcNow(), "agent.key_rotation_wanted", $"agent:{agent.Name}");
                    database.RaiseAfterCommit(Topics.Agent(id));
                }
            },
            ct);

    /// <summary>Makes an agent's key worth nothing; its stream ends. It comes back with a token made for it.</summary>
    public Task RevokeAsync(long id, string note, Caller by, CancellationToken ct) =>
        store.WriteAsync(
            async (database, cancel) =>
            {
                Agent agent = await RequireAsync(database, id, cancel);
                DateTimeOffset now = time.GetUtcNow();
                await ForgetKeysAsync(database, agent, cancel);
                (agent.KeyId, agent.PublicKey, agent.KeyChangedAt) = ($"revoked:{id}", [], now);
                agent.Note = note.Length == 0 ? $"its key was revoked by {by.Name}" : note;
                agent.SessionEpoch++; // fences the open session on every replica
                agent.UploadTokenHash = "";
                await database.AgentPresence.Where(p => p.AgentId == id).ExecuteUpdateAsync(set => set.SetProperty(p => p.Connected, false), cancel);
                database.Audit(by, now, "agent.key_revoked", $"agent:{agent.Name}", @new: new { note });
                database.Changed("agents", id);
                database.RaiseAfterCommit(Topics.Agent(id));
            },
            ct);

    /// <summary>Takes the key that an agent made to follow its present one. Repeating it changes nothing.</summary>
    /// <returns>The new key's id.</returns>
    public Task<string> ExchangeAsync(AgentSession session, string serverId, byte[] publicKey, byte[] signature, CancellationToken ct)
    {
        string keyId = AgentKey.IsUsable(publicKey)
            ? AgentKey.HashOf(publicKey)
            : throw OrbitException.Invalid("AGENT_KEY_INVALID", "The public key must be ECDSA P-256 as SubjectPublicKeyInfo in DER.");
        if (!AgentKey.Verify(publicKey, Encoding.UTF8.GetBytes($"orbit-agent-key-v1 | {serverId} | {session.AgentId} | {keyId}"), signature))
        {
            throw new OrbitException(Refusal.Unauthenticated, "AGENT_SIGNATURE_INVALID", "The new key was not proven by its own signature.");
        }

        return store.WriteAsync(
            async (database, cancel) =>
            {
                Agent agent = await RequireAsync(database, session.AgentId, cancel);
                if (agent.SessionEpoch != session.Epoch)
                {
                    throw AgentSessions.Superseded();
                }

                if (agent.KeyId != keyId)
                {
                    DateTimeOffset now = time.GetUtcNow();
                    (string old, byte[] oldKey) = (agent.KeyId, agent.PublicKey);
                    await ForgetKeysAsync(database, agent, cancel);
                    (agent.PreviousKeyId, agent.PreviousPublicKey) = (old, oldKey);
                    (agent.KeyId, agent.PublicKey, agent.KeyChangedAt, agent.KeyWanted) = (keyId, publicKey, now, false);
                    database.Audit(new Caller($"agent:{agent.Name}", IsAdmin: false, SessionId: null, session.RemoteAddress), now, "agent.key_changed", $"agent:{agent.Name}");
                    database.Changed("agents", agent.Id);
                }

                return keyId;
            },
            ct);
    }

    /// <summary>An agent's keys become worth nothing, and so do the tokens that let them in: or a used token could bring an old key back.</summary>
    public static async Task ForgetKeysAsync(OrbitDbContext database, Agent agent, CancellationToken ct)
    {
        (string present, string previous) = (agent.KeyId, agent.PreviousKeyId);
        await database.JoinTokens.Where(t => t.UsedByKeyId == present || (previous != "" && t.UsedByKeyId == previous)).ExecuteDeleteAsync(ct);
        (agent.PreviousKeyId, agent.PreviousPublicKey, agent.KeyWanted) = ("", [], false);
    }

    private static async Task<Agent> RequireAsync(OrbitDbContext database, long id, CancellationToken ct) =>
        await database.Agents.SingleOrDefaultAsync(a => a.Id == id, ct)
        ?? throw OrbitException.NotFound("AGENT_NOT_FOUND", $"There is no agent {id}.");
}
