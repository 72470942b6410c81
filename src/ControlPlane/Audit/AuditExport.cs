using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Audit;

/// <summary>Writes entries as text: CSV for spreadsheets, a JSON object a line for programs.</summary>
internal sealed class AuditExport
{
    private const string Csv = "csv";
    private const string NdJson = "ndjson";

    private static readonly JsonSerializerOptions Readable = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly bool _csv;

    /// <param name="format"><c>csv</c> or <c>ndjson</c>.</param>
    /// <exception cref="OrbitException">EXPORT_FORMAT_INVALID.</exception>
    public AuditExport(string format) => _csv = format switch
    {
        Csv => true,
        NdJson => false,
        _ => throw OrbitException.Invalid("EXPORT_FORMAT_INVALID", $"format must be '{Csv}' or '{NdJson}'."),
    };

    /// <summary>Media type of the whole.</summary>
    public string ContentType => _csv ? "text/csv; charset=utf-8; header=present" : "application/x-ndjson";

    /// <summary>What stands before the first entry.</summary>
    public string Head => _csv ? "id,time,who,action,object,old,new,remote_address\r\n" : "";

    /// <summary>One entry with its line end.</summary>
    public void Write(StringBuilder text, AuditEntry entry)
    {
        if (_csv)
        {
            WriteCsv(text, entry);
        }
        else
        {
            WriteJson(text, entry);
        }
    }

    private static void WriteCsv(StringBuilder text, AuditEntry entry)
    {
        string?[] fields =
            [entry.Id.ToString("D"), TimeOf(entry), entry.Who, entry.Action, entry.Object, entry.Old, entry.New, entry.RemoteAddress];
        text.Append(CsvText.LineWithoutFormulas(fields));
    }

    private static void WriteJson(StringBuilder text, AuditEntry entry)
    {
        var line = new JsonObject
        {
            ["id"] = entry.Id.ToString("D"),
            ["time"] = TimeOf(entry),
            ["who"] = entry.Who,
            ["action"] = entry.Action,
            ["object"] = entry.Object,
            ["old"] = entry.Old is null ? null : JsonNode.Parse(entry.Old),
            ["new"] = entry.New is null ? null : JsonNode.Parse(entry.New),
            ["remote_address"] = entry.RemoteAddress,
        };
        text.Append(line.ToJsonString(Readable)).Append('\n');
    }

    private static string TimeOf(AuditEntry entry) => entry.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
