using System.Text;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Feed;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Agents;

/// <summary>Binds an agent's key with a join token.</summary>
internal sealed partial class EnrollCommands(OrbitStore store, TimeProvider time)
{
    /// <summary>The agent of this key: a new one, or the one an earlier call with the same token and key made.</summary>
    public async Task<Agent> EnrollAsync(string token, string name, byte[] publicKey, CancellationToken ct)
    {
        if (!AgentName().IsMatch(name))
        {
            throw OrbitException.Invalid("AGENT_NAME_INVALID", "An agent's name has 1 to 100 characters of A-Z a-z 0-9 . _ - and begins with a letter or digit.");
        }

        if (!AgentKey.IsUsable(publicKey))
        {
            throw OrbitException.Invalid("AGENT_KEY_INVALID", "The public key must be ECDSA P-256 as SubjectPublicKeyInfo in DER.");
        }

        string hash = AgentKey.HashOf(Encoding.UTF8.GetBytes(token));
        Task<Agent> Once() => store.WriteAsync((database, cancel) => EnrollAsync(database, hash, name, publicKey, cancel), ct);
        try
        {
            return await Once();
        }
        catch (DbUpdateException duplicate) when (duplicate.IsUnique())
        {
            return await Once(); // another call took the name or the key at this moment; now it is seen
        }
    }

    /// <summary>Name of an agent or a host.</summary>
    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\z")]
    public static partial Regex AgentName();

    private async Task<Agent> EnrollAsync(OrbitDbContext database, string hash, string name, byte[] publicKey, CancellationToken ct)
    {
        DateTimeOffset now = time.GetUtcNow();
        string keyId = AgentKey.HashOf(publicKey);

        // One statement decides who of several gets the token; the same key may repeat it.
        int mine = await database.JoinTokens
            .Where(t => t.Hash == hash && t.ExpiresAt > now && (t.Name == "" || t.Name == name) && (t.UsedByKeyId == null || t.UsedByKeyId == keyId))
            .ExecuteUpdateAsync(set => set.SetProperty(t => t.UsedByKeyId, keyId), ct);
        if (mine == 0)
        {
            throw new OrbitException(Refusal.Forbidden, "JOIN_TOKEN_INVALID", "The join token is unknown, used, expired or made for another name.");
        }

        Agent? known = await database.Agents.SingleOrDefaultAsync(a => a.KeyId == keyId, ct);
        if (known is not null)
        {
            return known;
        }

        JoinToken used = await database.JoinTokens.AsNoTracking().SingleAsync(t => t.Hash == hash, ct);
        Agent? named = await database.Agents.SingleOrDefaultAsync(a => a.Name == name, ct);
        if (named is not null && used.Rejoin)
        {
            await TakePlaceAsync(database, named, used, keyId, publicKey, ct);
            return named;
        }

        if (named is not null)
        {
            throw new OrbitException(Refusal.Exists, "AGENT_NAME_TAKEN", $"An agent named {name} has joined before; delete it or choose another name.");
        }

        string labels = used.Labels;
        var agent = new Agent { Name = name, Host = name, KeyId = keyId, PublicKey = publicKey, KeyChangedAt = now, TokenLabels = labels, Labels = labels, CreatedAt = now };
        database.Agents.Add(agent);
        await database.SaveChangesAsync(ct);
        database.Changed("agents", agent.Id);
        return agent;
    }

    /// <summary>The agent keeps its id and its history; its old key is worth nothing, and it is out of quarantine.</summary>
    private async Task TakePlaceAsync(OrbitDbContext database, Agent agent, JoinToken token, string keyId, byte[] publicKey, CancellationToken ct)
    {
        await AgentKeyCommands.ForgetKeysAsync(database, agent, ct);
        (agent.KeyId, agent.PublicKey, agent.KeyChangedAt) = (keyId, publicKey, time.GetUtcNow());
        (agent.Instance, agent.PreviousInstance, agent.UploadTokenHash) = ("", "", "");
        agent.SessionEpoch++; // a session under the old key ends on every replica
        if (agent.Desire is AgentDesire.Quarantined)
        {
            agent.Desire = AgentDesire.Active;
        }

        agent.Note = agent.Desire is AgentDesire.Active ? "" : agent.Note;
        agent.TokenLabels = token.Labels == "{}" ? agent.TokenLabels : token.Labels;
        database.Changed("agents", agent.Id);
        database.RaiseAfterCommit(Topics.Agent(agent.Id));
    }
}
