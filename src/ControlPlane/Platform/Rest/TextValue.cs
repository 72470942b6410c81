using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Orbit.ControlPlane.Platform.Rest;

/// <summary>Values of single fields from text: path variables, query parameters, map keys, and numbers and times in JSON strings.</summary>
internal static class TextValue
{
    private const int NanosPerSecond = 1_000_000_000;

    /// <summary>The value as the field's accessor takes it; refused by <paramref name="path"/> when it does not fit.</summary>
    public static object Parse(FieldDescriptor field, string text, string path) => field.FieldType switch
    {
        FieldType.String => text,
        FieldType.Bool => Bool(text, path),
        FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => Number<int>(text, path, "a whole number of 32 bits"),
        FieldType.UInt32 or FieldType.Fixed32 => Number<uint>(text, path, "a whole number from 0 of 32 bits"),
        FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 => Number<long>(text, path, "a whole number of 64 bits"),
        FieldType.UInt64 or FieldType.Fixed64 => Number<ulong>(text, path, "a whole number from 0 of 64 bits"),
        FieldType.Double => Real(text, path),
        FieldType.Float => (float)Real(text, path),
        FieldType.Bytes => Bytes(text, path),
        FieldType.Enum => Enum(field.EnumType, text, path),
        FieldType.Message => Message(field.MessageType, text, path),
        _ => throw new NotSupportedException($"Fields of type {field.FieldType} have no text."),
    };

    /// <summary>Either form of the name, or the number.</summary>
    public static int Enum(EnumDescriptor type, string text, string path) =>
        EnumNames.Of(type).NumberOf(text)
        ?? (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw JsonRefusal.Wrong(path, $"one of {string.Join(", ", EnumNames.Of(type).Names)}", $"\"{text}\""));

    /// <summary>RFC 3339 with any offset.</summary>
    public static Timestamp Time(string text, string path) =>
        text.Length >= "2026-01-01T00:00:00Z".Length
        && (text[^1] is 'Z' or 'z' || text[^6] is '+' or '-')
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            ? Timestamp.FromDateTimeOffset(time)
            : throw JsonRefusal.Wrong(path, "a time such as \"2026-01-31T12:00:00Z\"", $"\"{text}\"");

    /// <summary>Seconds with a fraction of up to nine digits, such as <c>1.5s</c>.</summary>
    public static Duration Length(string text, string path)
    {
        if (text.EndsWith('s')
            && decimal.TryParse(
                text.AsSpan(0, text.Length - 1), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal seconds)
            && Math.Abs(seconds) <= Duration.MaxSeconds
            && seconds * NanosPerSecond == decimal.Truncate(seconds * NanosPerSecond))
        {
            decimal whole = decimal.Truncate(seconds);
            return new() { Seconds = (long)whole, Nanos = (int)((seconds - whole) * NanosPerSecond) };
        }

        throw JsonRefusal.Wrong(path, "a duration in seconds such as \"1.5s\"", $"\"{text}\"");
    }

    /// <summary>Base64, of the ordinary or the URL alphabet, with or without padding.</summary>
    public static ByteString Bytes(string text, string path)
    {
        string padded = text.Replace('-', '+').Replace('_', '/').TrimEnd('=');
        padded += new string('=', (4 - (padded.Length % 4)) % 4);
        byte[] bytes = new byte[padded.Length];
        return Convert.TryFromBase64String(padded, bytes, out int written)
            ? ByteString.CopyFrom(bytes, 0, written)
            : throw JsonRefusal.Wrong(path, "base64", "other text");
    }

    /// <summary>A real number; also <c>NaN</c>, <c>Infinity</c> and <c>-Infinity</c>.</summary>
    public static double Real(string text, string path) => text switch
    {
        "NaN" => double.NaN,
        "Infinity" => double.PositiveInfinity,
        "-Infinity" => double.NegativeInfinity,
        _ => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
            ? number
            : throw JsonRefusal.Wrong(path, "a number", $"\"{text}\""),
    };

    private static T Number<T>(string text, string path, string wanted)
        where T : System.Numerics.IBinaryInteger<T> =>
        T.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out T? number)
            ? number
            : throw JsonRefusal.Wrong(path, wanted, $"\"{text}\"");

    private static bool Bool(string text, string path) => text switch
    {
        "true" or "1" => true,
        "false" or "0" => false,
        _ => throw JsonRefusal.Wrong(path, "true or false", $"\"{text}\""),
    };

    private static object Message(MessageDescriptor type, string text, string path) => type.FullName switch
    {
        "google.protobuf.Timestamp" => Time(text, path),
        "google.protobuf.Duration" => Length(text, path),
        "google.protobuf.FieldMask" => FieldMask.FromString(text),
        "google.protobuf.Value" => Value.ForString(text),
        _ when WellKnown.IsWrapper(type) => Parse(type.FindFieldByNumber(1), text, path),
        _ => throw JsonRefusal.Wrong(path, "a value in the body", "text"),
    };
}
