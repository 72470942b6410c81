using System.Diagnostics.Metrics;

namespace Orbit.ControlPlane.Ingest;

/// <summary>Figures of the writer: items a batch and time a commit.</summary>
internal sealed class IngestMeter(IMeterFactory meters, TimeProvider time)
{
    /// <summary>Name of the meter.</summary>
    public const string Name = "Orbit.Ingest";

    private readonly Meter _meter = meters.Create(Name);
    private Histogram<int>? _items;
    private Histogram<double>? _seconds;

    /// <summary>A point on the monotonic clock.</summary>
    public long Start() => time.GetTimestamp();

    /// <summary>Records a committed batch.</summary>
    public void Committed(int items, long started)
    {
        _items ??= _meter.CreateHistogram<int>("orbit.ingest.batch.items", "{item}", "Items committed together");
        _seconds ??= _meter.CreateHistogram<double>("orbit.ingest.commit.duration", "s", "Time from taking a batch to its commit");
        _items.Record(items);
        _seconds.Record(time.GetElapsedTime(started).TotalSeconds);
    }
}
