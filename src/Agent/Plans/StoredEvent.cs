using Orbit.Contracts.V1;

namespace Orbit.Agent.Plans;

/// <summary>An event that the control plane has not acked yet.</summary>
/// <param name="Fact">The event as it is sent, but for its age.</param>
/// <param name="Bytes">Size, for the bound on what waits in memory.</param>
/// <param name="Timestamp">Monotonic time of the fact; <see langword="null"/> for one of an earlier process, whose age comes from the wall clock.</param>
internal sealed record StoredEvent(AgentEvent Fact, int Bytes, long? Timestamp)
{
    /// <summary>Whether the journal has it. Written under the assignment's lock.</summary>
    public bool Durable { get; set; }
}
