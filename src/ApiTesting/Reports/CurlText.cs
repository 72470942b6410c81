using System.Text;
using System.Text.Json;

namespace Orbit.ApiTesting.Reports;

/// <summary>Requests as curl commands for a POSIX shell; what was masked in the record stays masked.</summary>
public static class CurlText
{
    /// <summary>Every request of a recorded row.</summary>
    public static IEnumerable<(string Step, string Command)> OfRow(JsonElement record)
    {
        foreach (RecordedStep step in RecordedRow.Read(record).Steps)
        {
            if (step.Request is { } request)
            {
                yield return (step.Step, Of(request));
            }
        }
    }

    /// <summary>One recorded request.</summary>
    public static string Of(JsonElement request)
    {
        var command = new StringBuilder("curl");
        string method = RecordedStep.Text(request, "method");
        if (method is not ("GET" or "POST" or ""))
        {
            _ = command.Append(" -X ").Append(Quoted(method));
        }

        foreach ((string name, string value) in RecordedStep.Headers(request))
        {
            _ = command.Append(" -H ").Append(Quoted($"{name}: {value}"));
        }

        if (request.TryGetProperty("base64", out JsonElement bytes))
        {
            return $"printf %s {Quoted(bytes.GetString() ?? "")} | base64 -d | {command.Append(" --data-binary @- ").Append(Quoted(RecordedStep.Text(request, "url")))}";
        }

        if (request.TryGetProperty("body", out _))
        {
            _ = command.Append(" --data-raw ").Append(Quoted(RecordedStep.Text(request, "body")));
        }
        else if (method == "POST")
        {
            _ = command.Append(" -X POST");
        }

        return command.Append(' ').Append(Quoted(RecordedStep.Text(request, "url"))).ToString();
    }

    private static string Quoted(string text) =>
        text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || "-_./:=@%+,".Contains(c, StringComparison.Ordinal)) ? text : "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
