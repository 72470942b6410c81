using Google.Protobuf.WellKnownTypes;

namespace Orbit.ControlPlane.Platform;

/// <summary>Times between the wire and the domain.</summary>
internal static class TimeMapping
{
    /// <summary>A time of the domain; null stays unset.</summary>
    public static Timestamp? ToWire(this DateTimeOffset? time) => time is { } known ? Timestamp.FromDateTimeOffset(known) : null;

    /// <summary>A time of the domain.</summary>
    public static Timestamp ToWire(this DateTimeOffset time) => Timestamp.FromDateTimeOffset(time);

    /// <summary>A time that a caller sent; null where it is unset.</summary>
    /// <exception cref="OrbitException">TIME_INVALID: before year 1, after year 9999, or with nanoseconds outside a second.</exception>
    public static DateTimeOffset? ToTime(this Timestamp? time, string field)
    {
        if (time is null)
        {
            return null;
        }

        const long FirstSecond = -62135596800;
        const long LastSecond = 253402300799;
        return time.Seconds is >= FirstSecond and <= LastSecond && time.Nanos is >= 0 and < 1_000_000_000
            ? time.ToDateTimeOffset()
            : throw OrbitException.Invalid("TIME_INVALID", $"{field} is no time between the years 1 and 9999.");
    }
}
