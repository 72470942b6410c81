using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Orbit.ApiTesting.Reports;

/// <summary>
/// A zip of Allure 2 results, written while rows pass by. Each row is a test of its own, known again by target and values in later batches,
/// so that rows are never taken for retries of one test.
/// </summary>
public sealed class AllureResults : IDisposable
{
    private readonly ZipArchive _zip;
    private readonly string _suite;

    /// <summary>Begins a file.</summary>
    public AllureResults(string path, string suite)
    {
        _zip = new(File.Create(path), ZipArchiveMode.Create);
        _suite = suite;
    }

    /// <summary>Adds a row.</summary>
    /// <param name="target">Case or scenario.</param>
    /// <param name="values">The row's values as JSON.</param>
    /// <param name="row">The row.</param>
    /// <param name="record">The row's record as JSON; attached when the row did not pass.</param>
    /// <param name="failureClass">Class of the failure.</param>
    /// <param name="ended">When it ended.</param>
    public void Write(string target, string values, RecordedRow row, string record, string failureClass, DateTimeOffset ended)
    {
        string name = row.Name.Length > 0 ? row.Name : string.Create(CultureInfo.InvariantCulture, $"row {row.Row + 1}");
        string id = Convert.ToHexStringLower(Mark($"{_suite}\n{target}\n{row.Name}\n{values}"));
        string uuid = Guid.CreateVersion7().ToString();
        bool attach = row.Outcome is not "passed";
        using (Stream entry = _zip.CreateEntry($"{uuid}-result.json").Open())
        using (var json = new Utf8JsonWriter(entry))
        {
            json.WriteStartObject();
            json.WriteString("uuid", uuid);
            json.WriteString("historyId", id);
            json.WriteString("testCaseId", id);
            json.WriteString("name", $"{target} · {name}");
            json.WriteString("fullName", $"{_suite}.{target}#{id}");
            Outcome(json, row.Outcome, failureClass, row.Reason, "");
            Times(json, ended.AddMilliseconds(-row.Milliseconds), row.Milliseconds);
            Labels(json, target);
            Parameters(json, values);
            json.WriteStartArray("steps");
            DateTimeOffset begin = ended.AddMilliseconds(-row.Milliseconds);
            foreach (RecordedStep step in row.Steps)
            {
                begin = Step(json, step, begin);
            }

            json.WriteEndArray();
            json.WriteStartArray("attachments");
            if (attach)
            {
                json.WriteStartObject();
                json.WriteString("name", "record");
                json.WriteString("type", "application/json");
                json.WriteString("source", $"{uuid}-attachment.json");
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        if (attach)
        {
            using Stream attached = _zip.CreateEntry($"{uuid}-attachment.json").Open();
            attached.Write(Encoding.UTF8.GetBytes(record));
        }
    }

    /// <inheritdoc />
    public void Dispose() => _zip.Dispose();

    private void Labels(Utf8JsonWriter json, string target)
    {
        json.WriteStartArray("labels");
        foreach ((string name, string value) in ((string, string)[])[("suite", _suite), ("subSuite", target), ("framework", "orbit")])
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteString("value", value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Values under names that suggest a secret are masked.</summary>
    private static void Parameters(Utf8JsonWriter json, string values)
    {
        json.WriteStartArray("parameters");
        foreach (JsonProperty value in Values.JsonText.Parse(values).EnumerateObject())
        {
            json.WriteStartObject();
            json.WriteString("name", value.Name);
            json.WriteString("value", Variables.Secrets.Suggests(value.Name) ? "***" : value.Value.ToString());
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <returns>When it ended.</returns>
    private static DateTimeOffset Step(Utf8JsonWriter json, RecordedStep step, DateTimeOffset begin)
    {
        DateTimeOffset at = DateTimeOffset.TryParse(step.At, CultureInfo.InvariantCulture, out DateTimeOffset known) ? known : begin;
        json.WriteStartObject();
        json.WriteString("name", step.Superseded ? $"{step.Step} (tried again)" : step.Step);
        Outcome(json, step.Outcome, step.FailureClass, step.Reason, string.Join('\n', step.FailedChecks));
        Times(json, at, step.Milliseconds);
        json.WriteEndObject();
        return at.AddMilliseconds(step.Milliseconds);
    }

    /// <summary>A check that did not hold is a failure; what kept it from being looked at is "broken". Nothing asked is "unknown", never green.</summary>
    private static void Outcome(Utf8JsonWriter json, string outcome, string failureClass, string reason, string details)
    {
        json.WriteString("status", outcome switch
        {
            "passed" => "passed",
            "failed" => failureClass is "assertion" or "status" or "" ? "failed" : "broken",
            "skipped" => "skipped",
            _ => "unknown",
        });
        json.WriteString("stage", "finished");
        if (reason.Length + details.Length > 0)
        {
            json.WriteStartObject("statusDetails");
            json.WriteString("message", reason);
            json.WriteString("trace", details);
            json.WriteEndObject();
        }
    }

    private static void Times(Utf8JsonWriter json, DateTimeOffset start, double milliseconds)
    {
        json.WriteNumber("start", start.ToUnixTimeMilliseconds());
        json.WriteNumber("stop", start.AddMilliseconds(milliseconds).ToUnixTimeMilliseconds());
    }

    /// <summary>32 hexadecimal digits, as Allure's own adapters write them.</summary>
    private static byte[] Mark(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text))[..16];
}
