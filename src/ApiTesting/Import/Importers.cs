using System.Text.Json;
using System.Text.Json.Nodes;
using Orbit.ApiTesting.Documents;
using Orbit.ApiTesting.Values;

namespace Orbit.ApiTesting.Import;

/// <summary>What came of an import.</summary>
/// <param name="Document">A document in Orbit's format.</param>
/// <param name="NotCovered">What has no counterpart, each with its place; nothing is dropped silently.</param>
public sealed record Imported(JsonObject Document, IReadOnlyList<string> NotCovered)
{
    /// <summary>Places of scripts that were kept as they are; they need a host that runs scripts.</summary>
    public IReadOnlyList<string> Scripts { get; init; } = [];
}

/// <summary>Reads what other tools wrote.</summary>
public static class Importers
{
    /// <summary>The formats.</summary>
    public static IReadOnlyList<string> Formats { get; } = ["postman", "openapi", "har", "curl", "orbit"];

    /// <summary>Reads a document of a format.</summary>
    /// <param name="format">One of <see cref="Formats"/>.</param>
    /// <param name="content">The text.</param>
    /// <param name="keepScripts">True: a script of Postman's that is not covered wholly is kept as it is, instead of being named.</param>
    /// <exception cref="DocumentException">It is no such document; names the place.</exception>
    public static Imported Read(string format, string content, bool keepScripts = false)
    {
        Imported imported = format switch
        {
            "postman" => new PostmanImport(keepScripts).Read(YamlText.Parse(content)),
            "openapi" => new OpenApiImport(YamlText.Parse(content)).Read(),
            "har" => HarImport.Read(YamlText.Parse(content)),
            "curl" => CurlImport.Read(content),
            "orbit" => new(JsonNode.Parse(YamlText.Parse(content).GetRawText(), documentOptions: new JsonDocumentOptions { MaxDepth = JsonText.DeepestNesting }) as JsonObject ?? throw new DocumentException("", "must be a map"), []),
            _ => throw new DocumentException("format", $"'{format}' is not one of {string.Join(", ", Formats)}"),
        };
        _ = ApiDocumentReader.Read(JsonText.Parse(imported.Document.ToJsonString()));
        return imported;
    }
}
