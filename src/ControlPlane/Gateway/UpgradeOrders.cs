using Microsoft.Extensions.Options;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Install;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;
using Orbit.ControlPlane.Upgrades;

namespace Orbit.ControlPlane.Gateway;

/// <summary>
/// Tells the agents that are connected here to upgrade, once in a session. A replica that serves another package than the upgrade is to leaves it to
/// those that have it.
/// </summary>
internal sealed class UpgradeOrders(
    OrbitStore store, AgentSessions sessions, OfferedPackages packages, IOptions<AgentOptions> options, TimeProvider time, Signals signals, ILogger<UpgradeOrders> log)
    : PeriodicPass(time, signals, log)
{
    /// <inheritdoc />
    protected override TimeSpan Pause => options.Value.HeartbeatInterval;

    /// <inheritdoc />
    protected override IReadOnlyList<string> Hints { get; } = [UpgradeCommands.Topic];

    /// <inheritdoc />
    protected override async Task RunOnceAsync(CancellationToken ct)
    {
        if (sessions.All.Count == 0 || await store.ReadAsync((database, token) => database.UpgradeOrdersAsync(token), ct) is not { Count: > 0 } orders)
        {
            return;
        }

        IReadOnlyList<OfferedPackage> offered = packages.All();
        foreach (UpgradeOrder order in orders)
        {
            AgentSession? session = sessions.Find(order.AgentId);
            OfferedPackage? package = offered.FirstOrDefault(o => o.Sha256 == order.Package);
            if (session is null || package is null || session.UpgradeTold == (order.UpgradeId, order.Attempt))
            {
                continue;
            }

            session.UpgradeTold = (order.UpgradeId, order.Attempt);
            session.Post(new()
            {
                Upgrade = new AgentUpgradeOrder
                {
                    UpgradeId = order.UpgradeId,
                    Attempt = order.Attempt,
                    Version = order.Version,
                    Path = OfferedPackages.PathOf(package.System),
                    Sha256 = package.Sha256,
                    Size = package.Size,
                },
            });
        }
    }
}
