using System.Text.Json;
using System.Text.Json.Nodes;
using Orbit.ApiTesting.Documents;

namespace Orbit.ApiTesting.Import;

/// <summary>Reads HTTP archives: each request becomes a case that expects the recorded status.</summary>
internal static class HarImport
{
    private const int MostEntries = 5000;

    private static readonly HashSet<string> Left = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Content-Length", "Connection", "Accept-Encoding", "Transfer-Encoding", "Upgrade-Insecure-Requests",
    };

    public static Imported Read(JsonElement har)
    {
        DocumentNode entries = new DocumentNode(har, "").Require("log").Require("entries");
        var builder = new DocumentBuilder("har");
        var steps = new List<string>();
        foreach (DocumentNode entry in entries.Items())
        {
            if (steps.Count >= MostEntries)
            {
                throw entry.Wrong($"at most {MostEntries} requests are read");
            }

            DocumentNode request = entry.Require("request");
            string url = request.Require("url").Text();
            if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? address) || address.Scheme is not ("http" or "https"))
            {
                builder.NotCovered.Add($"{request.Place}.url: no http or https address");
                continue;
            }

            string method = request.Require("method").Text();
            var one = new JsonObject { ["method"] = method, ["url"] = Literal(url) };
            JsonArray headers = Headers(request);
            if (headers.Count > 0)
            {
                one["headers"] = headers;
            }

            if (request.Get("postData") is { } data && Body(data, builder) is { } body)
            {
                one["body"] = body;
            }

            var checks = new JsonArray();
            if (entry.Get("response")?.Get("status") is { } status && status.Integer(0, 999) is >= 100 and <= 599 and var code)
            {
                checks.Add(new JsonObject { ["status"] = code });
            }

            steps.Add(builder.Add($"{method} {address.AbsolutePath}", one, checks, [], [], [], []));
        }

        return builder.Build(steps);
    }

    private static JsonArray Headers(DocumentNode request)
    {
        var headers = new JsonArray();
        foreach (DocumentNode header in request.Get("headers")?.Items() ?? [])
        {
            string name = header.Require("name").Text();
            if (!name.StartsWith(':') && !Left.Contains(name))
            {
                headers.Add(new JsonObject { ["name"] = name, ["value"] = Literal(header.Get("value")?.Text() ?? "") });
            }
        }

        return headers;
    }

    private static JsonObject? Body(DocumentNode data, DocumentBuilder builder)
    {
        if (data.Get("text") is { } text)
        {
            return new() { ["raw"] = Literal(text.Text()), ["type"] = data.Get("mimeType")?.Text() ?? "text/plain" };
        }

        if (data.Get("params") is not { } pairs)
        {
            return null;
        }

        var form = new JsonArray();
        foreach (DocumentNode pair in pairs.Items())
        {
            if (pair.Has("fileName"))
            {
                builder.NotCovered.Add($"{pair.Place}: a file of the other machine");
                continue;
            }

            form.Add(new JsonObject { ["name"] = pair.Require("name").Text(), ["value"] = Literal(pair.Get("value")?.Text() ?? "") });
        }

        return new() { ["form"] = form };
    }

    /// <summary>Two braces are no variable here.</summary>
    private static string Literal(string text) => text.Replace("{{", "\\{{", StringComparison.Ordinal);
}
