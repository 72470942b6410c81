using Grpc.Core;
using Orbit.ControlPlane.Install;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Upgrades;

/// <summary>The wire face of upgrades.</summary>
internal sealed class UpgradeGrpcService(UpgradeCommands commands, OfferedPackages packages, OrbitStore store) : Wire.AgentUpgradeService.AgentUpgradeServiceBase
{
    public override Task<Wire.ListAgentPackagesResponse> ListAgentPackages(Wire.ListAgentPackagesRequest request, ServerCallContext context) =>
        Task.FromResult(new Wire.ListAgentPackagesResponse { Packages = { packages.All().Select(one => one.ToWire()) } });

    public override async Task<Wire.AgentUpgrade> StartAgentUpgrade(Wire.StartAgentUpgradeRequest request, ServerCallContext context) =>
        (await commands.StartAsync(request.ToWish(), Caller.Of(context), context.CancellationToken)).ToWire();

    public override async Task<Wire.ListAgentUpgradesResponse> ListAgentUpgrades(Wire.ListAgentUpgradesRequest request, ServerCallContext context)
    {
        int size = Paging.Size(request.PageSize, request.Limit);
        long before = Paging.IdAfter(request.PageToken) ?? long.MaxValue;
        List<UpgradeView> rows = await store.ReadAsync((database, ct) => database.UpgradesAsync(before, size + 1, ct), context.CancellationToken);
        Page<UpgradeView> page = Paging.Cut(rows, size, last => last.Upgrade.Id);
        return new() { Upgrades = { page.Rows.Select(row => row.ToWire(withMembers: false)) }, NextPageToken = page.NextToken };
    }

    public override async Task<Wire.AgentUpgrade> GetAgentUpgrade(Wire.GetAgentUpgradeRequest request, ServerCallContext context) =>
        (await store.ReadAsync((database, ct) => database.UpgradeAsync(request.Id, ct), context.CancellationToken))?.ToWire()
        ?? throw OrbitException.NotFound("AGENT_UPGRADE_NOT_FOUND", $"There is no upgrade {request.Id}.");

    public override async Task<Wire.AgentUpgrade> PauseAgentUpgrade(Wire.PauseAgentUpgradeRequest request, ServerCallContext context) =>
        (await commands.PauseAsync(request.Id, Caller.Of(context), context.CancellationToken)).ToWire();

    public override async Task<Wire.AgentUpgrade> ResumeAgentUpgrade(Wire.ResumeAgentUpgradeRequest request, ServerCallContext context) =>
        (await commands.ResumeAsync(request.Id, Caller.Of(context), context.CancellationToken)).ToWire();

    public override async Task<Wire.AgentUpgrade> AbortAgentUpgrade(Wire.AbortAgentUpgradeRequest request, ServerCallContext context) =>
        (await commands.AbortAsync(request.Id, request.Reason, Caller.Of(context), context.CancellationToken)).ToWire();
}
