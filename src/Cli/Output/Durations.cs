using System.Globalization;
using Google.Protobuf.WellKnownTypes;

namespace Orbit.Cli.Output;

/// <summary>Times and durations as a person reads them.</summary>
internal static class Durations
{
    /// <summary><c>0.4 s</c>, <c>12 s</c>, <c>3 min 05 s</c>, <c>2 h 07 min</c>.</summary>
    public static string Words(TimeSpan span)
    {
        if (span < TimeSpan.Zero)
        {
            span = TimeSpan.Zero;
        }

        return span.TotalSeconds switch
        {
            < 1 => string.Create(CultureInfo.InvariantCulture, $"{span.TotalMilliseconds:0} ms"),
            < 10 => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.0} s"),
            < 60 => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0} s"),
            < 3600 => string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalMinutes} min {span.Seconds:00} s"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalHours} h {span.Minutes:00} min"),
        };
    }

    /// <summary>Whole seconds, for what is still growing: it would flicker otherwise.</summary>
    public static string Growing(TimeSpan span) => Words(TimeSpan.FromSeconds(Math.Max(1, Math.Floor(span.TotalSeconds))))
        .Replace(".0 s", " s", StringComparison.Ordinal);

    public static string Words(long milliseconds) => Words(TimeSpan.FromMilliseconds(milliseconds));

    /// <summary>UTC to the second; empty when unset.</summary>
    public static string Moment(Timestamp? time) => time is null
        ? ""
        : time.ToDateTimeOffset().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
