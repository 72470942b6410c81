using Orbit.ControlPlane.Storage;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Scheduling;

/// <summary>Applies what agents say of one kind of work that is no run.</summary>
internal interface IAssignmentIngest
{
    /// <summary>The kind of work.</summary>
    WorkKind Kind { get; }

    /// <summary>Applies new events, in order, in the transaction that takes their numbers.</summary>
    Task ApplyAsync(OrbitDbContext database, Guid assignment, string agent, IReadOnlyList<Wire.AgentEvent> events, DateTimeOffset now, CancellationToken ct);
}
