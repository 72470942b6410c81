namespace Orbit.ControlPlane.Outbox;

/// <summary>
/// A run ended, or its gate was decided, and somebody may want to know: one small row in the transaction of that fact. Who is told, and in which words, is decided
/// afterwards, so that neither slows the run.
/// </summary>
internal sealed class Notice
{
    public long Id { get; private set; }
    public long RunId { get; init; }
    public int Attempt { get; init; }

    /// <summary>False: the attempt ended. True: its gate was decided.</summary>
    public bool OfGate { get; init; }

    public DateTimeOffset CreatedAt { get; init; }
}
