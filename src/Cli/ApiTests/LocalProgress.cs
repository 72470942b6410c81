using System.Globalization;
using Orbit.ApiTesting.Records;
using Orbit.ApiTesting.Running;
using Orbit.Cli.Commands;
using Orbit.Cli.Output;

namespace Orbit.Cli.ApiTests;

/// <summary>What a local run shows: failures as they come, a counting line on a terminal, figures at the end.</summary>
internal sealed class LocalProgress(CommandContext context)
{
    private const int ShownFailures = 20;
    private long _nextDraw;
    private long _failures;

    public void Row(RowResult row, RunSummary summary)
    {
        if (row.Outcome is Outcome.Failed && !context.Report.Json && _failures++ < ShownFailures)
        {
            Clear();
            string of = row.Name.Length > 0 ? row.Name : $"row {row.Row + 1}";
            context.Report.Line(new Span("✗ ", Tone.Bad), $"{of}: {row.Masked.Hide(row.Reason)}");
        }

        if (context.Shell.CanRedraw && !context.Report.Json && Environment.TickCount64 >= _nextDraw)
        {
            _nextDraw = Environment.TickCount64 + 200;
            context.Shell.Output.Write(string.Create(CultureInfo.InvariantCulture, $"\r{summary.Total} rows, {summary.Rows[Outcome.Failed]} failed"));
        }
    }

    public void End(RunSummary summary, RunPlan plan, TimeSpan took)
    {
        if (context.Report.Json)
        {
            context.Shell.Output.WriteLine(Json(summary, plan, took));
            return;
        }

        Clear();
        if (_failures > ShownFailures)
        {
            context.Report.Line($"… and {_failures - ShownFailures} more failures");
        }

        foreach (FailureCluster cluster in summary.Clusters.Where(c => c.Count > 1).Take(10))
        {
            context.Report.Line(new Span($"{cluster.Count} × ", Tone.Bad), $"{cluster.Step}: {cluster.Reason} [{cluster.Fingerprint}]");
        }

        Span verdict = summary.Rows[Outcome.Failed] > 0 ? new("failed", Tone.Bad) : context.Stop.IsCancellationRequested ? new("stopped", Tone.Care) : summary.Total == 0 ? new("no rows", Tone.Care) : new("passed", Tone.Good);
        context.Report.Line(verdict, string.Create(CultureInfo.InvariantCulture,
            $": {plan.Scenario.Name}: {summary.Rows[Outcome.Passed]} passed, {summary.Rows[Outcome.Failed]} failed, {summary.Rows[Outcome.Unchecked]} unchecked, {summary.Rows[Outcome.Skipped]} skipped of {summary.Total} rows; {summary.ChecksPassed} checks held, {summary.ChecksFailed} did not"));
        context.Report.Line(string.Create(CultureInfo.InvariantCulture,
            $"{summary.Requests} requests in {took.TotalSeconds:0.00} s ({summary.Requests / Math.Max(took.TotalSeconds, 0.001):0}/s); p50 {summary.Latency.Percentile(50):0.0} ms, p95 {summary.Latency.Percentile(95):0.0} ms, p99 {summary.Latency.Percentile(99):0.0} ms, max {summary.Latency.Max:0.0} ms; seed {plan.Seed}"));
    }

    private void Clear()
    {
        if (context.Shell.CanRedraw)
        {
            context.Shell.Output.Write("\r\x1b[K");
        }
    }

    private static string Json(RunSummary summary, RunPlan plan, TimeSpan took)
    {
        var figures = new Dictionary<string, object>
        {
            ["run"] = plan.Scenario.Name,
            ["seed"] = plan.Seed,
            ["total"] = summary.Total,
            ["passed"] = summary.Rows[Outcome.Passed],
            ["failed"] = summary.Rows[Outcome.Failed],
            ["unchecked"] = summary.Rows[Outcome.Unchecked],
            ["skipped"] = summary.Rows[Outcome.Skipped],
            ["checks_passed"] = summary.ChecksPassed,
            ["checks_failed"] = summary.ChecksFailed,
            ["requests"] = summary.Requests,
            ["seconds"] = Math.Round(took.TotalSeconds, 4),
            ["p50_ms"] = Math.Round(summary.Latency.Percentile(50), 3),
            ["p95_ms"] = Math.Round(summary.Latency.Percentile(95), 3),
            ["p99_ms"] = Math.Round(summary.Latency.Percentile(99), 3),
            ["clusters"] = summary.Clusters.Take(50).Select(c => new { fingerprint = c.Fingerprint, step = c.Step, failure_class = c.FailureClass, reason = c.Reason, count = c.Count, first_row = c.FirstRow }).ToArray(),
        };
        return System.Text.Json.JsonSerializer.Serialize(figures);
    }
}
