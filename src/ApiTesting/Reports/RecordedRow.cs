using System.Text.Json;
using Orbit.ApiTesting.Values;

namespace Orbit.ApiTesting.Reports;

/// <summary>A row as its record tells it.</summary>
/// <param name="Row">Its number.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Outcome">Its word.</param>
/// <param name="Reason">Why it failed or was skipped.</param>
/// <param name="Milliseconds">Duration.</param>
/// <param name="Steps">Every attempt of every step.</param>
public sealed record RecordedRow(long Row, string Name, string Outcome, string Reason, double Milliseconds, IReadOnlyList<RecordedStep> Steps)
{
    /// <summary>Reads a record; members that are not there are empty.</summary>
    public static RecordedRow Read(JsonElement record) => new(
        record.TryGetProperty("row", out JsonElement number) && number.TryGetInt64(out long row) ? row : 0,
        RecordedStep.Text(record, "name"),
        RecordedStep.Text(record, "outcome"),
        RecordedStep.Text(record, "reason"),
        RecordedStep.Number(record, "ms"),
        record.TryGetProperty("steps", out JsonElement steps) && steps.ValueKind is JsonValueKind.Array ? [.. steps.EnumerateArray().Select(s => new RecordedStep(s))] : []);
}

/// <summary>An attempt of a step as its record tells it.</summary>
public sealed class RecordedStep(JsonElement json)
{
    /// <summary>The step.</summary>
    public string Step => Text(json, "step");

    /// <summary>Outcome's word.</summary>
    public string Outcome => Text(json, "outcome");

    /// <summary>Class of the failure.</summary>
    public string FailureClass => Text(json, "class");

    /// <summary>Why it failed or was skipped.</summary>
    public string Reason => Text(json, "reason");

    /// <summary>When it began, RFC 3339.</summary>
    public string At => Text(json, "at");

    /// <summary>Duration.</summary>
    public double Milliseconds => Number(json, "ms");

    /// <summary>True when a later attempt counts.</summary>
    public bool Superseded => json.TryGetProperty("superseded", out JsonElement flag) && flag.ValueKind is JsonValueKind.True;

    /// <summary>The request; null when none was sent.</summary>
    public JsonElement? Request => json.TryGetProperty("request", out JsonElement request) ? request : null;

    /// <summary>The answer; null when none came.</summary>
    public JsonElement? Response => json.TryGetProperty("response", out JsonElement response) ? response : null;

    /// <summary>Timings; null when nothing was sent.</summary>
    public JsonElement? Timings => json.TryGetProperty("timings", out JsonElement timings) ? timings : null;

    /// <summary>Checks that did not hold, a line each.</summary>
    public IEnumerable<string> FailedChecks => (json.TryGetProperty("checks", out JsonElement checks) ? checks.EnumerateArray() : default)
        .Where(c => c.TryGetProperty("passed", out JsonElement passed) && passed.ValueKind is JsonValueKind.False)
        .Select(c => $"{Text(c, "kind")} {Text(c, "where")}: expected {Text(c, "expected")}, was {Text(c, "actual")}");

    internal static string Text(JsonElement of, string name) =>
        of.ValueKind is JsonValueKind.Object && of.TryGetProperty(name, out JsonElement member) ? member.ValueKind is JsonValueKind.String ? JsonText.TextOf(member) : member.GetRawText() : "";

    internal static double Number(JsonElement of, string name) =>
        of.ValueKind is JsonValueKind.Object && of.TryGetProperty(name, out JsonElement member) && member.ValueKind is JsonValueKind.Number ? member.GetDouble() : 0;

    internal static IEnumerable<(string Name, string Value)> Headers(JsonElement message) =>
        message.TryGetProperty("headers", out JsonElement headers) && headers.ValueKind is JsonValueKind.Array
            ? headers.EnumerateArray().Where(h => h.ValueKind is JsonValueKind.Array && h.GetArrayLength() == 2).Select(h => (JsonText.TextOf(h[0]), JsonText.TextOf(h[1])))
            : [];
}
