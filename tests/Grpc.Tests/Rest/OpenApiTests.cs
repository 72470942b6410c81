using System.Text.Json;

namespace Orbit.Grpc.Tests.Rest;

public sealed class OpenApiTests
{
    [Fact]
    public async Task The_document_has_every_path_with_its_comments()
    {
        await using RestServer server = await RestServer.StartAsync();
        JsonElement document = JsonSerializer.Deserialize<JsonElement>(await server.Http.GetStringAsync("/openapi.json"));

        Assert.Equal("3.1.0", document.GetProperty("openapi").GetString());
        JsonElement paths = document.GetProperty("paths");
        Assert.Equal(["get", "put"], paths.GetProperty("/api/v1/books/{id}").EnumerateObject().Select(verb => verb.Name).Order());
        Assert.True(paths.TryGetProperty("/api/v1/shelves/{shelf.name}/books/{id}", out _));
        Assert.True(paths.TryGetProperty("/api/v1/{name}/loans/{path}:lend", out _));
        JsonElement get = paths.GetProperty("/api/v1/books/{id}").GetProperty("get");
        Assert.Equal("Reads one book", get.GetProperty("summary").GetString());
        Assert.True(paths.GetProperty("/api/v1/shelves/{shelf}/books").GetProperty("post").GetProperty("responses").TryGetProperty("201", out _));

        JsonElement schemas = document.GetProperty("components").GetProperty("schemas");
        JsonElement book = schemas.GetProperty("orbit.grpctests.v1.Book");
        Assert.Equal("One book.", book.GetProperty("description").GetString());
        Assert.Equal("When it was printed.", book.GetProperty("properties").GetProperty("printed_at").GetProperty("description").GetString());
        Assert.Equal(
            ["UNSPECIFIED", "PAPER", "CLOTH"],
            schemas.GetProperty("orbit.grpctests.v1.BookBinding").GetProperty("enum").EnumerateArray().Select(name => name.GetString()));
        string[] operations = [.. paths.EnumerateObject().SelectMany(path => path.Value.EnumerateObject()).Select(verb => verb.Value.GetProperty("operationId").GetString()!)];
        Assert.Equal(operations.Length, operations.Distinct().Count());
        AssertReferencesLead(document, schemas);
    }

    private static void AssertReferencesLead(JsonElement element, JsonElement schemas)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    if (property.Name == "$ref")
                    {
                        Assert.True(schemas.TryGetProperty(property.Value.GetString()!.Split('/')[^1], out _), property.Value.GetString());
                    }

                    AssertReferencesLead(property.Value, schemas);
                }

                break;
            case JsonValueKind.Array:
                foreach (JsonElement item in element.EnumerateArray())
                {
                    AssertReferencesLead(item, schemas);
                }

                break;
        }
    }
}
