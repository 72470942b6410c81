using Google.Protobuf.WellKnownTypes;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Runs;

/// <summary>Watched events on the wire.</summary>
internal static class RunWatchMapping
{
    public static Wire.RunEvent ToWire(this WatchedEvent watched, string publicUrl, DateTimeOffset now) => watched switch
    {
        { Snapshot: { } view } => new()
        {
            Seq = watched.Seq,
            Type = Wire.RunEventType.Snapshot,
            Time = Timestamp.FromDateTimeOffset(now),
            Attempt = view.Run.Attempt,
            Run = view.ToWire(publicUrl),
        },
        { Stored: { } payload } => Wire.RunEvent.Parser.ParseFrom(payload),
        _ => new() { Seq = watched.Seq, Type = Wire.RunEventType.Heartbeat, Time = Timestamp.FromDateTimeOffset(now) },
    };
}
