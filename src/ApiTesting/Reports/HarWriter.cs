using System.Globalization;
using System.Text.Json;
using Orbit.ApiTesting.Records;

namespace Orbit.ApiTesting.Reports;

/// <summary>HTTP Archive 1.2, written while rows pass by.</summary>
public sealed class HarWriter : IDisposable
{
    private readonly Utf8JsonWriter _json;

    /// <summary>Begins an archive.</summary>
    public HarWriter(Stream to)
    {
        _json = new(to, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });
        _json.WriteStartObject();
        _json.WriteStartObject("log");
        _json.WriteString("version", "1.2");
        _json.WriteStartObject("creator");
        _json.WriteString("name", "Orbit");
        _json.WriteString("version", typeof(RecordWriter).Assembly.GetName().Version?.ToString(3) ?? "0");
        _json.WriteEndObject();
        _json.WriteStartArray("entries");
    }

    /// <summary>Adds every request of a row.</summary>
    public void Write(RecordedRow row)
    {
        foreach (RecordedStep step in row.Steps)
        {
            if (step.Request is { } request)
            {
                Entry(row, step, request);
            }
        }
    }

    /// <summary>Ends the archive.</summary>
    public void Dispose()
    {
        _json.WriteEndArray();
        _json.WriteEndObject();
        _json.WriteEndObject();
        _json.Flush();
        _json.Dispose();
    }

    private void Entry(RecordedRow row, RecordedStep step, JsonElement request)
    {
        _json.WriteStartObject();
        _json.WriteString("startedDateTime", step.At);
        double total = step.Timings is { } times ? RecordedStep.Number(times, "total_ms") : 0;
        _json.WriteNumber("time", total);
        _json.WriteString("comment", string.Create(CultureInfo.InvariantCulture, $"row {row.Row + 1} {row.Name} · {step.Step}").Replace("  ", " ", StringComparison.Ordinal));
        Request(request);
        Response(step.Response);
        _json.WriteStartObject("cache");
        _json.WriteEndObject();
        Timings(step.Timings, total);
        _json.WriteEndObject();
    }

    private void Request(JsonElement request)
    {
        string url = RecordedStep.Text(request, "url");
        _json.WriteStartObject("request");
        _json.WriteString("method", RecordedStep.Text(request, "method"));
        _json.WriteString("url", url);
        _json.WriteString("httpVersion", "HTTP/1.1");
        Headers(request);
        Empty("cookies");
        _json.WriteStartArray("queryString");
        foreach (string pair in url.Contains('?', StringComparison.Ordinal) ? url[(url.IndexOf('?', StringComparison.Ordinal) + 1)..].Split('&') : [])
        {
            int at = pair.IndexOf('=', StringComparison.Ordinal);
            _json.WriteStartObject();
            _json.WriteString("name", Uri.UnescapeDataString(at < 0 ? pair : pair[..at]));
            _json.WriteString("value", Uri.UnescapeDataString(at < 0 ? "" : pair[(at + 1)..]));
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
        if (request.TryGetProperty("body", out _))
        {
            _json.WriteStartObject("postData");
            _json.WriteString("mimeType", RecordedStep.Headers(request).FirstOrDefault(h => h.Name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)).Value ?? "");
            _json.WriteString("text", RecordedStep.Text(request, "body"));
            _json.WriteEndObject();
        }

        _json.WriteNumber("headersSize", -1);
        _json.WriteNumber("bodySize", RecordedStep.Number(request, "size"));
        _json.WriteEndObject();
    }

    private void Response(JsonElement? response)
    {
        JsonElement answer = response ?? JsonDocument.Parse("{}").RootElement;
        _json.WriteStartObject("response");
        _json.WriteNumber("status", RecordedStep.Number(answer, "status"));
        _json.WriteString("statusText", "");
        _json.WriteString("httpVersion", "HTTP/1.1");
        Headers(answer);
        Empty("cookies");
        _json.WriteStartObject("content");
        _json.WriteNumber("size", RecordedStep.Number(answer, "size"));
        _json.WriteString("mimeType", RecordedStep.Headers(answer).FirstOrDefault(h => h.Name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)).Value ?? "");
        if (answer.TryGetProperty("base64", out JsonElement bytes))
        {
            _json.WriteString("text", bytes.GetString());
            _json.WriteString("encoding", "base64");
        }
        else
        {
            _json.WriteString("text", RecordedStep.Text(answer, "body"));
        }

        _json.WriteEndObject();
        _json.WriteString("redirectURL", "");
        _json.WriteNumber("headersSize", -1);
        _json.WriteNumber("bodySize", -1);
        _json.WriteEndObject();
    }

    private void Timings(JsonElement? timings, double total)
    {
        double Of(string name) => timings is { } t && t.TryGetProperty(name, out _) ? RecordedStep.Number(t, name) : -1;
        double first = Of("first_byte_ms");
        double open = Math.Max(0, Of("dns_ms")) + Math.Max(0, Of("connect_ms")) + Math.Max(0, Of("tls_ms"));
        _json.WriteStartObject("timings");
        _json.WriteNumber("dns", Of("dns_ms"));
        _json.WriteNumber("connect", Of("connect_ms"));
        _json.WriteNumber("ssl", Of("tls_ms"));
        _json.WriteNumber("send", 0);
        _json.WriteNumber("wait", Math.Max(0, (first < 0 ? total : first) - open));
        _json.WriteNumber("receive", first < 0 ? 0 : Math.Max(0, total - first));
        _json.WriteEndObject();
    }

    private void Headers(JsonElement message)
    {
        _json.WriteStartArray("headers");
        foreach ((string name, string value) in RecordedStep.Headers(message))
        {
            _json.WriteStartObject();
            _json.WriteString("name", name);
            _json.WriteString("value", value);
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
    }

    private void Empty(string name)
    {
        _json.WriteStartArray(name);
        _json.WriteEndArray();
    }
}
