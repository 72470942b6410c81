using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Orbit.ApiTesting.Checks;
using Orbit.ApiTesting.Http;
using Orbit.ApiTesting.Running;
using Orbit.ApiTesting.Values;
using Orbit.ApiTesting.Variables;

namespace Orbit.ApiTesting.Records;

/// <summary>Writes records as JSON, secrets masked. docs/api-tests.md describes the fields.</summary>
public sealed class RecordWriter(int longestBody = RecordWriter.UsualBody)
{
    /// <summary>Bytes of a body that a record holds unless set; of a longer one it holds length and hash beside the beginning.</summary>
    public const int UsualBody = 64 * 1024;

    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private static readonly SearchValues<string> HiddenHeaders = SearchValues.Create(
        ["Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie", "X-Api-Key", "X-Auth-Token", "X-Csrf-Token"], StringComparison.OrdinalIgnoreCase);

    /// <summary>A writer with the right escaping.</summary>
    public static Utf8JsonWriter Over(IBufferWriter<byte> buffer) => new(buffer, Relaxed);

    /// <summary>Writes a row with all its steps.</summary>
    public void Write(Utf8JsonWriter json, RowResult row)
    {
        json.WriteStartObject();
        json.WriteNumber("row"u8, row.Row);
        if (row.Name.Length > 0)
        {
            json.WriteString("name"u8, row.Masked.Hide(row.Name));
        }

        json.WriteString("outcome"u8, Word(row.Outcome));
        Reason(json, row.FailureClass, row.Reason, row.Masked);
        Time(json, row.StartedAt, row.Milliseconds);
        Values(json, "values"u8, row.Values, row.Masked);
        json.WriteStartArray("steps"u8);
        foreach (StepRecord step in row.Steps)
        {
            Write(json, step, row.Masked);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Writes one attempt of one step.</summary>
    public void Write(Utf8JsonWriter json, StepRecord step, Secrets masked)
    {
        json.WriteStartObject();
        json.WriteString("step"u8, step.Step);
        json.WriteString("case"u8, step.Case);
        json.WriteNumber("attempt"u8, step.Attempt);
        if (step.Superseded)
        {
            json.WriteBoolean("superseded"u8, true);
        }

        json.WriteString("outcome"u8, Word(step.Outcome));
        Reason(json, step.FailureClass, step.Reason, masked);
        Time(json, step.StartedAt, step.Milliseconds);
        if (step.Exchange is { } exchange)
        {
            Exchange(json, exchange, masked);
        }

        if (step.Command is { } command)
        {
            Command(json, command, masked);
        }

        Checks(json, step.Checks, masked);
        Values(json, "extracted"u8, step.Extracted, masked);
        json.WriteEndObject();
    }

    /// <summary>An outcome's word in records: <c>passed</c> and so on.</summary>
    public static string Word(Outcome outcome) => outcome switch { Outcome.Passed => "passed", Outcome.Failed => "failed", Outcome.Skipped => "skipped", _ => "unchecked" };

    private static void Reason(Utf8JsonWriter json, string failureClass, string reason, Secrets masked)
    {
        if (failureClass.Length > 0)
        {
            json.WriteString("class"u8, failureClass);
        }

        if (reason.Length > 0)
        {
            json.WriteString("reason"u8, masked.Hide(reason));
        }
    }

    private static void Time(Utf8JsonWriter json, DateTimeOffset at, double milliseconds)
    {
        json.WriteString("at"u8, at);
        json.WriteNumber("ms"u8, Math.Round(milliseconds, 3));
    }

    private static void Values(Utf8JsonWriter json, ReadOnlySpan<byte> name, IEnumerable<KeyValuePair<string, Value>> values, Secrets masked)
    {
        bool any = false;
        foreach ((string key, Value value) in values)
        {
            if (!any)
            {
                json.WriteStartObject(name);
                any = true;
            }

            string text = value.ToJson();
            string hidden = masked.Hide(text);
            json.WritePropertyName(key);
            if (ReferenceEquals(text, hidden) || value.Kind is not (ValueKind.Array or ValueKind.Object or ValueKind.Number))
            {
                json.WriteRawValue(hidden, skipInputValidation: true);
            }
            else
            {
                json.WriteStringValue(hidden); // what was masked inside may be JSON no more
            }
        }

        if (any)
        {
            json.WriteEndObject();
        }
    }

    private void Exchange(Utf8JsonWriter json, Exchange exchange, Secrets masked)
    {
        json.WriteStartObject("request"u8);
        json.WriteString("method"u8, exchange.Request.Method);
        json.WriteString("url"u8, masked.Hide(exchange.Request.Url.OriginalString));
        Headers(json, exchange.Request.Headers, masked);
        if (exchange.Request.Body is { } sent)
        {
            Body(json, sent, sent.Length, null, masked);
            Files(json, exchange.Request.Files, masked);
        }

        json.WriteEndObject();
        if (exchange.Status > 0)
        {
            json.WriteStartObject("response"u8);
            json.WriteNumber("status"u8, exchange.Status);
            json.WriteString("version"u8, exchange.Version);
            Headers(json, exchange.Headers, masked);
            Body(json, exchange.Body.Span, exchange.Size, exchange.Hash, masked);
            json.WriteEndObject();
        }

        if (exchange.Redirected.Count > 0)
        {
            json.WriteStartArray("redirected"u8);
            foreach (string hop in exchange.Redirected)
            {
                json.WriteStringValue(masked.Hide(hop));
            }

            json.WriteEndArray();
        }

        Timing(json, exchange);
    }

    private static void Files(Utf8JsonWriter json, IReadOnlyList<SentFile> files, Secrets masked)
    {
        if (files.Count == 0)
        {
            return;
        }

        json.WriteStartArray("files"u8);
        foreach (SentFile file in files)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, masked.Hide(file.Name));
            json.WriteString("sha256"u8, file.Sha256);
            json.WriteNumber("size"u8, file.Size);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Timing(Utf8JsonWriter json, Exchange exchange)
    {
        json.WriteStartObject("timings"u8);
        Number(json, "dns_ms"u8, exchange.Timings.Dns);
        Number(json, "connect_ms"u8, exchange.Timings.Connect);
        Number(json, "tls_ms"u8, exchange.Timings.Tls);
        Number(json, "first_byte_ms"u8, exchange.Timings.FirstByte);
        Number(json, "total_ms"u8, exchange.Timings.Total);
        json.WriteEndObject();
        if (exchange.Address is not null)
        {
            json.WriteString("address"u8, exchange.Address);
        }
    }

    private static void Number(Utf8JsonWriter json, ReadOnlySpan<byte> name, double? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, Math.Round(number, 3));
        }
    }

    private static void Headers(Utf8JsonWriter json, IReadOnlyList<KeyValuePair<string, string>> headers, Secrets masked)
    {
        if (headers.Count == 0)
        {
            return;
        }

        json.WriteStartArray("headers"u8);
        foreach ((string name, string value) in headers)
        {
            json.WriteStartArray();
            json.WriteStringValue(name);
            json.WriteStringValue(HiddenHeaders.Contains(name) ? Secrets.Mask : masked.Hide(value));
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    private void Body(Utf8JsonWriter json, ReadOnlySpan<byte> body, long size, string? hash, Secrets masked)
    {
        json.WriteNumber("size"u8, size);
        if (size == 0)
        {
            return;
        }

        if (size > longestBody)
        {
            json.WriteString("sha256"u8, hash ?? Convert.ToHexStringLower(SHA256.HashData(body)));
            return;
        }

        if (!Utf8.IsValid(body))
        {
            json.WriteBase64String("base64"u8, body);
        }
        else if (masked.IsEmpty)
        {
            json.WriteString("body"u8, body);
        }
        else
        {
            json.WriteString("body"u8, masked.Hide(Encoding.UTF8.GetString(body)));
        }
    }

    private void Command(Utf8JsonWriter json, CommandEnd command, Secrets masked)
    {
        json.WriteStartObject("command"u8);
        json.WriteStartArray("arguments"u8);
        foreach (string argument in command.Arguments)
        {
            json.WriteStringValue(masked.Hide(argument));
        }

        json.WriteEndArray();
        if (command.ExitCode is { } code)
        {
            json.WriteNumber("exit_code"u8, code);
        }

        json.WriteNumber("ms"u8, Math.Round(command.Milliseconds, 3));
        Body(json, command.Output, command.Size, null, masked);
        if (command.Errors.Length > 0)
        {
            json.WriteString("stderr"u8, masked.Hide(Encoding.UTF8.GetString(command.Errors)));
        }

        json.WriteEndObject();
    }

    private static void Checks(Utf8JsonWriter json, IReadOnlyList<CheckResult> checks, Secrets masked)
    {
        if (checks.Count == 0)
        {
            return;
        }

        json.WriteStartArray("checks"u8);
        foreach (CheckResult check in checks)
        {
            json.WriteStartObject();
            json.WriteString("kind"u8, check.Kind);
            if (check.Where.Length > 0)
            {
                json.WriteString("where"u8, check.Where);
            }

            json.WriteString("expected"u8, masked.Hide(check.Expected));
            json.WriteString("actual"u8, masked.Hide(check.Actual));
            json.WriteBoolean("passed"u8, check.Passed);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
