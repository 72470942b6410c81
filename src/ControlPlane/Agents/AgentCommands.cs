using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Feed;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Agents;

/// <summary>What a join token is to be good for.</summary>
/// <param name="Name">Only for this name; empty: any.</param>
/// <param name="Labels">What the agent gets, over its own.</param>
/// <param name="Seconds">How long; 0: the standard.</param>
/// <param name="Rejoin">True: takes the place of the agent <paramref name="Name"/>.</param>
/// <param name="CaFingerprint">Of the authority that the agent is to trust; empty: as the host trusts.</param>
internal sealed record JoinTokenWish(string Name, IReadOnlyDictionary<string, string> Labels, long Seconds, bool Rejoin, string CaFingerprint);

/// <summary>What admins do with agents.</summary>
internal sealed class AgentCommands(OrbitStore store, TimeProvider time)
{
    private const long ShortestLife = 60;
    private const long LongestLife = 2_592_000;
    private const long StandardLife = 3600;
    private const int MostLabels = 64;

    /// <summary>Makes a join token; the text is returned once and only its hash kept.</summary>
    public async Task<(string Token, DateTimeOffset ExpiresAt)> CreateJoinTokenAsync(
        JoinTokenWish wish, string by, CancellationToken ct)
    {
        (string name, IReadOnlyDictionary<string, string> labels, long seconds) = (wish.Name, wish.Labels, wish.Seconds);
        seconds = seconds == 0 ? StandardLife : seconds;
        bool nameFits = name.Length == 0 || EnrollCommands.AgentName().IsMatch(name);
        bool labelsFit = labels.Count <= MostLabels && labels.All(l => l.Key.Length is > 0 and <= 128 && l.Value.Length <= 256);
        if (!nameFits || !labelsFit || seconds is < ShortestLife or > LongestLife)
        {
            throw OrbitException.Invalid(
                "JOIN_TOKEN_INVALID",
                $"A join token has a valid agent name or none, up to {MostLabels} labels, and lives {ShortestLife} to {LongestLife} s.");
        }

        if (wish.Rejoin && name.Length == 0)
        {
            throw OrbitException.Invalid("JOIN_TOKEN_INVALID", "A token to join again needs the name of the agent whose place is taken.");
        }

        string token = "orbit-join-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)) + (wish.CaFingerprint.Length == 0 ? "" : "." + wish.CaFingerprint);
        DateTimeOffset now = time.GetUtcNow();
        var row = new JoinToken
        {
            Hash = AgentKey.HashOf(Encoding.UTF8.GetBytes(token)),
            Name = name,
            Labels = LabelsJson.Write(labels),
            Rejoin = wish.Rejoin,
            CreatedBy = by,
            CreatedAt = now,
            ExpiresAt = now.AddSeconds(seconds),
        };
        await store.WriteAsync(
            (database, _) =>
            {
                database.JoinTokens.Add(row);
                return Task.CompletedTask;
            },
            ct);
        return (token, row.ExpiresAt);
    }

    /// <summary>Sets what is wanted of an agent; its session learns of it at once. Repeating it changes nothing.</summary>
    /// <param name="id">Which agent.</param>
    /// <param name="desire">What is wanted.</param>
    /// <param name="note">Why.</param>
    /// <param name="until">When draining ends by itself; null: when somebody resumes it.</param>
    /// <param name="by">Who wants it.</param>
    /// <param name="ct">Gives up.</param>
    public Task WantAsync(long id, AgentDesire desire, string note, DateTimeOffset? until, Caller by, CancellationToken ct) =>
        store.WriteAsync(
            async (database, cancel) =>
            {
                Agent agent = await RequireAsync(database, id, cancel);
                if (agent.Desire == desire && agent.Note == note && agent.DrainedUntil == until)
                {
                    return;
                }

                DateTimeOffset now = time.GetUtcNow();
                DateTimeOffset? trusted = desire is AgentDesire.Active ? now : agent.TrustedSince;
                // All of it in one statement: a draining that ends by itself in this moment must not leave a half of its own behind.
                // The instances too: whoever resumes a copied agent has ended one of the two.
                await database.Agents.Where(a => a.Id == id).ExecuteUpdateAsync(
                    set => set.SetProperty(a => a.Desire, desire).SetProperty(a => a.Note, note).SetProperty(a => a.DrainedUntil, until)
                        .SetProperty(a => a.Instance, "").SetProperty(a => a.PreviousInstance, "").SetProperty(a => a.TrustedSince, trusted),
                    cancel);
                database.Audit(
                    by, now, $"agent.{Deed(desire)}", $"agent:{agent.Name}",
                    new { agent.Desire, agent.Note, agent.DrainedUntil }, new { Desire = desire, Note = note, DrainedUntil = until });
                database.DesireChanged(id);
            },
            ct);

    /// <summary>Forgets an agent and its key. Refused while it has work.</summary>
    public Task DeleteAsync(long id, CancellationToken ct) =>
        store.WriteAsync(
            async (database, cancel) =>
            {
                Agent agent = await RequireAsync(database, id, cancel);
                List<int> busy = await database.QueryAsync(
                    "SELECT 1 FROM work_items WHERE agent_id = @p0 AND state <> 'Ended' LIMIT 1", [id], static row => row.Int(0), cancel);
                if (busy.Count > 0)
                {
                    throw OrbitException.Conflict("AGENT_BUSY", $"Agent {agent.Name} has work that has not ended.");
                }

                database.Agents.Remove(agent);
                await database.JoinTokens.Where(t => t.UsedByKeyId == agent.KeyId).ExecuteDeleteAsync(cancel); // or its key could come back with it
                await database.AgentPresence.Where(p => p.AgentId == id).ExecuteDeleteAsync(cancel);
                await database.RunAsync("DELETE FROM agent_checks WHERE agent_id = @p0", [id], cancel);
                await database.RunAsync("DELETE FROM installed_on_hosts WHERE agent_id = @p0", [id], cancel); // the inventory is read through its agents
                database.Changed("agents", id);
                database.RaiseAfterCommit(Topics.Agent(id));
            },
            ct);

    private static string Deed(AgentDesire desire) => desire switch
    {
        AgentDesire.Active => "resumed",
        AgentDesire.Draining => "drained",
        AgentDesire.Disabled => "disabled",
        AgentDesire.Quarantined => "quarantined",
        _ => throw new ArgumentOutOfRangeException(nameof(desire), desire, "No such desire."),
    };

    private static async Task<Agent> RequireAsync(OrbitDbContext database, long id, CancellationToken ct) =>
        await database.Agents.SingleOrDefaultAsync(a => a.Id == id, ct)
        ?? throw OrbitException.NotFound("AGENT_NOT_FOUND", $"There is no agent {id}.");
}
