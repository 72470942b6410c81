using Orbit.Contracts.V1;

namespace Orbit.Agent.Steps;

/// <summary>Stops the installed service; skipped at a first installation.</summary>
internal sealed class StopRun(ServiceStep how, ServiceControl control) : IStep
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <inheritdoc/>
    public bool MayBeStopped => true;

    /// <inheritdoc/>
    public async Task<StepResult> RunAsync(StepContext context) =>
        Directory.Exists(context.Work.InstallDir)
            ? await control.StopAsync(context, how, number: 1, Patience)
            : StepResult.Skipped("There is no installed version yet.");
}

/// <summary>Starts the service.</summary>
internal sealed class StartRun(ServiceStep how, ServiceControl control) : IStep
{
    /// <inheritdoc/>
    public bool MayBeStopped => true;

    /// <inheritdoc/>
    public Task<StepResult> RunAsync(StepContext context) => control.StartAsync(context, how, number: 1);
}
