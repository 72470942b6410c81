using System.Text.RegularExpressions;
using Orbit.ApiTesting.Expressions;
using Orbit.ApiTesting.JsonPath;
using Orbit.ApiTesting.Values;
using Orbit.ApiTesting.Variables;

namespace Orbit.ApiTesting.Checks;

/// <summary>A value to keep from an answer.</summary>
/// <param name="Name">Variable that takes it.</param>
/// <param name="Secret">True: no record shows it.</param>
/// <param name="From">Where it comes from, in words.</param>
/// <param name="Read">Reads it; missing when it is not there.</param>
/// <param name="Otherwise">Taken when it is not there; null: that is a failure.</param>
public sealed record Extraction(string Name, bool Secret, string From, Func<Answer, Value> Read, Template? Otherwise)
{
    /// <summary>Extracts.</summary>
    /// <returns>Why it could not; null when it could.</returns>
    public string? Apply(Answer answer, out Value value)
    {
        value = Value.Missing;
        try
        {
            value = Read(answer);
            value = value.Exists || Otherwise is null ? value : Otherwise.Evaluate(answer.Scope);
        }
        catch (Exception broken)
        {
            return $"{From}: {broken.Message}";
        }

        if (!value.Exists)
        {
            return $"{From}: nothing there";
        }

        value = value.Detached();
        return null;
    }

    internal static Value ByRegex(Regex regex, int group, Answer answer) =>
        regex.Match(answer.Text) is { Success: true } match && match.Groups.Count > group && match.Groups[group].Success ? Value.Of(match.Groups[group].Value) : Value.Missing;

    internal static Value ByHeader(string? text) => text is null ? Value.Missing : Value.Of(text);

    internal static Value ByPath(JsonPathQuery query, Answer answer) => answer.Json.Exists
        ? JsonPaths.First(query, answer.Json)
        : throw new FormatException(answer.JsonProblem);

    internal static Value ByExpression(Expression expression, Answer answer) => expression.Evaluate(answer.Lookup);
}
