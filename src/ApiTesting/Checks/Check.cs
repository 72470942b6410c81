using Orbit.ApiTesting.Expressions;
using Orbit.ApiTesting.JsonPath;
using Orbit.ApiTesting.Values;
using Orbit.ApiTesting.Variables;

namespace Orbit.ApiTesting.Checks;

/// <summary>One thing that must hold of an answer. Never throws: what cannot be evaluated is a failed check that says why.</summary>
public abstract class Check(string kind, string where)
{
    /// <summary>Kind of check.</summary>
    public string Kind { get; } = kind;

    /// <summary>What it looks at.</summary>
    public string Where { get; } = where;

    /// <summary>Name that the document gives it; empty for none.</summary>
    public string Name { get; init; } = "";

    /// <summary>Compares.</summary>
    public IReadOnlyList<CheckResult> Run(Answer answer)
    {
        try
        {
            return [.. Evaluate(answer)];
        }
        catch (Exception broken)
        {
            return [new(Kind, Where, "to be evaluated", broken is VariableException or ExpressionException or JsonPathException or FormatException ? broken.Message : $"{broken.GetType().Name}: {broken.Message}", Passed: false)];
        }
    }

    /// <summary>Compares; may throw.</summary>
    private protected abstract IEnumerable<CheckResult> Evaluate(Answer answer);
}

/// <summary>A value of the answer against comparisons.</summary>
internal sealed class ValueCheck(string kind, string where, Func<Answer, Value> read, IReadOnlyList<Comparison> comparisons) : Check(kind, where)
{
    private protected override IEnumerable<CheckResult> Evaluate(Answer answer)
    {
        Value actual = read(answer);
        return comparisons.Select(c => c.Apply(Kind, Where, actual, answer.Scope));
    }
}

/// <summary>The status: exact, a class such as <c>2xx</c>, or one of several.</summary>
internal sealed class StatusCheck(IReadOnlyList<string> allowed) : Check("status", "")
{
    public IReadOnlyList<string> Allowed => allowed;

    private protected override IEnumerable<CheckResult> Evaluate(Answer answer)
    {
        string actual = answer.Status.ToString(System.Globalization.CultureInfo.InvariantCulture);
        bool passed = allowed.Any(a => a == actual || (a.EndsWith("xx", StringComparison.Ordinal) && actual.Length == 3 && a[0] == actual[0]));
        yield return new(Kind, Where, string.Join(" or ", allowed), actual, passed);
    }
}

/// <summary>JSONPath against comparisons. A query that gives several nodes is compared as the list of them.</summary>
internal sealed class JsonPathCheck(JsonPathQuery query, bool several, IReadOnlyList<Comparison> comparisons) : Check("jsonpath", query.Text)
{
    private protected override IEnumerable<CheckResult> Evaluate(Answer answer)
    {
        Value body = answer.Json;
        if (!body.Exists)
        {
            return [new(Kind, Where, "JSON", answer.JsonProblem, Passed: false)];
        }

        Value actual = several ? All(body) : JsonPaths.First(query, body);
        return comparisons.Select(c => c.Apply(Kind, Where, actual, answer.Scope));
    }

    private Value All(Value body) =>
        Value.Of(JsonText.Parse("[" + string.Join(',', JsonPaths.Find(query, body).Select(n => n.Json.GetRawText())) + "]"));
}

/// <summary>An expression that must be true.</summary>
internal sealed class ExpressionCheck(Expression expression) : Check("expression", expression.Text)
{
    private protected override IEnumerable<CheckResult> Evaluate(Answer answer)
    {
        Value value = expression.Evaluate(answer.Lookup);
        yield return new(Kind, Where, "true", CheckResult.Cut(value.Exists ? value.ToJson() : "nothing there"), Expression.Holds(value));
    }
}

/// <summary>The body against a JSON Schema; every violation is a result of its own.</summary>
internal sealed class SchemaCheck(JsonSchema schema, JsonPathQuery? at) : Check("schema", at?.Text ?? "$")
{
    private protected override IEnumerable<CheckResult> Evaluate(Answer answer)
    {
        Value body = answer.Json;
        Value part = body.Exists && at is not null ? JsonPaths.First(at, body) : body;
        if (!part.Exists)
        {
            return [new(Kind, Where, "JSON", body.Exists ? "nothing there" : answer.JsonProblem, Passed: false)];
        }

        List<SchemaViolation> violations = schema.Validate(JsonPaths.ElementOf(part));
        return violations.Count == 0
            ? [new(Kind, Where, "to fit the schema", "fits", Passed: true)]
            : violations.Select(v => new CheckResult(Kind, Where + v.Place, v.Expected, CheckResult.Cut(v.Actual), Passed: false));
    }
}
