using Orbit.ApiTesting.Variables;

namespace Orbit.ApiTesting.Documents;

/// <summary>Reads requests.</summary>
internal static class HttpCallReader
{
    public static HttpCall Read(DocumentNode node)
    {
        _ = node.Only("method", "url", "query", "headers", "cookies", "body", "auth", "timeout_ms", "redirects", "tls", "proxy");
        return new()
        {
            Method = node.Get("method")?.Template() ?? Template.Parse("GET", node.Place),
            Url = node.Require("url").Template(),
            Query = Pairs(node.Get("query")),
            Headers = Pairs(node.Get("headers")),
            Cookies = Pairs(node.Get("cookies")),
            Body = node.Get("body") is { } body ? Body(body) : null,
            Auth = node.Get("auth") is { } auth ? Auth(auth) : null,
            Timeout = TimeSpan.FromMilliseconds(node.Get("timeout_ms")?.Integer(1, 3_600_000) ?? 30_000),
            Redirects = node.Get("redirects") is { } redirects ? Redirects(redirects) : 10,
            Tls = node.Get("tls") is { } tls ? Tls(tls) : TlsChoice.Usual,
            Proxy = node.Get("proxy")?.Template(),
        };
    }

    /// <summary>A map, or a list of <c>{name, value}</c> where order or repetition matters.</summary>
    private static List<Pair> Pairs(DocumentNode? node)
    {
        if (node is not { } pairs)
        {
            return [];
        }

        if (pairs.IsObject)
        {
            return [.. pairs.Entries().Select(e => new Pair(Template.Parse(e.Name, e.Node.Place), e.Node.Template()))];
        }

        return [.. pairs.Items().Select(i => i.Only("name", "value")).Select(i => new Pair(i.Require("name").Template(), i.Get("value")?.Template() ?? Template.Parse("", i.Place)))];
    }

    private static int Redirects(DocumentNode node) => node.Json.ValueKind is System.Text.Json.JsonValueKind.False ? 0 : (int)node.Integer(0, 50);

    private static BodyPart Body(DocumentNode node)
    {
        _ = node.Only("json", "form", "multipart", "raw", "file", "graphql", "type");
        string? type = node.Get("type")?.Text();
        if (node.Get("json") is { } json)
        {
            return new(BodyKind.Json) { Text = json.IsText ? json.Template() : Template.ParseJson(json.Json, json.Place), Type = type };
        }

        if (node.Get("form") is { } form)
        {
            return new(BodyKind.Form) { Fields = Pairs(form), Type = type };
        }

        if (node.Get("multipart") is { } multipart)
        {
            return new(BodyKind.Multipart) { Parts = [.. multipart.Items().Select(Part)] };
        }

        if (node.Get("graphql") is { } graph)
        {
            _ = graph.Only("query", "variables", "operation");
            return new(BodyKind.GraphQl)
            {
                Text = graph.Require("query").Template(),
                GraphVariables = graph.Get("variables") is { } v ? Template.ParseJson(v.Json, v.Place) : null,
                Operation = graph.Get("operation")?.Template(),
            };
        }

        if (node.Get("file") is { } file)
        {
            return new(BodyKind.File) { File = file.Template(), Type = type };
        }

        return new(BodyKind.Raw) { Text = (node.Get("raw") ?? throw node.Wrong("must have one of json, form, multipart, raw, file and graphql")).Template(), Type = type };
    }

    private static FormPart Part(DocumentNode node)
    {
        _ = node.Only("name", "value", "file", "base64", "filename", "type");
        byte[]? bytes = null;
        if (node.Get("base64") is { } encoded)
        {
            try
            {
                bytes = Convert.FromBase64String(encoded.Text());
            }
            catch (FormatException)
            {
                throw encoded.Wrong("is no Base64");
            }
        }

        return new(node.Require("name").Template(), node.Get("value")?.Template(), node.Get("file")?.Template(), bytes, node.Get("filename")?.Template(), node.Get("type")?.Text());
    }

    private static Authentication? Auth(DocumentNode node)
    {
        _ = node.Only("none", "basic", "bearer", "api_key", "oauth2");
        if (node.Get("basic") is { } basic)
        {
            _ = basic.Only("username", "password");
            return new(AuthKind.Basic) { First = basic.Require("username").Template(), Second = basic.Require("password").Template() };
        }

        if (node.Get("bearer") is { } bearer)
        {
            return new(AuthKind.Bearer) { First = bearer.Template() };
        }

        if (node.Get("api_key") is { } key)
        {
            _ = key.Only("name", "value", "in");
            return new(AuthKind.ApiKey) { First = key.Require("name").Template(), Second = key.Require("value").Template(), In = key.Get("in")?.OneOf("header", "query", "cookie") ?? "header" };
        }

        if (node.Get("oauth2") is { } oauth)
        {
            _ = oauth.Only("token_url", "client_id", "client_secret", "scope");
            return new(AuthKind.OAuth2)
            {
                First = oauth.Require("client_id").Template(),
                Second = oauth.Require("client_secret").Template(),
                TokenUrl = oauth.Require("token_url").Template(),
                Scope = oauth.Get("scope")?.Template(),
            };
        }

        return node.Has("none") ? null : throw node.Wrong("must have one of none, basic, bearer, api_key and oauth2");
    }

    private static TlsChoice Tls(DocumentNode node)
    {
        _ = node.Only("ca", "certificate", "key", "verify");
        return new(node.Get("ca")?.Text(), node.Get("certificate")?.Text(), node.Get("key")?.Text(), node.Get("verify")?.Boolean() ?? true);
    }
}
