using System.Diagnostics;
using Orbit.ApiTesting.Checks;
using Orbit.ApiTesting.Documents;
using Orbit.ApiTesting.Expressions;
using Orbit.ApiTesting.Http;
using Orbit.ApiTesting.Values;
using Orbit.ApiTesting.Variables;

namespace Orbit.ApiTesting.Running;

/// <summary>Carries a scenario out for one row. Everything it keeps belongs to that row alone.</summary>
internal sealed class RowRunner
{
    private readonly RunPlan _plan;
    private readonly DatasetRow _row;
    private readonly VariableScope _scope;
    private readonly CaseRunner _cases;
    private readonly List<StepRecord> _records = [];
    private readonly TimeProvider _time;

    public RowRunner(RunPlan plan, DatasetRow row, HttpTransport transport, OAuthTokens tokens, TimeProvider time)
    {
        (_plan, _row, _time) = (plan, row, time);
        _scope = plan.ScopeOf(row, time);
        _cases = new(plan, _scope, transport, tokens, time);
    }

    public async Task<RowResult> RunAsync(CancellationToken ct)
    {
        long started = Stopwatch.GetTimestamp();
        DateTimeOffset at = _time.GetUtcNow();
        _ = await ScenarioAsync(_plan.Scenario, "", ct);
        Expectations();
        _cases.Dispose();
        StepRecord[] counted = [.. _records.Where(r => !r.Superseded)];
        StepRecord? first = counted.FirstOrDefault(r => r.Outcome is Outcome.Failed);
        Outcome outcome = first is not null ? Outcome.Failed
            : counted.Any(r => r.Outcome is Outcome.Passed) ? Outcome.Passed
            : counted.Any(r => r.Outcome is Outcome.Unchecked) ? Outcome.Unchecked : Outcome.Skipped;
        return new()
        {
            Row = _row.Number,
            Name = _row.Name,
            Outcome = outcome,
            Reason = first is null ? outcome is Outcome.Skipped ? counted.FirstOrDefault()?.Reason ?? "the scenario has no steps" : "" : $"{first.Step}: {first.Reason}",
            FailureClass = first?.FailureClass ?? "",
            Steps = _records,
            Values = _row.Values,
            Masked = _scope.Masked,
            StartedAt = at,
            Milliseconds = Stopwatch.GetElapsedTime(started).TotalMilliseconds,
        };
    }

    private async Task<bool> ScenarioAsync(Scenario scenario, string path, CancellationToken ct)
    {
        string? blocked = await StepsAsync(scenario.Setup, path.Length == 0 ? "setup/" : path + "setup/", null, ct);
        bool ok = blocked is null;
        if (ok)
        {
            blocked = await StepsAsync(scenario.Steps, path, null, ct);
            ok = blocked is null;
        }
        else
        {
            _ = await StepsAsync(scenario.Steps, path, $"the set-up failed: {blocked}", ct);
        }

        // Always, a stop included; each request is bounded by its own time-out.
        _ = await StepsAsync(scenario.Teardown, path.Length == 0 ? "teardown/" : path + "teardown/", null, CancellationToken.None);
        return ok && !_records.Any(r => r.Outcome is Outcome.Failed && !r.Superseded && r.Step.StartsWith(path, StringComparison.Ordinal));
    }

    /// <returns>Why the steps after a failed one were skipped; null when none had to be.</returns>
    private async Task<string?> StepsAsync(IReadOnlyList<ScenarioStep> steps, string path, string? blocked, CancellationToken ct)
    {
        var passed = new HashSet<string>(StringComparer.Ordinal);
        foreach (ScenarioStep step in steps.Where(s => s.Enabled))
        {
            string? missing = step.Needs.FirstOrDefault(n => !passed.Contains(n));
            string? why = blocked ?? (missing is null ? null : $"it needs '{missing}', which did not pass") ?? (ct.IsCancellationRequested ? "the run was stopped" : null);
            if (why is not null)
            {
                Skip(path + step.Name, step, why);
                continue;
            }

            bool ok = await StepAsync(step, path + step.Name, ct);
            if (ok)
            {
                _ = passed.Add(step.Name);
            }
            else if (step.OnFailure is OnFailure.Stop)
            {
                blocked = $"the step '{path}{step.Name}' failed";
            }
        }

        return blocked;
    }

    private async Task<bool> StepAsync(ScenarioStep step, string path, CancellationToken ct)
    {
        try
        {
            IReadOnlyDictionary<string, Value>? outside = _scope.Step;
            _scope.Step = With(step, outside);
            try
            {
                if (step.When is { } when && !Expression.Holds(when.Evaluate(_cases.Names)))
                {
                    Skip(path, step, $"its condition does not hold: {when.Text}");
                    return true;
                }

                return step.Loop is { } loop ? await LoopAsync(step, loop, path, ct) : await TurnAsync(step, path, ct);
            }
            finally
            {
                _scope.Step = outside;
            }
        }
        catch (VariableException unknown) when (_scope.WhyMissing(unknown.Name) is not null)
        {
            Skip(path, step, unknown.Message);
            return false;
        }
        catch (Exception wrong) when (wrong is VariableException or ExpressionException)
        {
            _records.Add(new() { Step = path, Case = step.Case?.Name ?? "", Outcome = Outcome.Failed, FailureClass = "variable", Reason = $"{step.Place}: {wrong.Message}", StartedAt = _time.GetUtcNow() });
            return false;
        }
    }

    private async Task<bool> LoopAsync(ScenarioStep step, Loop loop, string path, CancellationToken ct)
    {
        bool ok = true;
        Value[]? elements = loop.Over is { } over && over.Evaluate(_cases.Names) is { Kind: ValueKind.Array } list ? [.. list.Json.EnumerateArray().Select(e => Value.Of(e).Detached())] : null;
        int? turns = loop.Times ?? elements?.Length ?? (loop.Over is null ? null : 0);
        IReadOnlyDictionary<string, Value>? outside = _scope.Step;
        for (int turn = 0; (turns is null || turn < turns) && !ct.IsCancellationRequested; turn++)
        {
            if (turn >= loop.Most)
            {
                _records.Add(new() { Step = path, Case = step.Case?.Name ?? "", Outcome = Outcome.Failed, FailureClass = "loop", Reason = $"the loop wants more than {loop.Most} turns", StartedAt = _time.GetUtcNow() });
                return false;
            }

            _scope.Step = new Dictionary<string, Value>(outside ?? new Dictionary<string, Value>(), StringComparer.Ordinal) { [loop.Variable] = elements is null ? Value.Of((double)turn) : elements[turn] };
            if (loop.While is { } condition && !Expression.Holds(condition.Evaluate(_cases.Names)))
            {
                break;
            }

            ok &= await TurnAsync(step, $"{path}#{turn + 1}", ct);
            if (!ok && step.OnFailure is OnFailure.Stop)
            {
                break;
            }
        }

        _scope.Step = outside;
        return ok;
    }

    private async Task<bool> TurnAsync(ScenarioStep step, string path, CancellationToken ct)
    {
        if (step.Nested is { } nested)
        {
            return await ScenarioAsync(nested, path + "/", ct);
        }

        TimeSpan delay = step.Retry.Delay;
        for (int attempt = 1; ; attempt++)
        {
            StepRecord record = await _cases.RunAsync(step.Case!, path, attempt, ct);
            bool again = record.Outcome is Outcome.Failed && attempt <= step.Retry.Times && step.Retry.Covers(record.FailureClass) && !ct.IsCancellationRequested;
            _records.Add(again ? record with { Superseded = true } : record);
            if (!again)
            {
                return record.Outcome is Outcome.Passed or Outcome.Unchecked;
            }

            try
            {
                await Task.Delay(delay, _time, ct);
            }
            catch (OperationCanceledException)
            {
                _records[^1] = record; // there will be no further attempt
                return false;
            }

            delay = TimeSpan.FromMilliseconds(Math.Min(delay.TotalMilliseconds * step.Retry.Backoff, 60_000));
        }
    }

    private Dictionary<string, Value>? With(ScenarioStep step, IReadOnlyDictionary<string, Value>? outside)
    {
        if (step.With.Count == 0)
        {
            return outside as Dictionary<string, Value>;
        }

        var with = new Dictionary<string, Value>(outside ?? new Dictionary<string, Value>(), StringComparer.Ordinal);
        foreach ((string name, Template value) in step.With)
        {
            with[name] = value.Evaluate(_scope);
        }

        return with;
    }

    private void Skip(string path, ScenarioStep step, string why) =>
        _records.Add(new() { Step = path, Case = step.Case?.Name ?? "", Outcome = Outcome.Skipped, Reason = why, StartedAt = _time.GetUtcNow() });

    /// <summary>What the row itself expects, of the last answer.</summary>
    private void Expectations()
    {
        if (_row.Expect is not { Count: > 0 } expect)
        {
            return;
        }

        CheckResult[] results = _cases.Last is { } last
            ? [.. expect.SelectMany(check => check.Run(last))]
            : [.. expect.Select(check => new CheckResult(check.Kind, check.Where, "an answer", "none came", Passed: false))];
        CheckResult? failed = results.FirstOrDefault(r => !r.Passed);
        _records.Add(new()
        {
            Step = "expect",
            Outcome = failed is null ? Outcome.Passed : Outcome.Failed,
            FailureClass = failed is null ? "" : "assertion",
            Reason = failed?.Message ?? "",
            Checks = results,
            StartedAt = _time.GetUtcNow(),
        });
    }
}
