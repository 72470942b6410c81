using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Orbit.ApiTesting.Documents;
using Orbit.ApiTesting.Values;
using Orbit.ApiTesting.Variables;

namespace Orbit.ApiTesting.Http;

/// <summary>A request that cannot be made from what the document says.</summary>
public sealed class RequestException(string place, string problem) : Exception($"{place}: {problem}");

/// <summary>Puts variables into requests.</summary>
/// <param name="files">Opens files that bodies name; null: none may be named.</param>
public sealed class RequestBuilder(Func<string, byte[]>? files)
{
    private static readonly SearchValues<char> LineEnds = SearchValues.Create("\r\n\0");

    /// <summary>Builds all but OAuth2, which needs the network.</summary>
    /// <exception cref="VariableException">A variable is unknown.</exception>
    /// <exception cref="RequestException">The outcome is no request.</exception>
    public PreparedRequest Build(HttpCall call, VariableScope scope)
    {
        var headers = new List<KeyValuePair<string, string>>(call.Headers.Count + 2);
        foreach (Pair header in call.Headers)
        {
            headers.Add(new(Line(header.Name, scope), Line(header.Value, scope)));
        }

        var sent = new List<SentFile>();
        (byte[]? body, string? type) = call.Body is null ? (null, null) : Body(call.Body, scope, sent);
        if (type is not null && !headers.Any(h => h.Key.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)))
        {
            headers.Add(new("Content-Type", type));
        }

        string url = call.Url.Render(scope);
        url = call.Query.Aggregate(url, (at, pair) => WithQuery(at, pair.Name.Render(scope), pair.Value.Render(scope)));
        if (call.Cookies.Count > 0)
        {
            headers.Add(new("Cookie", string.Join("; ", call.Cookies.Select(c => $"{Line(c.Name, scope)}={Line(c.Value, scope)}"))));
        }

        if (call.Auth is { } auth)
        {
            url = SignIn(auth, scope, headers, url);
        }

        return new()
        {
            Method = Method(call, scope),
            Url = Address(call.Url, url),
            Headers = headers,
            Body = body,
            Files = sent,
            Timeout = call.Timeout,
            Redirects = call.Redirects,
            Tls = call.Tls,
            Proxy = call.Proxy is { } proxy ? Address(proxy, proxy.Render(scope)) : null,
        };
    }

    private static string Method(HttpCall call, VariableScope scope)
    {
        string method = call.Method.Render(scope).ToUpperInvariant();
        return method.Length is > 0 and <= 32 && method.All(char.IsAsciiLetter) ? method : throw new RequestException(call.Method.Place, $"'{method}' is no method");
    }

    private static Uri Address(Template at, string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https" && address.Host.Length > 0
            ? address
            : throw new RequestException(at.Place, $"'{(url.Length > 200 ? url[..200] + "…" : url)}' is no http or https address");

    private static string Line(Template template, VariableScope scope)
    {
        string text = template.Render(scope);
        return text.AsSpan().IndexOfAny(LineEnds) < 0 ? text : throw new RequestException(template.Place, "a header or cookie must be one line");
    }

    private static string WithQuery(string url, string name, string value)
    {
        int fragment = url.IndexOf('#', StringComparison.Ordinal);
        string head = fragment < 0 ? url : url[..fragment];
        char separator = head.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        return $"{head}{separator}{Uri.EscapeDataString(name)}={Uri.EscapeDataString(value)}{(fragment < 0 ? "" : url[fragment..])}";
    }

    private static string SignIn(Authentication auth, VariableScope scope, List<KeyValuePair<string, string>> headers, string url)
    {
        switch (auth.Kind)
        {
            case AuthKind.Basic:
                string password = auth.Second!.Render(scope);
                scope.Masked.Add(password);
                string pair = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{auth.First.Render(scope)}:{password}"));
                scope.Masked.Add(pair);
                headers.Add(new("Authorization", $"Basic {pair}"));
                return url;
            case AuthKind.Bearer:
                string token = Line(auth.First, scope);
                scope.Masked.Add(token);
                headers.Add(new("Authorization", $"Bearer {token}"));
                return url;
            case AuthKind.ApiKey:
                string key = Line(auth.Second!, scope);
                scope.Masked.Add(key);
                if (auth.In == "query")
                {
                    return WithQuery(url, auth.First.Render(scope), key);
                }

                headers.Add(auth.In == "cookie" ? new("Cookie", $"{Line(auth.First, scope)}={key}") : new(Line(auth.First, scope), key));
                return url;
            default:
                return url; // OAuth2: see OAuthTokens
        }
    }

    private (byte[] Body, string? Type) Body(BodyPart part, VariableScope scope, List<SentFile> sent)
    {
        switch (part.Kind)
        {
            case BodyKind.Json:
                return (Encoding.UTF8.GetBytes(part.Text!.Render(scope)), part.Type ?? "application/json");
            case BodyKind.Raw:
                return (Encoding.UTF8.GetBytes(part.Text!.Render(scope)), part.Type ?? "text/plain; charset=utf-8");
            case BodyKind.Form:
                string form = string.Join('&', part.Fields.Select(f => $"{Uri.EscapeDataString(f.Name.Render(scope))}={Uri.EscapeDataString(f.Value.Render(scope))}"));
                return (Encoding.UTF8.GetBytes(form), part.Type ?? "application/x-www-form-urlencoded");
            case BodyKind.GraphQl:
                var json = new StringBuilder("{\"query\":").Append(JsonText.Quote(part.Text!.Render(scope)));
                _ = part.GraphVariables is { } v ? json.Append(",\"variables\":").Append(v.Render(scope)) : json;
                _ = part.Operation is { } o ? json.Append(",\"operationName\":").Append(JsonText.Quote(o.Render(scope))) : json;
                return (Encoding.UTF8.GetBytes(json.Append('}').ToString()), "application/json");
            case BodyKind.File:
                return (File(part.File!, scope, sent), part.Type ?? "application/octet-stream");
            default:
                return Multipart(part, scope, sent);
        }
    }

    private (byte[] Body, string Type) Multipart(BodyPart body, VariableScope scope, List<SentFile> sent)
    {
        string boundary = "orbit-" + (scope.TryGet("$random_text", out Value chance) ? chance.ToString() : "part");
        using var bytes = new MemoryStream();
        foreach (FormPart part in body.Parts)
        {
            byte[] content = part.Bytes ?? (part.File is { } file ? File(file, scope, sent) : Encoding.UTF8.GetBytes(part.Value?.Render(scope) ?? ""));
            string? fileName = part.FileName is { } named ? Line(named, scope) : part.File is { } path ? Path.GetFileName(Line(path, scope)) : part.Bytes is null ? null : "file";
            string head = string.Create(CultureInfo.InvariantCulture, $"--{boundary}\r\nContent-Disposition: form-data; name=\"{Quoted(Line(part.Name, scope))}\"{(fileName is null ? "" : $"; filename=\"{Quoted(fileName)}\"")}\r\n");
            string type = part.Type ?? (fileName is null ? "" : "application/octet-stream");
            bytes.Write(Encoding.UTF8.GetBytes(type.Length == 0 ? head + "\r\n" : $"{head}Content-Type: {type}\r\n\r\n"));
            bytes.Write(content);
            bytes.Write("\r\n"u8);
        }

        bytes.Write(Encoding.UTF8.GetBytes($"--{boundary}--\r\n"));
        return (bytes.ToArray(), $"multipart/form-data; boundary={boundary}");
    }

    private static string Quoted(string text) => text.Replace("\"", "%22", StringComparison.Ordinal);

    private byte[] File(Template named, VariableScope scope, List<SentFile> sent)
    {
        string path = named.Render(scope);
        try
        {
            byte[] content = files is null ? throw new RequestException(named.Place, "files cannot be sent from here") : files(path);
            sent.Add(new(path, Convert.ToHexStringLower(SHA256.HashData(content)), content.Length));
            return content;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new RequestException(named.Place, $"the file '{path}' cannot be read: {unreadable.Message}");
        }
    }
}
