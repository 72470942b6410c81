using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Settings;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Care;

/// <summary>
/// Takes hosts out of service on which one deploy test after the other fails for reasons of the host, until somebody resumes their agent.
/// Repeating it, on any replica, changes nothing.
/// </summary>
internal sealed class HostTrustCommands(OrbitStore store, SettingsSnapshot settings, TimeProvider time, ILogger<HostTrustCommands> log)
{
    private const int MostNamed = 5;

    /// <summary>Failures longer ago than this say nothing of a host.</summary>
    private static readonly TimeSpan Window = TimeSpan.FromDays(1);

    /// <summary>Takes out of service whose host fails.</summary>
    public async Task QuarantineAsync(CancellationToken ct)
    {
        int many = (int)settings.Get(SettingCatalog.AgentQuarantineAfter);
        if (many == 0)
        {
            return;
        }

        foreach (FailingHost host in await store.ReadAsync((database, token) => database.FailingHostsAsync(many, time.GetUtcNow() - Window, token), ct))
        {
            string note = NoteOf(host.Runs);
            if (await TakeOutAsync(host.Agent, note, ct))
            {
                log.HostQuarantined(host.Agent.Name, note);
            }
        }
    }

    /// <summary>What it has goes on; it gets nothing more.</summary>
    /// <returns>False: somebody wants something else of the agent by now, or has resumed it.</returns>
    private Task<bool> TakeOutAsync(Agent seen, string note, CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                int taken = await database.Agents.Where(a => a.Id == seen.Id && a.Desire == AgentDesire.Active && a.TrustedSince == seen.TrustedSince).ExecuteUpdateAsync(
                    set => set.SetProperty(a => a.Desire, AgentDesire.Draining).SetProperty(a => a.Note, note).SetProperty(a => a.DrainedUntil, (DateTimeOffset?)null), token);
                if (taken == 0)
                {
                    return false;
                }

                database.Audit(
                    CareCommands.Itself, time.GetUtcNow(), "agent.quarantined", $"agent:{seen.Name}",
                    new { seen.Desire, seen.Note, seen.DrainedUntil }, new { Desire = AgentDesire.Draining, Note = note });
                database.DesireChanged(seen.Id);
                return true;
            },
            ct);

    private static string NoteOf(IReadOnlyList<long> runs)
    {
        string named = string.Join(", ", runs.Take(MostNamed).Select(r => r.ToString(CultureInfo.InvariantCulture)));
        string more = runs.Count > MostNamed ? ", …" : "";
        return string.Create(CultureInfo.InvariantCulture, $"quarantined: its last {runs.Count} runs failed of the host ({named}{more}); resume it when the host is mended");
    }
}
