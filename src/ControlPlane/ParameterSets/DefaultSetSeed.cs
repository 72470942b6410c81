using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.ParameterSets;

/// <summary>Makes the default set at the first start.</summary>
internal sealed class DefaultSetSeed(ParameterSetCommands commands) : IBeforeStart
{
    /// <inheritdoc />
    public Task PrepareAsync(WebApplication app, CancellationToken ct) => commands.EnsureDefaultAsync(ct);
}
