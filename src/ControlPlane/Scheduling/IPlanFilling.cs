namespace Orbit.ControlPlane.Scheduling;

/// <summary>Adds to a plan what the queue must not hold, when it is sent.</summary>
internal interface IPlanFilling
{
    /// <summary>The kind of work.</summary>
    WorkKind Kind { get; }

    /// <summary>The plan as the agent needs it.</summary>
    Task<byte[]> FillAsync(byte[] plan, CancellationToken ct);
}
