using System.Text;
using System.Text.Json;
using Orbit.ApiTesting.Expressions;
using Orbit.ApiTesting.Values;
using Orbit.ApiTesting.Variables;

namespace Orbit.ApiTesting.Checks;

/// <summary>What came back, as checks and extractions see it. Body text and JSON are read when somebody asks.</summary>
public sealed class Answer : IDisposable
{
    private string? _text;
    private Value? _json;
    private string? _jsonProblem;
    private JsonDocument? _document;

    /// <summary>HTTP status; 0 for a command.</summary>
    public int Status { get; init; }

    /// <summary>Exit code of a command; null for HTTP.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Headers in order; names as they came.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>The body, decoded from its content coding; up to the limit.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>What a command printed on standard error, up to the limit.</summary>
    public ReadOnlyMemory<byte> Errors { get; init; }

    /// <summary>Length of the whole body in bytes.</summary>
    public long Size { get; init; }

    /// <summary>True when the body was longer than what is kept.</summary>
    public bool Cut { get; init; }

    /// <summary>From the first byte sent to the last received, in milliseconds.</summary>
    public double Milliseconds { get; init; }

    /// <summary>Number of redirects that were followed.</summary>
    public int Redirects { get; init; }

    /// <summary>The variables of the row.</summary>
    public required VariableScope Scope { get; init; }

    /// <summary>The body as text.</summary>
    public string Text => _text ??= Decode();

    /// <summary>What a command printed on standard error as text; missing for HTTP.</summary>
    public Value ErrorText => ExitCode is null ? Value.Missing : Value.Of(Encoding.UTF8.GetString(Errors.Span));

    /// <summary>The body as JSON; missing when it is none.</summary>
    public Value Json
    {
        get
        {
            if (_json is null)
            {
                ReadJson();
            }

            return _json!.Value;
        }
    }

    /// <summary>Why there is no JSON.</summary>
    public string JsonProblem => Json.Exists ? "" : _jsonProblem ?? "the body is no JSON";

    /// <summary>The values of a header, joined by comma; null when it is not there.</summary>
    public string? Header(string name)
    {
        string? all = null;
        foreach (KeyValuePair<string, string> header in Headers)
        {
            if (header.Key.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                all = all is null ? header.Value : $"{all}, {header.Value}";
            }
        }

        return all;
    }

    /// <summary>The value of a cookie that the answer sets; null when it sets none of that name.</summary>
    public string? Cookie(string name)
    {
        foreach (KeyValuePair<string, string> header in Headers)
        {
            if (header.Key.Equals("Set-Cookie", StringComparison.OrdinalIgnoreCase) && header.Value.StartsWith(name + "=", StringComparison.Ordinal))
            {
                string rest = header.Value[(name.Length + 1)..];
                int end = rest.IndexOf(';', StringComparison.Ordinal);
                return (end < 0 ? rest : rest[..end]).Trim();
            }
        }

        return null;
    }

    /// <summary>Gives the memory of the parsed body back; values that were taken out stay.</summary>
    public void Dispose() => _document?.Dispose();

    /// <summary>The names that expressions see: <c>status, body, text, headers, cookies, time_ms, size, exit_code, stderr, vars</c>, and every variable by its own name.</summary>
    public bool Lookup(string name, out Value value)
    {
        value = name switch
        {
            "status" => Value.Of((double)Status),
            "body" => Json,
            "text" => Value.Of(Text),
            "headers" => Members(Headers.GroupBy(h => h.Key.ToLowerInvariant()).Select(g => (g.Key, Value.Of(string.Join(", ", g.Select(h => h.Value)))))),
            "time_ms" => Value.Of(Milliseconds),
            "size" => Value.Of((double)Size),
            "exit_code" => ExitCode is { } code ? Value.Of((double)code) : Value.Missing,
            "stderr" => ErrorText,
            "redirects" => Value.Of((double)Redirects),
            _ => Value.Missing,
        };
        return value.Exists || name is "body" or "exit_code" || Names(Scope)(name, out value);
    }

    /// <summary>The names that an expression sees before there is an answer: the variables, and <c>vars</c> for those whose name is taken or no word.</summary>
    public static NameLookup Names(VariableScope scope) => (string name, out Value value) =>
    {
        if (name == "vars")
        {
            value = Members(scope.Visible().Select(v => (v.Key, v.Value)));
            return true;
        }

        return scope.TryGet(name, out value) || (scope.WhyMissing(name) is { } why ? throw new ExpressionException($"the variable '{name}' has no value: {why}") : false);
    };

    private static Value Members(IEnumerable<(string Name, Value Value)> members) =>
        Value.Of(JsonText.Parse("{" + string.Join(',', members.Select(m => JsonText.Quote(m.Name) + ":" + m.Value.ToJson())) + "}"));

    private string Decode()
    {
        string type = Header("Content-Type") ?? "";
        return type.Contains("iso-8859-1", StringComparison.OrdinalIgnoreCase) || type.Contains("latin1", StringComparison.OrdinalIgnoreCase)
            ? Encoding.Latin1.GetString(Body.Span)
            : Encoding.UTF8.GetString(Body.Span);
    }

    private void ReadJson()
    {
        if (Cut)
        {
            (_json, _jsonProblem) = (Value.Missing, $"the body has {Size} bytes, more than is kept");
            return;
        }

        try
        {
            ReadOnlyMemory<byte> body = Body.Span.StartsWith("\uFEFF"u8) ? Body[3..] : Body;
            _document = JsonDocument.Parse(body, JsonText.Limits);
            _json = Value.Of(_document.RootElement);
        }
        catch (JsonException wrong)
        {
            (_json, _jsonProblem) = (Value.Missing, Body.IsEmpty ? "the body is empty" : $"the body is no JSON: {wrong.Message}");
        }
    }
}
