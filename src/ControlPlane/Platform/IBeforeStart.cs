namespace Orbit.ControlPlane.Platform;

/// <summary>
/// What must be ready before the ports open: after the migrations, in the order of registration. An exception stops the start; an
/// <see cref="Microsoft.Extensions.Options.OptionsValidationException"/> does so with its one line.
/// </summary>
internal interface IBeforeStart
{
    /// <summary>Makes it ready. Replicas may do this at the same time on one database.</summary>
    Task PrepareAsync(WebApplication app, CancellationToken ct);
}
