using System.Globalization;
using System.Text.Json.Nodes;
using Orbit.ApiTesting.Documents;

namespace Orbit.ApiTesting.Import;

/// <summary>Writes a document's HTTP cases as a Postman collection v2.1: requests as written, checks of the status and kept scripts as scripts.</summary>
public static class PostmanExport
{
    /// <summary>The collection.</summary>
    public static JsonObject Write(ApiDocument document) => new()
    {
        ["info"] = new JsonObject { ["name"] = document.Name, ["schema"] = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json" },
        ["variable"] = new JsonArray([.. document.Variables.Select(v => (JsonNode)new JsonObject { ["key"] = v.Key, ["value"] = v.Value.ToString() })]),
        ["item"] = new JsonArray([.. document.Cases.Values.Where(c => c.Http is not null).Select(c => (JsonNode)Item(c))]),
    };

    private static JsonObject Item(ApiCase one)
    {
        HttpCall call = one.Http!;
        string query = string.Join('&', call.Query.Select(q => $"{q.Name}={q.Value}"));
        var request = new JsonObject
        {
            ["method"] = call.Method.Text,
            ["url"] = new JsonObject { ["raw"] = query.Length == 0 ? call.Url.Text : $"{call.Url}{(call.Url.Text.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{query}" },
            ["header"] = new JsonArray([.. call.Headers.Select(h => (JsonNode)new JsonObject { ["key"] = h.Name.Text, ["value"] = h.Value.Text })]),
        };
        if (call.Body is { } body)
        {
            request["body"] = Body(body);
        }

        if (call.Auth is { } auth)
        {
            request["auth"] = Auth(auth);
        }

        var item = new JsonObject { ["name"] = one.Name, ["request"] = request };
        JsonNode[] happenings = [.. Event("prerequest", one.Before.Select(a => a.Script).OfType<string>()), .. Event("test", [.. one.After.Select(a => a.Script).OfType<string>(), .. one.Checks.Select(Script)])];
        if (happenings.Length > 0)
        {
            item["event"] = new JsonArray(happenings);
        }

        return item;
    }

    private static IEnumerable<JsonNode> Event(string listen, IEnumerable<string> scripts)
    {
        JsonNode[] lines = [.. scripts.Where(s => s.Length > 0).Select(s => (JsonNode)s)];
        return lines.Length == 0 ? [] : [new JsonObject { ["listen"] = listen, ["script"] = new JsonObject { ["type"] = "text/javascript", ["exec"] = new JsonArray(lines) } }];
    }

    private static string Script(Checks.Check check) => check is Checks.StatusCheck status && status.Allowed.All(a => int.TryParse(a, CultureInfo.InvariantCulture, out _))
        ? $"pm.test(\"status {string.Join(" or ", status.Allowed)}\", () => pm.expect(pm.response.code).to.be.oneOf([{string.Join(", ", status.Allowed)}]));"
        : $"// {check.Kind} {check.Where}: stays in Orbit";

    private static JsonObject Body(BodyPart body) => body.Kind switch
    {
        BodyKind.Form => new() { ["mode"] = "urlencoded", ["urlencoded"] = new JsonArray([.. body.Fields.Select(f => (JsonNode)new JsonObject { ["key"] = f.Name.Text, ["value"] = f.Value.Text })]) },
        BodyKind.Multipart => new() { ["mode"] = "formdata", ["formdata"] = new JsonArray([.. body.Parts.Select(p => (JsonNode)new JsonObject { ["key"] = p.Name.Text, ["type"] = p.File is null ? "text" : "file", [p.File is null ? "value" : "src"] = (p.File ?? p.Value)?.Text ?? "" })]) },
        BodyKind.GraphQl => new() { ["mode"] = "graphql", ["graphql"] = new JsonObject { ["query"] = body.Text!.Text, ["variables"] = body.GraphVariables?.Text ?? "" } },
        BodyKind.File => new() { ["mode"] = "file", ["file"] = new JsonObject { ["src"] = body.File!.Text } },
        _ => new() { ["mode"] = "raw", ["raw"] = body.Text!.Text, ["options"] = new JsonObject { ["raw"] = new JsonObject { ["language"] = body.Kind is BodyKind.Json ? "json" : "text" } } },
    };

    private static JsonObject Auth(Authentication auth)
    {
        static JsonNode Pair(string key, string? value) => new JsonObject { ["key"] = key, ["value"] = value ?? "", ["type"] = "string" };
        return auth.Kind switch
        {
            AuthKind.Basic => new() { ["type"] = "basic", ["basic"] = new JsonArray(Pair("username", auth.First.Text), Pair("password", auth.Second?.Text)) },
            AuthKind.Bearer => new() { ["type"] = "bearer", ["bearer"] = new JsonArray(Pair("token", auth.First.Text)) },
            AuthKind.ApiKey => new() { ["type"] = "apikey", ["apikey"] = new JsonArray(Pair("key", auth.First.Text), Pair("value", auth.Second?.Text), Pair("in", auth.In)) },
            _ => new() { ["type"] = "oauth2", ["oauth2"] = new JsonArray(Pair("accessTokenUrl", auth.TokenUrl?.Text), Pair("clientId", auth.First.Text), Pair("clientSecret", auth.Second?.Text), Pair("grant_type", "client_credentials")) },
        };
    }
}
