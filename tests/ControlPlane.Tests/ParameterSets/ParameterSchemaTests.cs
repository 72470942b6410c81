using System.Net;
using System.Reflection;
using System.Text.Json.Nodes;
using Orbit.ControlPlane.ParameterSets;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Tests.Architecture;
using Orbit.Tests.Support;

namespace Orbit.ControlPlane.Tests.ParameterSets;

/// <summary>The published schema against the code that reads parameters.</summary>
public sealed class ParameterSchemaTests
{
    private static readonly JsonObject Schema = (JsonObject)JsonNode.Parse(ParameterSchema.Bytes)!;

    [Fact]
    public async Task The_api_serves_the_page_of_the_documentation_byte_by_byte()
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(Databases.Sqlite);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/parameter-sets/schema");
        request.Headers.Authorization = new("Bearer", await orbit.TokenAsync("li@example.org"));

        using HttpResponseMessage answer = await orbit.Http.SendAsync(request);

        Assert.Equal((HttpStatusCode.OK, "application/schema+json"), (answer.StatusCode, answer.Content.Headers.ContentType!.ToString()));
        Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(Sources.Root, "docs", "parameters.schema.json")), await answer.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public void Every_key_that_the_reader_knows_is_in_the_schema_and_no_other()
    {
        foreach ((string path, string parameters) in (ReadOnlySpan<(string, string)>)
        [
            ("", """{"?":1}"""), ("health", """{"health":{"?":1}}"""), ("test", """{"test":{"?":1}}"""),
        ])
        {
            OrbitException refused = Assert.Throws<OrbitException>(() => DeployParameters.Parse(parameters));
            string told = refused.Details.Single(d => d.Key.EndsWith('?')).Value;
            string[] known = told[(told.IndexOf("known are ", StringComparison.Ordinal) + 10)..].Split(", ");
            JsonObject level = path.Length == 0 ? Schema : (JsonObject)Schema["properties"]![path]!;
            Assert.Equal(known.Order(StringComparer.Ordinal), ((JsonObject)level["properties"]!).Select(p => p.Key).Order(StringComparer.Ordinal));
        }
    }

    /// <summary>Every example of the reader's own tests: the schema never refuses what the reader takes, and finds most of what it refuses.</summary>
    [Fact]
    public void The_schema_refuses_nothing_that_is_read_and_most_of_what_is_not()
    {
        var schema = new JsonSchemaCheck(Schema);
        string[] examples =
        [
            .. typeof(DeployParametersTests).GetMethods().SelectMany(test => test.GetCustomAttributes<InlineDataAttribute>().SelectMany(data => data.GetData(test)))
                .Select(row => row[0]).OfType<string>().Where(text => text.StartsWith('{')),
            """{"env":{"A":{"secret":"long enough"}},"test":{"dir":"/t/${run.id}","pytest":["-q"],"env":{"B":{"secret":"***"}}}}""",
            """{"service":"s","install_dir":"/opt/${build.job_name}","start":{"systemd":"a@${run.id}.service"},"health":{"http":"http://h/${run.id}"}}""",
            ParameterSetCommands.FirstParameters,
            Lab.Shop,
            Lab.TestOnly,
        ];
        int refusedByBoth = 0, refusedByReader = 0;
        foreach (string example in examples)
        {
            if (example.Contains("\\ud8", StringComparison.OrdinalIgnoreCase) || ParseOrNull(example) is not { } parsed)
            {
                continue; // no JSON: no schema is asked
            }

            bool valid = schema.IsValid(parsed);
            Exception? refused = Record.Exception(() => DeployParameters.Parse(example));
            Assert.True(valid || refused is not null, $"The schema refuses what the reader takes: {example}");
            refusedByReader += refused is null ? 0 : 1;
            refusedByBoth += refused is null || valid ? 0 : 1;
        }

        Assert.True(examples.Length > 80 && refusedByReader > 60, $"Only {examples.Length} examples were found, {refusedByReader} of them wrong.");
        Assert.True(refusedByBoth * 100 >= refusedByReader * 80, $"The schema finds {refusedByBoth} of {refusedByReader} wrong examples.");
    }

    private static JsonNode? ParseOrNull(string example)
    {
        try
        {
            return JsonNode.Parse(example, documentOptions: new() { AllowDuplicateProperties = false });
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }
}
