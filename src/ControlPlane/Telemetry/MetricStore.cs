using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Orbit.ControlPlane.Telemetry;

/// <summary>Keeps the present numbers of all instruments worth showing, from the start of the process on.</summary>
internal sealed class MetricStore : IDisposable
{
    // Boundaries that OpenTelemetry's conventions give for durations in seconds.
    private static readonly double[] DurationBounds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
    private static readonly double[] CountBounds = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];
    private static readonly string[] Meters = ["Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Npgsql", "System.Runtime"];

    private readonly ConcurrentDictionary<Instrument, MetricSeries> _all = new();
    private readonly MeterListener _listener = new();
    private readonly Lock _collecting = new();

    /// <param name="own">Makes this server's meters; those of another server in the same process are not shown.</param>
    public MetricStore(IMeterFactory own)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (IsShown(instrument.Meter.Name) && (instrument.Meter.Scope is null || instrument.Meter.Scope == own) && SeriesOf(instrument) is { } series)
            {
                _all[instrument] = series;
                listener.EnableMeasurementEvents(instrument, series);
            }
        };
        _listener.MeasurementsCompleted = (instrument, _) => _all.TryRemove(instrument, out MetricSeries? _);
        _listener.SetMeasurementEventCallback<byte>((i, v, tags, state) => Record(i, v, tags, state));
        _listener.SetMeasurementEventCallback<short>((i, v, tags, state) => Record(i, v, tags, state));
        _listener.SetMeasurementEventCallback<int>((i, v, tags, state) => Record(i, v, tags, state));
        _listener.SetMeasurementEventCallback<long>((i, v, tags, state) => Record(i, v, tags, state));
        _listener.SetMeasurementEventCallback<float>((i, v, tags, state) => Record(i, v, tags, state));
        _listener.SetMeasurementEventCallback<double>((i, v, tags, state) => Record(i, v, tags, state));
        _listener.SetMeasurementEventCallback<decimal>((i, v, tags, state) => Record(i, (double)v, tags, state));
        _listener.Start();
    }

    /// <summary>True for meters whose instruments are shown.</summary>
    public static bool IsShown(string meter) => meter.StartsWith("Orbit.", StringComparison.Ordinal) || Meters.Contains(meter);

    /// <summary>Asks observed instruments and returns all series, by name.</summary>
    public IReadOnlyList<MetricSeries> Collect()
    {
        lock (_collecting)
        {
            foreach (MetricSeries series in _all.Values.Where(s => s.Instrument.IsObservable))
            {
                series.Clear();
            }

            _listener.RecordObservableInstruments();
            return [.. _all.Values.OrderBy(s => s.Instrument.Name, StringComparer.Ordinal)];
        }
    }

    /// <inheritdoc />
    public void Dispose() => _listener.Dispose();

    private static void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        var series = (MetricSeries)state!;
        string labels = PrometheusText.Labels(tags);
        if (instrument.IsObservable || instrument.GetType().GetGenericTypeDefinition() == typeof(Gauge<>))
        {
            series.Set(labels, value);
        }
        else
        {
            series.Add(labels, value);
        }
    }

    private static MetricSeries? SeriesOf(Instrument instrument)
    {
        Type type = instrument.GetType().GetGenericTypeDefinition();
        if (type == typeof(Histogram<>))
        {
            return new(instrument, SeriesKind.Histogram, instrument.Unit is "s" ? DurationBounds : CountBounds);
        }

        bool grows = type == typeof(Counter<>) || type == typeof(ObservableCounter<>);
        return new(instrument, grows ? SeriesKind.Counter : SeriesKind.Gauge, []);
    }
}
