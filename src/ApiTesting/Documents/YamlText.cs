using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Orbit.ApiTesting.Values;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Orbit.ApiTesting.Documents;

/// <summary>YAML read as JSON: the core schema, one document, no aliases (they can grow without bound), bounded depth.</summary>
internal static class YamlText
{
    private const int LongestText = 16 * 1024 * 1024;

    /// <summary>Reads YAML or JSON.</summary>
    /// <exception cref="DocumentException">It is neither; the message names line and column.</exception>
    public static JsonElement Parse(string text)
    {
        if (text.Length > LongestText)
        {
            throw new DocumentException("", $"the document has {text.Length} characters; at most {LongestText} are allowed");
        }

        if (text.AsSpan().TrimStart() is ['{' or '[', ..])
        {
            try
            {
                return JsonText.Parse(text);
            }
            catch (JsonException)
            {
                // flow-style YAML looks like JSON
            }
        }

        var parser = new Parser(new StringReader(text));
        try
        {
            var buffer = new ArrayBufferWriter<byte>(256 + (text.Length * 2));
            using (var json = new Utf8JsonWriter(buffer, new() { MaxDepth = JsonText.DeepestNesting }))
            {
                Write(parser, json);
            }

            return JsonText.Parse(buffer.WrittenMemory);
        }
        catch (YamlException wrong)
        {
            throw new DocumentException($"line {wrong.Start.Line}, column {wrong.Start.Column}", wrong.Message);
        }
        catch (InvalidOperationException wrong) when (wrong.Source == "YamlDotNet")
        {
            // Some texts that are no YAML take the scanner by surprise.
            throw new DocumentException(parser.Current is { } last ? $"after line {last.End.Line}, column {last.End.Column}" : "", "the text is not YAML");
        }
        catch (JsonException wrong)
        {
            throw new DocumentException("", wrong.Message);
        }
        catch (ArgumentException)
        {
            throw new DocumentException("", "the text holds half of a surrogate pair");
        }
    }

    private static void Write(Parser parser, Utf8JsonWriter json)
    {
        parser.Consume<StreamStart>();
        if (parser.Accept<StreamEnd>(out _))
        {
            throw new DocumentException("", "the document is empty");
        }

        parser.Consume<DocumentStart>();
        Value(parser, json, 0);
        parser.Consume<DocumentEnd>();
        if (!parser.Accept<StreamEnd>(out _))
        {
            throw At(parser.Current!, "only one document is allowed in a file");
        }
    }

    private static void Value(Parser parser, Utf8JsonWriter json, int depth)
    {
        ParsingEvent at = parser.Current ?? throw new DocumentException("", "the document ends too early");
        if (depth >= JsonText.DeepestNesting - 1)
        {
            throw At(at, $"is nested deeper than {JsonText.DeepestNesting - 1} levels");
        }

        switch (at)
        {
            case Scalar scalar:
                _ = parser.MoveNext();
                Write(scalar, json);
                break;
            case SequenceStart:
                _ = parser.MoveNext();
                json.WriteStartArray();
                while (!parser.TryConsume<SequenceEnd>(out _))
                {
                    Value(parser, json, depth + 1);
                }

                json.WriteEndArray();
                break;
            case MappingStart:
                _ = parser.MoveNext();
                Map(parser, json, depth);
                break;
            default:
                throw At(at, "aliases are not allowed");
        }
    }

    private static void Map(Parser parser, Utf8JsonWriter json, int depth)
    {
        json.WriteStartObject();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            if (!parser.Accept<Scalar>(out _))
            {
                throw At(parser.Current!, "a key must be text");
            }

            Scalar key = parser.Consume<Scalar>();

            if (!seen.Add(key.Value))
            {
                throw At(key, $"the key '{key.Value}' is there twice");
            }

            json.WritePropertyName(key.Value);
            Value(parser, json, depth + 1);
        }

        json.WriteEndObject();
    }

    private static void Write(Scalar scalar, Utf8JsonWriter json)
    {
        string text = scalar.Value;
        bool plain = scalar.Style is ScalarStyle.Plain && scalar.Tag.IsEmpty;
        if (!plain)
        {
            json.WriteStringValue(text);
        }
        else if (text is "" or "~" or "null" or "Null" or "NULL")
        {
            json.WriteNullValue();
        }
        else if (text is "true" or "True" or "TRUE")
        {
            json.WriteBooleanValue(true);
        }
        else if (text is "false" or "False" or "FALSE")
        {
            json.WriteBooleanValue(false);
        }
        else if (IsNumber(text))
        {
            json.WriteRawValue(text);
        }
        else
        {
            json.WriteStringValue(text);
        }
    }

    /// <summary>Numbers as JSON writes them, so that 007 and 1_000 and 12:30 stay text.</summary>
    internal static bool IsNumber(string text)
    {
        if (text.Length is 0 or > 40 || !(char.IsAsciiDigit(text[0]) || text[0] == '-'))
        {
            return false;
        }

        ReadOnlySpan<char> digits = text[0] == '-' ? text.AsSpan(1) : text;
        bool leadingZero = digits.Length > 1 && digits[0] == '0' && char.IsAsciiDigit(digits[1]);
        return digits.Length > 0 && char.IsAsciiDigit(digits[0]) && !leadingZero && text[^1] != '.'
            && double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
            && !text.Contains(".e", StringComparison.OrdinalIgnoreCase);
    }

    private static DocumentException At(ParsingEvent at, string problem) => new($"line {at.Start.Line}, column {at.Start.Column}", problem);
}
