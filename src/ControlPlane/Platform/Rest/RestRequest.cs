using System.Buffers;
using System.Buffers.Binary;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Unicode;
using Google.Protobuf;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace Orbit.ControlPlane.Platform.Rest;

/// <summary>Makes the request message of a method from a body, a query and a path. The path wins over the query, the query over the body.</summary>
internal static class RestRequest
{
    private const int ReadAtOnce = 16 * 1024;
    private const int FrameHeaderLength = 5;

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = RestOptions.MaxDepth, AllowDuplicateProperties = false };

    /// <summary>Reads the request into a gRPC frame; refuses what the method cannot take.</summary>
    public static async Task<byte[]> ReadAsync(HttpRequest request, RestMatch match, RestOptions options, CancellationToken ct)
    {
        IMessage message = await FromBodyAsync(request, match.Route, options, ct);
        foreach ((string name, StringValues texts) in QueryHelpers.ParseQuery(request.QueryString.Value))
        {
            FieldPath.Set(message, name, [.. texts.Select(text => text ?? "")]);
        }

        foreach ((string field, string text) in match.PathFields)
        {
            FieldPath.Set(message, field, [text]);
        }

        return Frame(match.Route, message);
    }

    private static byte[] Frame(RestRoute route, IMessage message)
    {
        byte[] frame = new byte[FrameHeaderLength + message.CalculateSize()];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), frame.Length - FrameHeaderLength);
        message.WriteTo(frame.AsSpan(FrameHeaderLength));
        try
        {
            // A free-form value takes two or three levels of messages for each of JSON, and messages may be a hundred deep.
            route.Method.InputType.Parser.ParseFrom(frame.AsSpan(FrameHeaderLength));
        }
        catch (InvalidProtocolBufferException)
        {
            throw JsonRefusal.Broken("it is nested too deeply.");
        }

        return frame;
    }

    private static async Task<IMessage> FromBodyAsync(HttpRequest request, RestRoute route, RestOptions options, CancellationToken ct)
    {
        IMessage empty = route.Method.InputType.Parser.ParseFrom([]);
        if (route.Body.Length == 0)
        {
            return empty;
        }

        Func<JsonElement, IMessage>? reader = options.BodyReaderOf(route.Method.FullName);
        using JsonDocument? body = await ParseAsync(request, options.MaxBodyBytes, ct);
        if (reader is not null)
        {
            return body?.RootElement.ValueKind == JsonValueKind.Object
                ? reader(body.RootElement)
                : throw JsonRefusal.Wrong("", "an object", "something else");
        }

        if (body is null)
        {
            return empty;
        }

        if (route.Body == "*")
        {
            return JsonToMessage.Read(route.Method.InputType, body.RootElement);
        }

        JsonToMessage.SetField(empty, FieldPath.Resolve(route.Method.InputType, route.Body), body.RootElement, route.Body);
        return empty;
    }

    private static async Task<JsonDocument?> ParseAsync(HttpRequest request, int limit, CancellationToken ct)
    {
        byte[] body = await ReadAsync(request, limit, ct);
        if (body.Length == 0)
        {
            return null;
        }

        RequireJson(request);
        if (!Utf8.IsValid(body))
        {
            throw JsonRefusal.Broken("it is not UTF-8.");
        }

        try
        {
            return JsonDocument.Parse(body, Strict);
        }
        catch (JsonException error)
        {
            throw JsonRefusal.Broken($"line {(error.LineNumber ?? 0) + 1}, byte {(error.BytePositionInLine ?? 0) + 1}: {Reason(error)}");
        }
        catch (InvalidOperationException)
        {
            throw JsonRefusal.Broken("a name holds half of a surrogate pair.");
        }
    }

    /// <summary>The parser's sentence without its own way of saying where.</summary>
    private static string Reason(JsonException error)
    {
        int where = error.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return where < 0 ? error.Message : error.Message[..where];
    }

    private static void RequireJson(HttpRequest request)
    {
        bool encoded = request.Headers.ContentEncoding.Any(encoding => encoding is not (null or "" or "identity"));
        if (encoded || (request.ContentType is { } text && !IsJson(text)))
        {
            throw new OrbitException(
                Refusal.Invalid, RestError.ContentTypeUnsupported, $"The body must be application/json in UTF-8, not {string.Join(' ', [request.ContentType, .. request.Headers.ContentEncoding]).Trim()}.");
        }
    }

    private static bool IsJson(string contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out MediaTypeHeaderValue? type)
        && (type.MediaType!.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || type.MediaType.EndsWith("+json", StringComparison.OrdinalIgnoreCase))
        && (type.CharSet is null || type.CharSet.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase));

    private static async Task<byte[]> ReadAsync(HttpRequest request, int limit, CancellationToken ct)
    {
        if (request.ContentLength > limit)
        {
            throw TooLong(limit);
        }

        var body = new ArrayBufferWriter<byte>();
        while (await request.Body.ReadAsync(body.GetMemory(ReadAtOnce), ct) is > 0 and int read)
        {
            body.Advance(read);
            if (body.WrittenCount > limit)
            {
                throw TooLong(limit);
            }
        }

        return body.WrittenSpan.ToArray();
    }

    private static OrbitException TooLong(int limit) =>
        new(Refusal.TooMuch, RestError.BodyTooLong, $"The body is longer than {limit} bytes.");
}
