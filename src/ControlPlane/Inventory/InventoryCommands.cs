using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Inventory;

/// <summary>Keeps what agents say of what they have installed.</summary>
internal sealed class InventoryCommands(OrbitStore store, TimeProvider time)
{
    private const int MostServices = 500;

    /// <summary>Replaces what the agent said before. An older session's word changes nothing.</summary>
    /// <exception cref="OrbitException">MESSAGE_UNEXPECTED.</exception>
    public Task StoreAsync(AgentSession session, IReadOnlyList<InstalledOnHost> said, CancellationToken ct)
    {
        if (said.Count > MostServices || said.Any(one => !Fits(one)) || said.DistinctBy(one => one.Service).Count() != said.Count)
        {
            throw OrbitException.Invalid("MESSAGE_UNEXPECTED", $"At most {MostServices} installed services, each once, with a name of 200 characters.");
        }

        return store.WriteAsync(
            async (database, cancel) =>
            {
                if (!await database.Agents.AnyAsync(a => a.Id == session.AgentId && a.SessionEpoch == session.Epoch, cancel))
                {
                    return;
                }

                DateTimeOffset now = time.GetUtcNow();
                List<InstalledOnHost> known = await database.InstalledOnHosts.Where(i => i.AgentId == session.AgentId).ToListAsync(cancel);
                foreach (InstalledOnHost one in said)
                {
                    InstalledOnHost? row = known.Find(k => k.Service == one.Service);
                    if (row is null)
                    {
                        row = new InstalledOnHost { AgentId = session.AgentId, Service = one.Service };
                        database.InstalledOnHosts.Add(row);
                    }

                    row.Take(one, now);
                }

                database.InstalledOnHosts.RemoveRange(known.Where(k => !said.Any(one => one.Service == k.Service)));
            },
            ct);
    }

    private static bool Fits(InstalledOnHost one) =>
        one.Service.Length is > 0 and <= 200 && one.InstallDir.Length <= 4096 && one.BuildName.Length <= 1000 && one.ManifestHash.Length <= 64 && one.ChangedText.Length <= 1000
        && !new[] { one.Service, one.InstallDir, one.BuildName, one.ManifestHash, one.ChangedText }.Any(text => text.Contains('\0', StringComparison.Ordinal));
}
