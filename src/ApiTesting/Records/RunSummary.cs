using Orbit.ApiTesting.Running;

namespace Orbit.ApiTesting.Records;

/// <summary>A cause that several rows failed of.</summary>
/// <param name="Fingerprint">Stable over runs: of step, class and reason without numbers and quoted values.</param>
/// <param name="Step">The step.</param>
/// <param name="FailureClass">Its class.</param>
/// <param name="Reason">Of the first row.</param>
/// <param name="FirstRow">The first row.</param>
/// <param name="Count">Rows.</param>
public sealed record FailureCluster(string Fingerprint, string Step, string FailureClass, string Reason, long FirstRow, int Count);

/// <summary>Figures of a run, in memory that does not grow with its rows.</summary>
public sealed class RunSummary
{
    private const int MostClusters = 500;
    private readonly Dictionary<string, FailureCluster> _clusters = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, LatencyFigures> _steps = new(StringComparer.Ordinal);

    /// <summary>Rows by outcome.</summary>
    public IReadOnlyDictionary<Outcome, long> Rows => _rows;

    /// <summary>Requests that were sent, all attempts.</summary>
    public long Requests { get; private set; }

    /// <summary>Checks that held.</summary>
    public long ChecksPassed { get; private set; }

    /// <summary>Checks that did not.</summary>
    public long ChecksFailed { get; private set; }

    /// <summary>Times of all requests.</summary>
    public LatencyFigures Latency { get; } = new();

    /// <summary>Times by case.</summary>
    public IReadOnlyDictionary<string, LatencyFigures> ByCase => _steps;

    /// <summary>Failures by cause, most rows first.</summary>
    public IEnumerable<FailureCluster> Clusters => _clusters.Values.OrderByDescending(c => c.Count).ThenBy(c => c.FirstRow);

    /// <summary>Failures beyond the clusters that are kept.</summary>
    public long OtherFailures { get; private set; }

    /// <summary>All rows.</summary>
    public long Total => _rows.Values.Sum();

    private readonly Dictionary<Outcome, long> _rows = new() { [Outcome.Passed] = 0, [Outcome.Failed] = 0, [Outcome.Skipped] = 0, [Outcome.Unchecked] = 0 };

    /// <summary>Adds a row.</summary>
    public void Add(RowResult row)
    {
        _rows[row.Outcome]++;
        foreach (StepRecord step in row.Steps)
        {
            int held = step.Checks.Count(c => c.Passed);
            ChecksPassed += held;
            ChecksFailed += step.Checks.Count - held;
            double? time = step.Exchange?.Timings.Total ?? step.Command?.Milliseconds;
            if (time is { } milliseconds)
            {
                Requests++;
                Latency.Add(milliseconds);
                if (!_steps.TryGetValue(step.Case, out LatencyFigures? figures))
                {
                    _steps[step.Case] = figures = new();
                }

                figures.Add(milliseconds);
            }
        }

        if (row.Outcome is Outcome.Failed)
        {
            Cluster(row);
        }
    }

    private void Cluster(RowResult row)
    {
        StepRecord? first = row.Steps.FirstOrDefault(s => s.Outcome is Outcome.Failed && !s.Superseded);
        string step = first?.Step ?? "";
        string reason = row.Masked.Hide(first?.Reason ?? row.Reason);
        string print = Fingerprint.Of(step, row.FailureClass, reason);
        if (_clusters.TryGetValue(print, out FailureCluster? known))
        {
            _clusters[print] = known with { Count = known.Count + 1 };
        }
        else if (_clusters.Count < MostClusters)
        {
            _clusters[print] = new(print, step, row.FailureClass, reason, row.Row, 1);
        }
        else
        {
            OtherFailures++;
        }
    }
}
