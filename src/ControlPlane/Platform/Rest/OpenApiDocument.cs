using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;
using Microsoft.Extensions.Options;

namespace Orbit.ControlPlane.Platform.Rest;

/// <summary>The OpenAPI 3.1 document of all REST paths, from the same descriptors. Built at the first request.</summary>
internal sealed class OpenApiDocument(RestRoutes routes, IOptions<RestOptions> options)
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = MessageToJson.WriterOptions.Encoder };

    private readonly Lazy<byte[]> _bytes = new(() => JsonSerializer.SerializeToUtf8Bytes(Build(routes.All, options.Value), Readable));

    /// <summary>The document in UTF-8.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes.Value;

    private static JsonObject Build(IReadOnlyList<RestRoute> routes, RestOptions options)
    {
        var comments = new ProtoComments(routes.Select(route => route.Method.InputType.ClrType.Assembly).Distinct());
        var schemas = new OpenApiSchemas(comments);
        var paths = new JsonObject();
        var uses = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (IGrouping<string, RestRoute> path in routes.GroupBy(route => route.Path.ToOpenApi()))
        {
            var operations = new JsonObject();
            foreach (RestRoute route in path)
            {
                // A method with several paths is several operations, which need names of their own.
                string name = $"{route.Method.Service.Name}_{route.Method.Name}";
                int use = uses[name] = uses.GetValueOrDefault(name) + 1;
#pragma warning disable CA1308 // OpenAPI names verbs in lower case.
                operations[route.Verb.ToLowerInvariant()] = Operation(use == 1 ? name : $"{name}_{use}", route, schemas, comments, options);
#pragma warning restore CA1308
            }

            paths[path.Key] = operations;
        }

        return new()
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject { ["title"] = options.Title, ["version"] = typeof(OpenApiDocument).Assembly.GetName().Version?.ToString(3) },
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["schemas"] = schemas.Components(),
                ["securitySchemes"] = new JsonObject { ["bearer"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer" } },
            },
            ["security"] = new JsonArray(new JsonObject(), new JsonObject { ["bearer"] = new JsonArray() }),
        };
    }

    private static JsonObject Operation(string name, RestRoute route, OpenApiSchemas schemas, ProtoComments comments, RestOptions options)
    {
        var operation = new JsonObject
        {
            ["operationId"] = name,
            ["tags"] = new JsonArray(route.Method.Service.Name),
        };
        if (comments.Of(route.Method.FullName) is { } comment)
        {
            operation["summary"] = comment.Split(['.', '\n'])[0];
            operation["description"] = comment;
        }

        if (Parameters(route, schemas, comments) is { Count: > 0 } parameters)
        {
            operation["parameters"] = parameters;
        }

        if (route.Body.Length > 0)
        {
            JsonNode body = route.Body == "*"
                ? schemas.Of(route.Method.InputType)
                : schemas.Of(FieldPath.Resolve(route.Method.InputType, route.Body));
            operation["requestBody"] = new JsonObject { ["content"] = Content("application/json", body) };
        }

        JsonNode answer = route.ResponseBody.Length > 0
            ? schemas.Of(FieldPath.Resolve(route.Method.OutputType, route.ResponseBody))
            : schemas.Of(route.Method.OutputType);
        string status = options.SuccessStatusOf(route.Method.FullName).ToString(System.Globalization.CultureInfo.InvariantCulture);
        operation["responses"] = new JsonObject
        {
            [status] = Response(
                route.Method.IsServerStreaming && !route.IsRaw ? "Success; one JSON value a line." : "Success.",
                route.IsRaw ? Content("application/octet-stream", new JsonObject()) : Content(route.Method.IsServerStreaming ? "application/x-ndjson" : "application/json", answer)),
            ["default"] = Response("Error.", Content("application/json", OpenApiSchemas.Reference(OpenApiSchemas.Error))),
        };
        return operation;
    }

    private static JsonArray Parameters(RestRoute route, OpenApiSchemas schemas, ProtoComments comments)
    {
        var parameters = new JsonArray();
        var inPath = route.Path.Fields.ToHashSet(StringComparer.Ordinal);
        foreach (string name in inPath)
        {
            FieldDescriptor field = FieldPath.Resolve(route.Method.InputType, name);
            parameters.Add(Parameter(name, "path", schemas.Of(field), comments.Of(field.FullName)));
        }

        if (route.Body.Length == 0)
        {
            foreach (FieldDescriptor field in route.Method.InputType.Fields.InDeclarationOrder().Where(field => !inPath.Contains(field.Name) && !field.IsMap))
            {
                parameters.Add(Parameter(field.Name, "query", schemas.Of(field), comments.Of(field.FullName)));
            }
        }

        return parameters;
    }

    private static JsonObject Parameter(string name, string place, JsonNode schema, string? comment)
    {
        var parameter = new JsonObject { ["name"] = name, ["in"] = place, ["required"] = place == "path", ["schema"] = schema };
        if (comment is not null)
        {
            parameter["description"] = comment;
        }

        return parameter;
    }

    private static JsonObject Content(string type, JsonNode schema) => new() { [type] = new JsonObject { ["schema"] = schema } };

    private static JsonObject Response(string description, JsonObject content) => new() { ["description"] = description, ["content"] = content };
}
