using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Feed;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Agents;

/// <summary>What admins do with agents.</summary>
internal sealed class AgentCommands(OrbitStore store, TimeProvider time)
{
    private const long ShortestLife = 60;
    private const long LongestLife = 2_592_000;
    private const long StandardLife = 3600;
    private const int MostLabels = 64;

    /// <summary>Makes a join token; the text is returned once and only its hash kept.</summary>
    public async Task<(string Token, DateTimeOffset ExpiresAt)> CreateJoinTokenAsync(
        string name, IReadOnlyDictionary<string, string> labels, long seconds, string by, CancellationToken ct)
    {
        seconds = seconds == 0 ? StandardLife : seconds;
        bool nameFits = name.Length == 0 || EnrollCommands.AgentName().IsMatch(name);
        bool labelsFit = labels.Count <= MostLabels && labels.All(l => l.Key.Length is > 0 and <= 128 && l.Value.Length <= 256);
        if (!nameFits || !labelsFit || seconds is < ShortestLife or > LongestLife)
        {
            throw OrbitException.Invalid(
                "JOIN_TOKEN_INVALID",
                $"A join token has a valid agent name or none, up to {MostLabels} labels, and lives {ShortestLife} to {LongestLife} s.");
        }

        string token = "orbit-join-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        DateTimeOffset now = time.GetUtcNow();
        var row = new JoinToken
        {
            Hash = AgentKey.HashOf(Encoding.UTF8.GetBytes(token)),
            Name = name,
            Labels = LabelsJson.Write(labels),
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
    public Task<Agent> WantAsync(long id, AgentDesire desire, string note, CancellationToken ct) =>
        store.WriteAsync(
            async (database, cancel) =>
            {
                Agent agent = await RequireAsync(database, id, cancel);
                if (agent.Desire != desire || agent.Note != note)
                {
                    (agent.Desire, agent.Note) = (desire, note);
                    database.Changed("agents", id);
                    database.RaiseAfterCommit(Topics.Agent(id));
                    database.RaiseAfterCommit(Topics.Queue);
                }

                return agent;
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
                database.Changed("agents", id);
                database.RaiseAfterCommit(Topics.Agent(id));
            },
            ct);

    private static async Task<Agent> RequireAsync(OrbitDbContext database, long id, CancellationToken ct) =>
        await database.Agents.SingleOrDefaultAsync(a => a.Id == id, ct)
        ?? throw OrbitException.NotFound("AGENT_NOT_FOUND", $"There is no agent {id}.");
}
