using System.Globalization;
using System.Text;
using System.Text.Json;
using Orbit.ApiTesting.Checks;
using Orbit.ApiTesting.Documents;
using Orbit.ApiTesting.Http;
using Orbit.ApiTesting.Values;
using Orbit.ApiTesting.Variables;

namespace Orbit.ApiTesting.Running;

/// <summary>A script could not be run to its end, or says that something is wrong beside its tests.</summary>
internal sealed class ScriptException(string message) : Exception(message);

/// <summary>A script with what it sees.</summary>
/// <param name="Text">The script.</param>
/// <param name="Place">Where in the document.</param>
/// <param name="Case">Its case.</param>
/// <param name="Sent">What was sent; null before the request.</param>
/// <param name="Answer">What came back; null before the request.</param>
/// <param name="Scope">The row's variables.</param>
internal sealed record ScriptCall(string Text, string Place, ApiCase Case, Exchange? Sent, Answer? Answer, VariableScope Scope);

/// <summary>What a script did.</summary>
internal sealed record ScriptEnd(IReadOnlyList<CheckResult> Tests, IReadOnlyList<KeyValuePair<string, string>> Set, IReadOnlyList<string> Unset, string Error);

/// <summary>
/// Runs a script of Postman's in a program of its own, under the rules for programs. What goes in and comes out is described in its
/// <c>run.cjs</c> (src/PostmanScripts).
/// </summary>
internal static class PostmanScriptRun
{
    private const int ScriptMilliseconds = 10_000;

    /// <summary>Node's start included.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(ScriptMilliseconds + 20_000);

    /// <summary>Runs it.</summary>
    public static async Task<ScriptEnd> RunAsync(RunPlan plan, ScriptCall call, CancellationToken ct)
    {
        if (plan is not { Commands: { } commands, ScriptProgram: { } program })
        {
            return Failed("scripts are not run here; an agent runs them when its policy names a postman_script, and `orbit api run` with --allow-commands");
        }

        CommandEnd end = await commands.RunAsync(new([program], [], null, Limit) { Input = Input(call) }, ct);
        ct.ThrowIfCancellationRequested();
        return end.Error.Length > 0 ? Failed(end.Error)
            : end.ExitCode != 0 ? Failed($"{program} ended with exit code {end.ExitCode}: {Encoding.UTF8.GetString(end.Errors).Trim()}")
            : Read(program, end.Output);
    }

    private static ScriptEnd Failed(string why) => new([], [], [], why);

    private static byte[] Input(ScriptCall call)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("listen", call.Answer is null ? "prerequest" : "test");
            json.WriteString("script", call.Text);
            json.WriteString("name", call.Case.Name);
            json.WriteNumber("row", call.Scope.TryGet("$row", out Value row) ? row.Number : 0);
            json.WriteNumber("limit_ms", ScriptMilliseconds);
            json.WriteStartObject("variables");
            foreach ((string name, Value value) in call.Scope.Visible())
            {
                json.WriteString(name, value.ToString());
            }

            json.WriteEndObject();
            json.WriteStartObject("request");
            Request(json, call);
            json.WriteEndObject();
            if (call.Answer is { } answer)
            {
                json.WriteStartObject("response");
                json.WriteNumber("code", answer.Status);
                Headers(json, answer.Headers);
                json.WriteBase64String("body", answer.Body.Span);
                json.WriteNumber("time_ms", answer.Milliseconds);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    /// <summary>As sent; before that as the case has it, variables not put in.</summary>
    private static void Request(Utf8JsonWriter json, ScriptCall call)
    {
        if (call.Sent is { } sent)
        {
            json.WriteString("method", sent.Request.Method);
            json.WriteString("url", sent.Request.Url.OriginalString);
            Headers(json, sent.Request.Headers);
            if (sent.Request.Body is { } body)
            {
                json.WriteString("body", Encoding.UTF8.GetString(body));
            }
        }
        else if (call.Case.Http is { } http)
        {
            json.WriteString("method", http.Method.Text);
            json.WriteString("url", http.Url.Text);
            Headers(json, [.. http.Headers.Select(h => KeyValuePair.Create(h.Name.Text, h.Value.Text))]);
            if (http.Body?.Text is { } text)
            {
                json.WriteString("body", text.Text);
            }
        }
    }

    private static void Headers(Utf8JsonWriter json, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        json.WriteStartArray("header");
        foreach ((string name, string value) in headers)
        {
            json.WriteStartObject();
            json.WriteString("key", name);
            json.WriteString("value", value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static ScriptEnd Read(string program, byte[] output)
    {
        try
        {
            using JsonDocument answer = JsonDocument.Parse(output, JsonText.Limits);
            JsonElement root = answer.RootElement;
            return new(
                [.. root.GetProperty("tests").EnumerateArray().Where(t => Text(t, "outcome") != "skipped").Select(ToCheck)],
                [.. root.GetProperty("set").EnumerateObject().Select(v => KeyValuePair.Create(v.Name, v.Value.GetString() ?? ""))],
                [.. root.GetProperty("unset").EnumerateArray().Select(v => v.GetString() ?? "")],
                Text(root, "error"));
        }
        catch (Exception wrong) when (wrong is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return Failed(string.Create(CultureInfo.InvariantCulture, $"{program} printed {output.Length} bytes that are no answer: {wrong.Message}"));
        }
    }

    private static CheckResult ToCheck(JsonElement test) =>
        new("script", Text(test, "name"), "to pass", Text(test, "outcome") == "passed" ? "passed" : CheckResult.Cut(Text(test, "error")), Text(test, "outcome") == "passed");

    private static string Text(JsonElement of, string name) => of.GetProperty(name).GetString() ?? "";
}
