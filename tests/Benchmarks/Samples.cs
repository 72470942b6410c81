namespace Orbit.Benchmarks;

/// <summary>Measured values of one kind.</summary>
internal sealed class Samples(IEnumerable<double> values)
{
    private readonly double[] _sorted = [.. values.Order()];

    /// <summary>How many there are.</summary>
    public int Count => _sorted.Length;

    /// <summary>The median.</summary>
    public double Median => Percentile(50);

    /// <summary>The smallest value that the given share of all is not above (nearest rank).</summary>
    public double Percentile(double percent) => _sorted[Math.Clamp((int)Math.Ceiling(percent / 100 * _sorted.Length) - 1, 0, _sorted.Length - 1)];
}
