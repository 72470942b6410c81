using Microsoft.Extensions.Primitives;

namespace Grpc.AspNetCore.Web;

/// <summary>One of the media types <c>application/grpc-web</c> and <c>application/grpc-web-text</c>, with or without <c>+proto</c>.</summary>
internal sealed record GrpcWebContentType(bool IsBase64, string Format)
{
    public const string Grpc = "application/grpc";
    private const string Web = "application/grpc-web";
    private const string WebText = "application/grpc-web-text";

    public string Text => (IsBase64 ? WebText : Web) + Format;

    public string AsGrpc => Grpc + Format;

    public static GrpcWebContentType? Parse(string? contentType)
    {
        ReadOnlySpan<char> type = contentType;
        int parameters = type.IndexOf(';');
        type = (parameters < 0 ? type : type[..parameters]).Trim();
        return Parse(type, WebText, isBase64: true) ?? Parse(type, Web, isBase64: false);
    }

    /// <summary>What the client accepts, if it says; otherwise the type that it sent.</summary>
    public GrpcWebContentType AnswerFor(StringValues accept) =>
        accept.SelectMany(value => (value ?? "").Split(',')).Select(Parse).FirstOrDefault(type => type is not null) is { } accepted
            ? this with { IsBase64 = accepted.IsBase64 }
            : this;

    private static GrpcWebContentType? Parse(ReadOnlySpan<char> type, string name, bool isBase64)
    {
        if (!type.StartsWith(name, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        ReadOnlySpan<char> format = type[name.Length..];
        return format.IsEmpty || format[0] == '+' ? new(isBase64, format.ToString()) : null;
    }
}
