using System.Text.Json;
using System.Text.Json.Nodes;
using Orbit.ApiTesting.Checks;
using Orbit.ApiTesting.Documents;
using Orbit.ApiTesting.Values;

namespace Orbit.ApiTesting.Import;

/// <summary>
/// Reads OpenAPI 3.0 and 3.1: a case an operation, filled from examples or from the schema, that expects one of the described statuses
/// and, where there is a schema for it, a body that fits.
/// </summary>
internal sealed class OpenApiImport(JsonElement root)
{
    private const int MostOperations = 5000;
    private static readonly string[] Methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
    private readonly OpenApiSchemas _schemas = new(root);
    private DocumentBuilder _builder = new("");

    public Imported Read()
    {
        var document = new DocumentNode(root, "");
        string version = document.Get("openapi")?.Text() ?? throw new DocumentException("openapi", "is required: this is no OpenAPI 3 description");
        if (!version.StartsWith("3.", StringComparison.Ordinal))
        {
            throw new DocumentException("openapi", $"version {version} is not supported; 3.0 and 3.1 are");
        }

        _builder = new(document.Get("info")?.Get("title")?.Text() ?? "openapi");
        string server = document.Get("servers")?.Items().FirstOrDefault() is { IsObject: true } first ? first.Get("url")?.Text() ?? "" : "";
        _builder.Variables["base_url"] = Uri.IsWellFormedUriString(server, UriKind.Absolute) ? server.TrimEnd('/') : "http://localhost" + server.TrimEnd('/');
        int count = 0;
        foreach ((string path, DocumentNode item) in document.Require("paths").Entries())
        {
            foreach (string method in Methods.Where(item.Has))
            {
                if (++count > MostOperations)
                {
                    throw item.Wrong($"at most {MostOperations} operations are read");
                }

                Operation(path, method, item.Require(method), item);
            }
        }

        return _builder.Build(null);
    }

    private void Operation(string path, string method, DocumentNode operation, DocumentNode item)
    {
        var request = new JsonObject { ["method"] = method.ToUpperInvariant() };
        string url = path.Replace("{{", "{", StringComparison.Ordinal);
        var query = new JsonArray();
        var headers = new JsonArray();
        var cookies = new JsonArray();
        foreach (DocumentNode named in (item.Get("parameters")?.Items() ?? []).Concat(operation.Get("parameters")?.Items() ?? []))
        {
            DocumentNode parameter = Followed(named);
            string name = parameter.Require("name").Text();
            string place = parameter.Require("in").Text();
            bool required = parameter.Get("required")?.Boolean() ?? false;
            string value = Example(parameter, name);
            if (place == "path")
            {
                url = url.Replace($"{{{name}}}", $"{{{{{name}}}}}", StringComparison.Ordinal);
                _builder.Variables.TryAdd(name, value);
            }
            else if (required || parameter.Has("example"))
            {
                (place switch { "query" => query, "header" => headers, _ => cookies }).Add(new JsonObject { ["name"] = name, ["value"] = value });
            }
        }

        request["url"] = "{{base_url}}" + url;
        Where(request, "query", query);
        Where(request, "headers", headers);
        Where(request, "cookies", cookies);
        if (operation.Get("requestBody") is { } body)
        {
            Body(request, Followed(body));
        }

        Security(request, operation);
        string caseName = operation.Get("operationId")?.Text() ?? $"{method.ToUpperInvariant()} {path}";
        IEnumerable<string> tags = (operation.Get("tags")?.Items() ?? []).Select(t => DocumentBuilder.Line(t.Text()).Replace(',', ' ')).Where(t => t.Length <= 60);
        _ = _builder.Add(caseName, request, Checks(operation), [], [], [], tags);
    }

    private string Example(DocumentNode parameter, string name)
    {
        JsonNode? example = parameter.Get("example") is { } own ? DocumentBuilder.Node(own.Json)
            : parameter.Get("examples")?.Entries().FirstOrDefault().Node is { IsObject: true } one && one.Get("value") is { } value ? DocumentBuilder.Node(value.Json)
            : parameter.Get("schema") is { } schema ? _schemas.Example(schema.Json, 0) : null;
        return example switch { null => name, JsonValue plain => plain.ToString(), JsonArray { Count: > 0 } list => list[0]?.ToString() ?? "", _ => example.ToJsonString() };
    }

    private void Body(JsonObject request, DocumentNode body)
    {
        if (body.Get("content") is not { } content)
        {
            return;
        }

        (string Name, DocumentNode Node)[] types = [.. content.Entries()];
        (string Name, DocumentNode Node) chosen = types.FirstOrDefault(t => t.Name.Contains("json", StringComparison.OrdinalIgnoreCase));
        chosen = chosen.Name is null ? types.FirstOrDefault() : chosen;
        if (chosen.Name is null)
        {
            return;
        }

        JsonNode? example = chosen.Node.Get("example") is { } own ? DocumentBuilder.Node(own.Json)
            : chosen.Node.Get("examples")?.Entries().FirstOrDefault().Node is { IsObject: true } one && one.Get("value") is { } value ? DocumentBuilder.Node(value.Json)
            : chosen.Node.Get("schema") is { } schema ? _schemas.Example(schema.Json, 0) : null;
        if (chosen.Name.Contains("json", StringComparison.OrdinalIgnoreCase))
        {
            request["body"] = new JsonObject { ["json"] = example ?? new JsonObject() };
        }
        else if (chosen.Name.Contains("form-urlencoded", StringComparison.OrdinalIgnoreCase) && example is JsonObject fields)
        {
            request["body"] = new JsonObject { ["form"] = new JsonArray([.. fields.Select(f => (JsonNode)new JsonObject { ["name"] = f.Key, ["value"] = f.Value?.ToString() ?? "" })]) };
        }
        else if (chosen.Name.Contains("octet-stream", StringComparison.OrdinalIgnoreCase) || chosen.Name.StartsWith("text/", StringComparison.OrdinalIgnoreCase))
        {
            request["body"] = new JsonObject { ["raw"] = example is JsonValue plain ? plain.ToString() : "example", ["type"] = chosen.Name };
        }
        else
        {
            _builder.NotCovered.Add($"{body.Place}.content: a body of type {chosen.Name}");
        }
    }

    private JsonArray Checks(DocumentNode operation)
    {
        var checks = new JsonArray();
        var statuses = new JsonArray();
        JsonElement? schema = null;
        foreach ((string status, DocumentNode described) in operation.Get("responses")?.Entries() ?? [])
        {
            if (status.Length != 3 || status[0] != '2')
            {
                continue;
            }

            statuses.Add(status.ToLowerInvariant().EndsWith("xx", StringComparison.Ordinal) ? "2xx" : status);
            schema ??= Followed(described).Get("content")?.Entries().FirstOrDefault(t => t.Name.Contains("json", StringComparison.OrdinalIgnoreCase)).Node is { IsObject: true } json ? json.Get("schema")?.Json : null;
        }

        // Descriptions that name errors alone still promise that the good case works.
        checks.Add(new JsonObject { ["status"] = statuses.Count == 0 ? "2xx" : statuses });
        if (schema is { } of && statuses.Count > 0)
        {
            JsonNode? whole = _schemas.Closed(of);
            try
            {
                _ = JsonSchema.Read(JsonText.Parse(whole?.ToJsonString() ?? "true"), $"{operation.Place}.responses");
                checks.Add(new JsonObject { ["schema"] = whole });
            }
            catch (DocumentException wrong)
            {
                _builder.NotCovered.Add(wrong.Message);
            }
        }

        return checks;
    }

    private void Security(JsonObject request, DocumentNode operation)
    {
        DocumentNode? wanted = operation.Get("security") ?? new DocumentNode(root, "").Get("security");
        DocumentNode? schemes = new DocumentNode(root, "").Get("components")?.Get("securitySchemes");
        foreach ((string name, DocumentNode _) in wanted?.Items().SelectMany(s => s.Entries()) ?? [])
        {
            if (schemes?.Get(name) is not { } found || request.ContainsKey("auth"))
            {
                continue;
            }

            DocumentNode scheme = Followed(found);
            string variable = DocumentBuilder.Line(name).Replace(' ', '_');
            JsonObject? auth = (scheme.Get("type")?.Text(), scheme.Get("scheme")?.Text()) switch
            {
                ("http", "basic") => new() { ["basic"] = new JsonObject { ["username"] = $"{{{{{variable}_user}}}}", ["password"] = $"{{{{{variable}_password}}}}" } },
                ("http", "bearer") or ("oauth2", _) or ("openIdConnect", _) => new() { ["bearer"] = $"{{{{{variable}_token}}}}" },
                ("apiKey", _) => new() { ["api_key"] = new JsonObject { ["name"] = scheme.Require("name").Text(), ["value"] = $"{{{{{variable}_key}}}}", ["in"] = scheme.Get("in")?.Text() ?? "header" } },
                _ => null,
            };
            if (auth is null)
            {
                _builder.NotCovered.Add($"{scheme.Place}: a security scheme of this type");
                continue;
            }

            request["auth"] = auth;
            foreach (string part in (ReadOnlySpan<string>)["_user", "_password", "_token", "_key"])
            {
                if (auth.ToJsonString().Contains($"{variable}{part}}}}}", StringComparison.Ordinal))
                {
                    _builder.Variables.TryAdd(variable + part, "");
                }
            }
        }
    }

    private DocumentNode Followed(DocumentNode node) => new(_schemas.Follow(node.Json, node.Place), node.Place);

    private static void Where(JsonObject request, string key, JsonArray list)
    {
        if (list.Count > 0)
        {
            request[key] = list;
        }
    }
}
