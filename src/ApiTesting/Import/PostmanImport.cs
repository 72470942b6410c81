using System.Text.Json;
using System.Text.Json.Nodes;
using Orbit.ApiTesting.Documents;

namespace Orbit.ApiTesting.Import;

/// <summary>Reads Postman collections v2.1 (and v2.0 where they agree).</summary>
/// <param name="keepScripts">True: a script that is not covered wholly is kept as it is, and those of folders run around each of their requests.</param>
internal sealed class PostmanImport(bool keepScripts)
{
    private const int DeepestFolders = 32;
    private const int MostItems = 10_000;
    private readonly List<string> _steps = [];
    private DocumentBuilder _builder = new("");

    public Imported Read(JsonElement collection)
    {
        var root = new DocumentNode(collection, "");
        root = root.Get("collection") ?? root; // as the API wraps it
        DocumentNode info = root.Require("info");
        string schema = info.Get("schema")?.Text() ?? "";
        if (!schema.Contains("/v2.", StringComparison.Ordinal))
        {
            throw info.Wrong($"'{schema}' is no collection of version 2");
        }

        _builder = new(info.Get("name")?.Text() ?? "postman");
        foreach (DocumentNode variable in root.Get("variable")?.Items() ?? [])
        {
            if (variable.Get("key") is { } key)
            {
                _builder.Variables[key.Text()] = variable.Get("value") is { } value ? DocumentBuilder.Node(value.Json) : "";
            }
        }

        Items(root.Require("item"), [], new(root.Get("auth"), Events(root, "collection", [])), 0);
        return _builder.Build(_steps);
    }

    private void Items(DocumentNode items, List<string> folders, Around around, int depth)
    {
        if (depth > DeepestFolders)
        {
            throw items.Wrong($"folders may be nested {DeepestFolders} deep");
        }

        foreach (DocumentNode item in items.Items())
        {
            string name = item.Get("name")?.Text() ?? "unnamed";
            if (item.Get("item") is { } below)
            {
                string path = string.Join('/', [.. folders, name]);
                Items(below, [.. folders, name], new(item.Get("auth") ?? around.Auth, Events(item, path, around.Scripts)), depth + 1);
            }
            else if (_steps.Count >= MostItems)
            {
                throw item.Wrong($"at most {MostItems} requests are read");
            }
            else
            {
                Item(item, name, folders, around);
            }
        }
    }

    private void Item(DocumentNode item, string name, List<string> folders, Around around)
    {
        string path = string.Join('/', [.. folders, name]);
        DocumentNode request = item.Require("request");
        JsonObject one = request.IsText ? new() { ["method"] = "GET", ["url"] = request.Text() } : Request(request, path, around.Auth);
        (string Kind, string Text)[] scripts = [.. around.Scripts, .. Scripts(item)];
        PostmanScript before = Translated($"{path}: pre-request script", scripts.Where(s => s.Kind == "prerequest").Select(s => s.Text));
        PostmanScript after = Translated($"{path}: test script", scripts.Where(s => s.Kind != "prerequest").Select(s => s.Text));
        Move(before.Actions, out JsonArray first);
        Move(after.Actions, out JsonArray last);
        Move(after.Checks, out JsonArray checks);
        Move(after.Extractions, out JsonArray extractions);
        _steps.Add(_builder.Add(name, one, checks, extractions, first, last, folders.Select(f => DocumentBuilder.Line(f).Replace(',', ' ')).Select(f => f.Length > 60 ? f[..60] : f)));
    }

    /// <summary>Scripts of one request that run one after another. Kept as they are, all of them: what one declares another may use.</summary>
    private PostmanScript Translated(string place, IEnumerable<string> scripts)
    {
        var lost = new List<string>();
        var translated = new PostmanScript(place, lost);
        foreach (string text in scripts)
        {
            translated.Read(text);
        }

        if (place.EndsWith("pre-request script", StringComparison.Ordinal))
        {
            lost.AddRange(translated.Checks.Concat(translated.Extractions).Select(c => $"{place}: {c!.ToJsonString()}"));
        }

        if (!keepScripts || lost.Count == 0)
        {
            _builder.NotCovered.AddRange(lost);
            return translated;
        }

        _builder.Scripts.Add(place);
        var kept = new PostmanScript(place, []);
        foreach (string text in scripts)
        {
            kept.Actions.Add(new JsonObject { ["script"] = text });
        }

        return kept;
    }

    private JsonObject Request(DocumentNode request, string path, DocumentNode? inherited)
    {
        var one = new JsonObject { ["method"] = request.Get("method")?.Text() ?? "GET", ["url"] = Url(request.Require("url")) };
        JsonArray headers = Pairs(request.Get("header"));
        if (headers.Count > 0)
        {
            one["headers"] = headers;
        }

        if (request.Get("body") is { } body && Body(body, path) is { } sent)
        {
            one["body"] = sent;
        }

        if ((request.Get("auth") ?? inherited) is { } auth && Auth(auth, path) is { } signed)
        {
            one["auth"] = signed;
        }

        return one;
    }

    private static string Url(DocumentNode url)
    {
        if (url.IsText)
        {
            return url.Text();
        }

        string raw = url.Get("raw")?.Text() ?? "";
        if (raw.Length == 0)
        {
            string host = url.Get("host") is { } h ? h.IsArray ? string.Join('.', h.Items().Select(p => p.Text())) : h.Text() : "";
            string path = url.Get("path") is { } p0 ? p0.IsArray ? string.Join('/', p0.Items().Select(p => p.IsObject ? p.Get("value")?.Text() ?? "" : p.Text())) : p0.Text() : "";
            raw = $"{url.Get("protocol")?.Text() ?? "http"}://{host}{(url.Get("port") is { } port ? ":" + port.Text() : "")}/{path}";
        }

        foreach (DocumentNode variable in url.Get("variable")?.Items() ?? [])
        {
            string key = variable.Get("key")?.Text() ?? "";
            if (key.Length > 0)
            {
                raw = raw.Replace($"/:{key}", $"/{variable.Get("value")?.Text() ?? $"{{{{{key}}}}}"}", StringComparison.Ordinal);
            }
        }

        return raw.Contains("://", StringComparison.Ordinal) || raw.StartsWith("{{", StringComparison.Ordinal) ? raw : "http://" + raw;
    }

    private JsonObject? Body(DocumentNode body, string path)
    {
        switch (body.Get("mode")?.Text())
        {
            case "raw":
                string text = body.Get("raw")?.Text() ?? "";
                string language = body.Get("options")?.Get("raw")?.Get("language")?.Text() ?? "";
                return text.Length == 0 ? null : language == "json" || text.AsSpan().TrimStart() is ['{' or '[', ..] ? new() { ["json"] = text } : new() { ["raw"] = text };
            case "urlencoded":
                return new() { ["form"] = Pairs(body.Get("urlencoded")) };
            case "formdata":
                return new() { ["multipart"] = new JsonArray([.. (body.Get("formdata")?.Items() ?? []).Where(On).Select(Part)]) };
            case "graphql":
                return GraphQl(body.Require("graphql"), path);
            case "file":
                return body.Get("file")?.Get("src") is { } file ? new() { ["file"] = file.Text() } : null;
            case null or "none":
                return null;
            case var other:
                _builder.NotCovered.Add($"{path}: body of mode {other}");
                return null;
        }
    }

    private JsonObject GraphQl(DocumentNode graph, string path)
    {
        var query = new JsonObject { ["query"] = graph.Get("query")?.Text() ?? "" };
        string variables = graph.Get("variables")?.Text() ?? "";
        if (variables.Trim().Length > 0)
        {
            try
            {
                query["variables"] = JsonNode.Parse(variables);
            }
            catch (JsonException)
            {
                _builder.NotCovered.Add($"{path}: GraphQL variables that are no JSON");
            }
        }

        return new() { ["graphql"] = query };
    }

    private static JsonNode Part(DocumentNode part)
    {
        var one = new JsonObject { ["name"] = part.Get("key")?.Text() ?? "" };
        if (part.Get("type")?.Text() == "file")
        {
            one["file"] = part.Get("src") is { } src ? src.IsArray ? src.Items().FirstOrDefault().Json.ToString() : src.Text() : "";
        }
        else
        {
            one["value"] = part.Get("value")?.Text() ?? "";
        }

        return one;
    }

    private JsonObject? Auth(DocumentNode auth, string path)
    {
        string kind = auth.Get("type")?.Text() ?? "noauth";
        string Of(string key) => auth.Get(kind) is not { } values ? ""
            : values.IsObject ? values.Get(key)?.Text() ?? ""
            : values.Items().FirstOrDefault(v => v.Get("key")?.Text() == key) is { IsObject: true } found ? found.Get("value")?.Text() ?? "" : "";
        switch (kind)
        {
            case "noauth":
                return null;
            case "basic":
                return new() { ["basic"] = new JsonObject { ["username"] = Of("username"), ["password"] = Of("password") } };
            case "bearer":
                return new() { ["bearer"] = Of("token") };
            case "apikey":
                return new() { ["api_key"] = new JsonObject { ["name"] = Of("key"), ["value"] = Of("value"), ["in"] = Of("in") == "query" ? "query" : "header" } };
            case "oauth2" when Of("accessTokenUrl").Length > 0:
                var oauth = new JsonObject { ["token_url"] = Of("accessTokenUrl"), ["client_id"] = Of("clientId"), ["client_secret"] = Of("clientSecret") };
                if (Of("scope") is { Length: > 0 } scope)
                {
                    oauth["scope"] = scope;
                }

                return new() { ["oauth2"] = oauth };
            default:
                _builder.NotCovered.Add($"{path}: authorization of type {kind}");
                return null;
        }
    }

    /// <summary>Scripts of folders and of the collection run around every request below: kept with each, or named.</summary>
    private List<(string Kind, string Text)> Events(DocumentNode of, string path, IReadOnlyList<(string Kind, string Text)> outer)
    {
        List<(string Kind, string Text)> own = [.. Scripts(of)];
        if (!keepScripts)
        {
            _builder.NotCovered.AddRange(own.SelectMany(s => PostmanScript.Statements(s.Text).Select(statement => $"{path}: {s.Kind} script of a folder: {statement}")));
            return [];
        }

        return [.. outer, .. own];
    }

    private static IEnumerable<(string Kind, string Text)> Scripts(DocumentNode of)
    {
        foreach (DocumentNode happening in of.Get("event")?.Items() ?? [])
        {
            if (happening.Get("script")?.Get("exec") is { } exec)
            {
                yield return (happening.Get("listen")?.Text() ?? "test", exec.IsArray ? string.Join('\n', exec.Items().Select(l => l.Text())) : exec.Text());
            }
        }
    }

    private static JsonArray Pairs(DocumentNode? list) => list is not { IsArray: true } pairs
        ? []
        : [.. pairs.Items().Where(On).Where(p => p.Has("key")).Select(p => (JsonNode)new JsonObject { ["name"] = p.Require("key").Text(), ["value"] = p.Get("value")?.Text() ?? "" })];

    private static bool On(DocumentNode pair) => pair.Get("disabled")?.Json.ValueKind is not JsonValueKind.True;

    private static void Move(JsonArray from, out JsonArray to) => to = (JsonArray)from.DeepClone();

    /// <summary>What a request takes over from its folders.</summary>
    private sealed record Around(DocumentNode? Auth, IReadOnlyList<(string Kind, string Text)> Scripts);
}
