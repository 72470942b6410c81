using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Feed;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Care;

/// <summary>Keeps what agents find on their hosts.</summary>
internal sealed class CheckCommands(OrbitStore store, TimeProvider time, ILogger<CheckCommands> log)
{
    private const int MostFindings = 50;
    private const int LongestText = 500;
    /// <summary>How long somebody who asked waits for the answer.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(200);

    /// <summary>Topic that has agents told at once.</summary>
    public const string Topic = "agent-checks";

    /// <summary>Has an agent look at its host, and waits until it has.</summary>
    public async Task AskAsync(long agentId, TimeSpan silence, CancellationToken ct)
    {
        DateTimeOffset now = time.GetUtcNow();
        await store.WriteAsync(
            async (database, token) =>
            {
                Agent agent = await database.Agents.FirstOrDefaultAsync(a => a.Id == agentId, token) ?? throw OrbitException.NotFound("AGENT_NOT_FOUND", $"There is no agent {agentId}.");
                DateTimeOffset silentSince = now - silence;
                if (!await database.AgentPresence.AnyAsync(p => p.AgentId == agentId && p.Connected && p.LastSeenAt > silentSince, token))
                {
                    throw OrbitException.Conflict("AGENT_NOT_CONNECTED", $"Agent {agent.Name} is not connected.");
                }

                await database.RunAsync(
                    "INSERT INTO agent_checks (agent_id, asked_at, ok, findings) VALUES (@p0, @p1, @p2, '[]') ON CONFLICT (agent_id) DO UPDATE SET asked_at = @p1",
                    [agentId, now, false], token);
                database.RaiseAfterCommit(Topic);
            },
            ct);
        long begun = time.GetTimestamp();
        while (!await store.ReadAsync((database, token) => database.AgentChecks.AnyAsync(c => c.AgentId == agentId && c.CheckedAt >= now, token), ct))
        {
            if (time.GetElapsedTime(begun) > Patience)
            {
                throw OrbitException.Later("AGENT_CHECK_LATE", $"The agent has not answered within {Patience.TotalSeconds:0} s; an agent of an older version never does.", Patience);
            }

            await Task.Delay(LookAgain, time, ct);
        }
    }

    /// <summary>Replaces what the agent found before. An older session's word changes nothing.</summary>
    /// <exception cref="OrbitException">MESSAGE_UNEXPECTED.</exception>
    public Task StoreAsync(AgentSession session, IReadOnlyList<CheckFinding> findings, CancellationToken ct)
    {
        if (findings.Count is 0 or > MostFindings || findings.Any(f => f.Name.Length is 0 or > 64 || f.Text.Length > LongestText || !TextRule.IsStorable(f.Name + f.Text)))
        {
            throw OrbitException.Invalid("MESSAGE_UNEXPECTED", $"A check has 1 to {MostFindings} findings with a name and up to {LongestText} characters of text.");
        }

        return store.WriteAsync(
            async (database, token) =>
            {
                if (!await database.Agents.AnyAsync(a => a.Id == session.AgentId && a.SessionEpoch == session.Epoch, token))
                {
                    return;
                }

                bool ok = findings.All(f => f.Ok);
                await database.RunAsync(
                    """
                    INSERT INTO agent_checks (agent_id, checked_at, ok, findings) VALUES (@p0, @p1, @p2, @p3)
                    ON CONFLICT (agent_id) DO UPDATE SET checked_at = CASE WHEN agent_checks.asked_at > @p1 THEN agent_checks.asked_at ELSE @p1 END, ok = @p2, findings = @p3
                    """, // replicas have clocks of their own, and who asked waits for an answer that is not older
                    [session.AgentId, time.GetUtcNow(), ok, JsonSerializer.Serialize(findings)], token);
                database.Changed("agents", session.AgentId);
                if (!ok)
                {
                    log.HostNotWell(session.Name, string.Join("; ", findings.Where(f => !f.Ok).Select(f => $"{f.Name}: {f.Text}")));
                }
            },
            ct);
    }
}
