using System.Text;
using System.Text.Json;

namespace Orbit.ApiTesting.Values;

/// <summary>Reads JSON that strangers wrote: bounded depth, no exception for text that is no Unicode.</summary>
public static class JsonText
{
    /// <summary>Levels of nesting that are read; deeper documents are refused by the parser with the place.</summary>
    public const int DeepestNesting = 256;

    internal static readonly JsonDocumentOptions Limits = new() { MaxDepth = DeepestNesting };

    /// <summary>Parses JSON; the element lives as long as the caller keeps it.</summary>
    /// <exception cref="JsonException">No JSON, or nested too deeply.</exception>
    public static JsonElement Parse(ReadOnlyMemory<byte> utf8)
    {
        using JsonDocument document = JsonDocument.Parse(utf8, Limits);
        return document.RootElement.Clone();
    }

    /// <summary>Parses JSON.</summary>
    /// <exception cref="JsonException">No JSON, or nested too deeply.</exception>
    public static JsonElement Parse(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text, Limits);
            return document.RootElement.Clone();
        }
        catch (ArgumentException broken)
        {
            throw new JsonException("the text holds half of a surrogate pair", broken);
        }
    }

    /// <summary>The text of a JSON string; lone surrogates become U+FFFD instead of an exception.</summary>
    public static string TextOf(JsonElement text)
    {
        try
        {
            return text.GetString() ?? "";
        }
        catch (InvalidOperationException)
        {
            return Lenient(text.GetRawText());
        }
    }

    /// <summary>The name of a member; lone surrogates become U+FFFD.</summary>
    public static string NameOf(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            string raw = member.ToString();
            int end = 1;
            while (end < raw.Length && raw[end] != '"')
            {
                end += raw[end] == '\\' ? 2 : 1;
            }

            return Lenient(raw[..Math.Min(end + 1, raw.Length)]);
        }
    }

    /// <summary>Finds a member by name, the last one of several. Lone surrogates, in the name or in the document, count as U+FFFD.</summary>
    public static bool TryMember(JsonElement of, string name, out JsonElement member)
    {
        try
        {
            return of.TryGetProperty(name, out member);
        }
        catch (Exception broken) when (broken is ArgumentException or InvalidOperationException)
        {
            member = default;
            string looked = Replaced(name);
            foreach (JsonProperty candidate in of.EnumerateObject().Where(m => NameOf(m) == looked))
            {
                member = candidate.Value;
            }

            return member.ValueKind is not JsonValueKind.Undefined;
        }
    }

    /// <summary>JSON text of a string, quotes included.</summary>
    public static string Quote(string text) => "\"" + Escape(text) + "\"";

    /// <summary>The inside of a JSON string.</summary>
    public static string Escape(string text)
    {
        int special = text.AsSpan().IndexOfAnyInRange('\0', '\x1f');
        if (special < 0 && text.AsSpan().IndexOfAny('"', '\\') < 0)
        {
            return text;
        }

        var escaped = new StringBuilder(text.Length + 8);
        foreach (char c in text)
        {
            _ = c switch
            {
                '"' => escaped.Append("\\\""),
                '\\' => escaped.Append("\\\\"),
                '\n' => escaped.Append("\\n"),
                '\r' => escaped.Append("\\r"),
                '\t' => escaped.Append("\\t"),
                < ' ' => escaped.Append("\\u").Append(((int)c).ToString("x4", System.Globalization.CultureInfo.InvariantCulture)),
                _ => escaped.Append(c),
            };
        }

        return escaped.ToString();
    }

    private static string Lenient(string quoted)
    {
        var text = new StringBuilder(quoted.Length);
        for (int i = 1; i < quoted.Length - 1; i++)
        {
            char c = quoted[i];
            if (c != '\\' || i + 1 >= quoted.Length - 1)
            {
                _ = text.Append(c);
                continue;
            }

            char kind = quoted[++i];
            if (kind == 'u' && i + 4 < quoted.Length && ushort.TryParse(quoted.AsSpan(i + 1, 4), System.Globalization.NumberStyles.AllowHexSpecifier, null, out ushort code))
            {
                _ = text.Append((char)code);
                i += 4;
                continue;
            }

            _ = text.Append(kind switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'b' => '\b', 'f' => '\f', _ => kind });
        }

        return Replaced(text.ToString());
    }

    /// <summary>The text with U+FFFD for each lone surrogate.</summary>
    private static string Replaced(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
