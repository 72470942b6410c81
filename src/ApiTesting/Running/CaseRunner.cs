using System.Diagnostics;
using Orbit.ApiTesting.Checks;
using Orbit.ApiTesting.Documents;
using Orbit.ApiTesting.Expressions;
using Orbit.ApiTesting.Http;
using Orbit.ApiTesting.Values;
using Orbit.ApiTesting.Variables;

namespace Orbit.ApiTesting.Running;

/// <summary>Carries cases out for one row.</summary>
internal sealed class CaseRunner(RunPlan plan, VariableScope scope, HttpTransport transport, OAuthTokens tokens, TimeProvider time)
{
    private readonly RequestBuilder _builder = new(plan.Files);
    private readonly CookieJar _jar = new();

    /// <summary>The newest answer.</summary>
    public Answer? Last { get; private set; }

    /// <summary>The names that conditions between steps see: those of the newest answer, and all variables.</summary>
    public NameLookup Names => Last is { } last ? last.Lookup : Answer.Names(scope);

    public void Dispose() => Last?.Dispose();

    public async Task<StepRecord> RunAsync(ApiCase one, string path, int attempt, CancellationToken ct)
    {
        long started = Stopwatch.GetTimestamp();
        var record = new StepRecord { Step = path, Case = one.Name, Attempt = attempt, StartedAt = time.GetUtcNow() };
        try
        {
            record = await ActAsync(one, one.Before, record, ct);
            record = one.Kind is CaseKind.Http ? await SendAsync(one, record, ct) : await CommandAsync(one, record, ct);
        }
        catch (VariableException unknown) when (scope.WhyMissing(unknown.Name) is not null)
        {
            record = record with { Outcome = Outcome.Skipped, Reason = unknown.Message }; // what it needs was to be extracted before and was not
        }
        catch (Exception wrong) when (wrong is VariableException or ExpressionException)
        {
            record = record with { Outcome = Outcome.Failed, FailureClass = "variable", Reason = wrong.Message };
        }
        catch (ScriptException wrong)
        {
            record = record with { Outcome = Outcome.Failed, FailureClass = "script", Reason = wrong.Message };
        }
        catch (RequestException wrong)
        {
            record = record with { Outcome = Outcome.Failed, FailureClass = "request", Reason = wrong.Message };
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            record = record with { Outcome = Outcome.Skipped, FailureClass = "stopped", Reason = "the run was stopped" };
        }

        if (record.Outcome is Outcome.Failed or Outcome.Skipped)
        {
            foreach (Extraction lost in one.Extract)
            {
                if (record.Extracted.All(e => e.Key != lost.Name))
                {
                    scope.Fail(lost.Name, $"the step '{path}' did not extract it");
                }
            }
        }

        return record with { Milliseconds = Stopwatch.GetElapsedTime(started).TotalMilliseconds };
    }

    private async Task<StepRecord> SendAsync(ApiCase one, StepRecord record, CancellationToken ct)
    {
        HttpCall call = one.Http!;
        PreparedRequest request = _builder.Build(call, scope);
        if (call.Auth is { Kind: AuthKind.OAuth2 } auth)
        {
            request = await tokens.SignAsync(request, auth, scope, ct);
        }

        Exchange exchange = await transport.SendAsync(request, _jar, ct);
        record = record with { Exchange = exchange };
        if (exchange.ErrorClass.Length > 0)
        {
            return record with { Outcome = exchange.ErrorClass == "stopped" ? Outcome.Skipped : Outcome.Failed, FailureClass = exchange.ErrorClass, Reason = exchange.Error };
        }

        return await JudgeAsync(one, record, new()
        {
            Status = exchange.Status,
            Headers = exchange.Headers,
            Body = exchange.Body,
            Size = exchange.Size,
            Cut = exchange.Hash is not null,
            Milliseconds = exchange.Timings.Total,
            Redirects = exchange.Redirected.Count,
            Scope = scope,
        }, ct);
    }

    private async Task<StepRecord> CommandAsync(ApiCase one, StepRecord record, CancellationToken ct)
    {
        CommandCall call = one.Command!;
        if (plan.Commands is null)
        {
            return record with { Outcome = Outcome.Failed, FailureClass = "command", Reason = "programs may not be run here" };
        }

        var start = new CommandStart(
            [.. call.Arguments.Select(a => a.Render(scope))], [.. call.Environment.Select(e => KeyValuePair.Create(e.Name, e.Value.Render(scope)))], call.Directory?.Render(scope), call.Timeout);
        CommandEnd end = await plan.Commands.RunAsync(start, ct);
        record = record with { Command = end };
        if (end.Error.Length > 0)
        {
            return ct.IsCancellationRequested
                ? record with { Outcome = Outcome.Skipped, FailureClass = "stopped", Reason = end.Error }
                : record with { Outcome = Outcome.Failed, FailureClass = end.ErrorClass, Reason = end.Error };
        }

        return await JudgeAsync(one, record, new()
        {
            ExitCode = end.ExitCode,
            Body = end.Output,
            Errors = end.Errors,
            Size = end.Size,
            Cut = end.Size > end.Output.Length,
            Milliseconds = end.Milliseconds,
            Scope = scope,
        }, ct);
    }

    private async Task<StepRecord> JudgeAsync(ApiCase one, StepRecord record, Answer answer, CancellationToken ct)
    {
        Last?.Dispose();
        Last = answer;
        var extracted = new List<KeyValuePair<string, Value>>(record.Extracted);
        string? lost = null;
        foreach (Extraction extraction in one.Extract)
        {
            if (extraction.Apply(answer, out Value value) is { } problem)
            {
                lost ??= $"'{extraction.Name}' could not be extracted: {problem}";
                scope.Fail(extraction.Name, $"the step '{record.Step}' did not extract it ({problem})");
                continue;
            }

            if (extraction.Secret)
            {
                scope.Masked.Add(value.ToString());
            }

            scope.Set(extraction.Name, value);
            extracted.Add(new(extraction.Name, value));
        }

        record = record with { Extracted = extracted };
        try
        {
            record = await ActAsync(one, one.After, record, ct);
        }
        catch (Exception wrong) when (wrong is ScriptException or ExpressionException)
        {
            return record with { Outcome = Outcome.Failed, FailureClass = wrong is ScriptException ? "script" : "variable", Reason = wrong.Message }; // with what came back
        }

        var checks = new List<CheckResult>(record.Checks);
        foreach (Check check in one.Checks)
        {
            checks.AddRange(check.Run(answer));
        }

        if (answer.ExitCode is { } code && one.Kind is CaseKind.Pytest && one.Checks.Count == 0)
        {
            checks.Add(new("exit_code", "", "0", code.ToString(System.Globalization.CultureInfo.InvariantCulture), code == 0));
        }

        CheckResult? failed = checks.Find(c => !c.Passed);
        record = record with { Checks = checks };
        if (failed is not null)
        {
            bool busy = answer.Status is >= 500 or 429;
            return record with { Outcome = Outcome.Failed, FailureClass = busy ? "status" : "assertion", Reason = failed.Message };
        }

        return lost is not null
            ? record with { Outcome = Outcome.Failed, FailureClass = "extraction", Reason = lost }
            : record with { Outcome = checks.Count == 0 ? Outcome.Unchecked : Outcome.Passed };
    }

    /// <returns>The record with what tests of scripts found, and what they set.</returns>
    private async Task<StepRecord> ActAsync(ApiCase one, IReadOnlyList<CaseAction> actions, StepRecord record, CancellationToken ct)
    {
        foreach (CaseAction action in actions)
        {
            foreach ((string name, Expression value) in action.Set)
            {
                Value result = value.Evaluate(Names);
                Remember(name, result.Exists ? result.Detached() : throw new ExpressionException($"{action.Place}: '{value.Text}' gives nothing for '{name}'"));
            }

            if (action.Wait > TimeSpan.Zero)
            {
                await Task.Delay(action.Wait, time, ct);
            }

            if (action.Call is { } called)
            {
                StepRecord inner = await RunAsync(plan.Document.Cases[called], called, 1, ct);
                if (inner.Outcome is Outcome.Failed)
                {
                    throw new ExpressionException($"{action.Place}: the called case '{called}' failed: {inner.Reason}");
                }
            }

            if (action.Script is { } script)
            {
                record = await ScriptAsync(new(script, action.Place, one, record.Exchange, record.Exchange is null ? null : Last, scope), record, ct);
            }
        }

        return record;
    }

    private async Task<StepRecord> ScriptAsync(ScriptCall call, StepRecord record, CancellationToken ct)
    {
        ScriptEnd end = await PostmanScriptRun.RunAsync(plan, call, ct);
        foreach ((string name, string value) in end.Set)
        {
            Remember(name, Value.Of(value));
        }

        foreach (string name in end.Unset)
        {
            scope.Fail(name, $"the script at {call.Place} has removed it");
        }

        return end.Error.Length > 0
            ? throw new ScriptException($"{call.Place}: {end.Error}")
            : record with { Checks = [.. record.Checks, .. end.Tests], Extracted = [.. record.Extracted, .. end.Set.Select(v => KeyValuePair.Create(v.Key, Value.Of(v.Value)))] };
    }

    private void Remember(string name, Value value)
    {
        scope.Set(name, value);
        if (Secrets.Suggests(name))
        {
            scope.Masked.Add(value.ToString());
        }
    }
}
