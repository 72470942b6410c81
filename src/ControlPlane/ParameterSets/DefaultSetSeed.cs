namespace Orbit.ControlPlane.ParameterSets;

/// <summary>Makes the default set at the first start, before the ports are opened.</summary>
internal sealed class DefaultSetSeed(ParameterSetCommands commands) : IHostedService
{
    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken) => commands.EnsureDefaultAsync(cancellationToken);

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
