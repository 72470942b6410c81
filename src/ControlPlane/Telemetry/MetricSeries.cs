using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Orbit.ControlPlane.Telemetry;

/// <summary>What an instrument measures, in Prometheus' terms.</summary>
internal enum SeriesKind
{
    /// <summary>Only grows.</summary>
    Counter,

    /// <summary>Goes up and down.</summary>
    Gauge,

    /// <summary>Counts measurements by size.</summary>
    Histogram,
}

/// <summary>All series of one instrument: one for each combination of tags.</summary>
/// <remarks>The number of series is bounded, so that a tag with many values cannot use up the memory; what is beyond is not counted.</remarks>
internal sealed class MetricSeries(Instrument instrument, SeriesKind kind, double[] bounds)
{
    private const int MostSeries = 2000;
    private readonly ConcurrentDictionary<string, Point> _points = new(StringComparer.Ordinal);

    public Instrument Instrument { get; } = instrument;

    public SeriesKind Kind { get; } = kind;

    /// <summary>Upper bounds of a histogram's buckets, without infinity.</summary>
    public double[] Bounds { get; } = bounds;

    /// <summary>The points, by their labels as written.</summary>
    public IEnumerable<KeyValuePair<string, Point>> Points => _points;

    /// <summary>Adds to a counter, or to a histogram.</summary>
    public void Add(string labels, double value)
    {
        if (PointOf(labels) is not { } point)
        {
            return;
        }

        lock (point)
        {
            point.Value += value;
            if (Kind is SeriesKind.Histogram)
            {
                point.Count++;
                point.Buckets[BucketOf(value)]++;
            }
        }
    }

    /// <summary>Sets what an observed instrument says now.</summary>
    public void Set(string labels, double value)
    {
        if (PointOf(labels) is { } point)
        {
            lock (point)
            {
                point.Value = value;
            }
        }
    }

    /// <summary>Forgets what was observed, so that a combination of tags that is gone does not stay.</summary>
    public void Clear() => _points.Clear();

    private int BucketOf(double value)
    {
        int index = Array.BinarySearch(Bounds, value);
        return index < 0 ? ~index : index;
    }

    private Point? PointOf(string labels) =>
        _points.TryGetValue(labels, out Point? point) ? point
        : _points.Count >= MostSeries ? null
        : _points.GetOrAdd(labels, _ => new Point(Bounds.Length + 1));

    /// <summary>One series' present numbers; read under its lock.</summary>
    internal sealed class Point(int buckets)
    {
        /// <summary>The value; of a histogram the sum.</summary>
        public double Value { get; set; }

        /// <summary>Measurements of a histogram.</summary>
        public long Count { get; set; }

        /// <summary>Measurements by bucket, each counted once; the last is beyond all bounds.</summary>
        public long[] Buckets { get; } = new long[buckets];
    }
}
