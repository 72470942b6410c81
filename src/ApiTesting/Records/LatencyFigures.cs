namespace Orbit.ApiTesting.Records;

/// <summary>Percentiles in constant memory: buckets that grow by 5 %, so a percentile is right within that.</summary>
public sealed class LatencyFigures
{
    private const double Growth = 1.05;
    private const double Smallest = 0.01; // ms
    private static readonly double LogGrowth = Math.Log(Growth);
    private readonly long[] _buckets = new long[420];

    /// <summary>Number of values.</summary>
    public long Count { get; private set; }

    /// <summary>Sum of all values.</summary>
    public double Sum { get; private set; }

    /// <summary>Largest value.</summary>
    public double Max { get; private set; }

    /// <summary>Adds a duration in milliseconds.</summary>
    public void Add(double milliseconds)
    {
        int bucket = milliseconds <= Smallest ? 0 : (int)(Math.Log(milliseconds / Smallest) / LogGrowth) + 1;
        _buckets[Math.Min(bucket, _buckets.Length - 1)]++;
        Count++;
        Sum += milliseconds;
        Max = Math.Max(Max, milliseconds);
    }

    /// <summary>A percentile, 0 to 100; 0 when there is nothing.</summary>
    public double Percentile(double percent)
    {
        long rank = (long)Math.Ceiling(Count * percent / 100);
        long seen = 0;
        for (int i = 0; i < _buckets.Length; i++)
        {
            seen += _buckets[i];
            if (seen >= rank && seen > 0)
            {
                return Math.Min(Max, Smallest * Math.Pow(Growth, i));
            }
        }

        return Max;
    }
}
