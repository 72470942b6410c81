using System.Globalization;
using System.Text;

namespace Orbit.ControlPlane.Telemetry;

/// <summary>
/// Writes series in Prometheus' text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/), with names made as
/// OpenTelemetry's Prometheus compatibility says: dots become underscores, the unit is spelt out, counters end in <c>_total</c>.
/// </summary>
internal static class PrometheusText
{
    /// <summary>Content type of the format.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>All series as one text.</summary>
    public static string Write(IEnumerable<MetricSeries> all)
    {
        var text = new StringBuilder();
        foreach (IGrouping<string, MetricSeries> family in all.GroupBy(NameOf, StringComparer.Ordinal))
        {
            MetricSeries first = family.First();
            text.Append(CultureInfo.InvariantCulture, $"# HELP {family.Key} {Escaped(first.Instrument.Description ?? "", quote: false)}\n");
            text.Append(CultureInfo.InvariantCulture, $"# TYPE {family.Key} {first.Kind.ToString().ToLowerInvariant()}\n");
            foreach (MetricSeries series in family)
            {
                foreach ((string labels, MetricSeries.Point point) in series.Points.OrderBy(p => p.Key, StringComparer.Ordinal))
                {
                    lock (point)
                    {
                        Append(text, family.Key, labels, series, point);
                    }
                }
            }
        }

        return text.ToString();
    }

    /// <summary>Tags as the inside of a pair of braces, in order of their names.</summary>
    public static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty)
        {
            return "";
        }

        KeyValuePair<string, object?>[] sorted = tags.ToArray();
        Array.Sort(sorted, static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        return string.Join(',', sorted.Select(tag => $"{Legal(tag.Key)}=\"{Escaped(Convert.ToString(tag.Value, CultureInfo.InvariantCulture) ?? "", quote: true)}\""));
    }

    private static void Append(StringBuilder text, string name, string labels, MetricSeries series, MetricSeries.Point point)
    {
        if (series.Kind is not SeriesKind.Histogram)
        {
            Line(text, name, labels, point.Value);
            return;
        }

        long upTo = 0;
        string prefix = labels.Length == 0 ? "" : $"{labels},";
        for (int i = 0; i <= series.Bounds.Length; i++)
        {
            upTo += point.Buckets[i];
            string bound = i == series.Bounds.Length ? "+Inf" : Number(series.Bounds[i]);
            Line(text, $"{name}_bucket", $"{prefix}le=\"{bound}\"", upTo);
        }

        Line(text, $"{name}_sum", labels, point.Value);
        Line(text, $"{name}_count", labels, point.Count);
    }

    private static void Line(StringBuilder text, string name, string labels, double value)
    {
        text.Append(name);
        if (labels.Length > 0)
        {
            text.Append('{').Append(labels).Append('}');
        }

        text.Append(' ').Append(Number(value)).Append('\n');
    }

    private static string NameOf(MetricSeries series)
    {
        string unit = series.Instrument.Unit switch
        {
            "s" => "_seconds",
            "ms" => "_milliseconds",
            "By" => "_bytes",
            _ => "", // words in braces say what is counted, not in what
        };
        string name = Legal(series.Instrument.Name);
        name = name.EndsWith(unit, StringComparison.Ordinal) ? name : name + unit;
        return series.Kind is SeriesKind.Counter && !name.EndsWith("_total", StringComparison.Ordinal) ? $"{name}_total" : name;
    }

    private static string Number(double value) => double.IsPositiveInfinity(value) ? "+Inf"
        : double.IsNegativeInfinity(value) ? "-Inf"
        : double.IsNaN(value) ? "NaN"
        : value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>Letters, digits and underscores; not a digit first.</summary>
    private static string Legal(string name)
    {
        var legal = new StringBuilder(name.Length + 1);
        foreach (char c in name)
        {
            legal.Append(char.IsAsciiLetterOrDigit(c) ? c : '_');
        }

        return legal.Length > 0 && char.IsAsciiDigit(legal[0]) ? $"_{legal}" : legal.ToString();
    }

    private static string Escaped(string text, bool quote)
    {
        string escaped = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return quote ? escaped.Replace("\"", "\\\"", StringComparison.Ordinal) : escaped;
    }
}
