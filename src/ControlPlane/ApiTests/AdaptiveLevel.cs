namespace Orbit.ControlPlane.ApiTests;

/// <summary>
/// How many rows run at a time where Orbit chooses: one more while all goes well, half when target or hosts get slow. Slow is told by each
/// target's own usual time, so that a batch of quick and slow cases is judged fairly. Kept as JSON with the batch.
/// </summary>
internal sealed class AdaptiveLevel
{
    /// <summary>Fewer rows than this say nothing.</summary>
    private const int FewestRows = 5;

    /// <summary>Of how many targets the usual time is remembered.</summary>
    private const int MostTargets = 200;

    /// <summary>So many times the usual time is slow.</summary>
    private const double Slow = 2;

    /// <summary>Milliseconds a row; less than this over the usual is noise.</summary>
    private const double Noise = 5;

    /// <summary>Usual milliseconds of a row by target.</summary>
    public Dictionary<string, double> Usual { get; init; } = [];

    /// <summary>Rows since the level was looked at.</summary>
    public int Rows { get; set; }

    /// <summary>Of those: could not connect, or had no answer in time.</summary>
    public int Lost { get; set; }

    /// <summary>Milliseconds that the others took.</summary>
    public double Took { get; set; }

    /// <summary>Milliseconds that they usually take.</summary>
    public double Expected { get; set; }

    /// <summary>The level that a batch begins with.</summary>
    public static int First(int most) => Math.Max(1, (most + 1) / 2);

    /// <summary>A row has ended.</summary>
    public void Note(string target, double milliseconds, string failureClass)
    {
        Rows++;
        if (failureClass is "timeout" or "connect")
        {
            Lost++;
            return;
        }

        bool known = Usual.TryGetValue(target, out double usual);
        usual = known ? usual : milliseconds;
        Took += milliseconds;
        Expected += usual;
        if (known || Usual.Count < MostTargets)
        {
            // Down quickly, up hardly: a target that has become slow must not pass for one that always was.
            Usual[target] = usual + ((milliseconds - usual) * (milliseconds < usual ? 0.3 : 0.01));
        }
    }

    /// <summary>Chooses the level from what has ended since it was looked at.</summary>
    /// <returns>The new level, and why it fell; no words when it did not.</returns>
    public (int Level, string Why) Next(int level, int most)
    {
        if (Rows < Math.Max(FewestRows, level))
        {
            return (Math.Min(level, most), "");
        }

        string why = Lost * 10 > Rows ? $"{Lost} of {Rows} rows could not connect or had no answer in time"
            : Took > Slow * Expected && Took - Expected > Noise * Rows ? $"rows took {Took / Expected:0.0} times as long as usual"
            : "";
        (Rows, Lost, Took, Expected) = (0, 0, 0, 0);
        return why.Length > 0 ? (Math.Max(1, Math.Min(level, most) / 2), level > 1 ? why : "") : (Math.Min(level + 1, most), "");
    }
}
