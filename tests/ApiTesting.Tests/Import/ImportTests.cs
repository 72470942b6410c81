using System.Text.Json.Nodes;
using Orbit.ApiTesting.Documents;
using Orbit.ApiTesting.Import;
using Orbit.ApiTesting.Running;
using Orbit.ApiTesting.Tests.Running;
using Orbit.Tests.Support;

namespace Orbit.ApiTesting.Tests.Import;

public sealed class ImportTests
{
    [Fact]
    public async Task The_postman_flow_runs_as_it_does_in_postman_with_all_its_checks()
    {
        await using FlowServer shop = await FlowServer.StartAsync();
        Imported imported = Importers.Read("postman", Fixture.Text("api-flow/flow.postman_collection.json").Replace("http://127.0.0.1:18080", shop.Url, StringComparison.Ordinal));

        Assert.Empty(imported.NotCovered);
        List<RowResult> rows = await Runs.RunAsync(YamlWriter.Write(imported.Document), Fixture.PathOf("api-flow/rows.csv"));

        Assert.Equal(200, rows.Count);
        Assert.All(rows, row => Assert.True(row.Outcome is Outcome.Passed, row.Reason));
        Assert.All(rows, row => Assert.Equal(12, row.Steps.Sum(s => s.Checks.Count)));
        Assert.Equal(200, shop.Paid.Count);
    }

    [Fact]
    public void What_a_script_does_beyond_the_idioms_is_named()
    {
        Imported imported = Importers.Read("postman", """
            {"info":{"name":"x","schema":"https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},"item":[{"name":"a","request":"http://127.0.0.1/a",
            "event":[{"listen":"test","script":{"exec":["pm.test('ok', function () { pm.response.to.have.status(200); });","pm.sendRequest('http://127.0.0.1/b', cb);","tests['body'] = responseBody.has('yes');"]}}]}]}
            """);

        Assert.Equal(["a: test script: pm.sendRequest('http://127.0.0.1/b', cb)"], imported.NotCovered);
        Assert.Equal(2, imported.Document["cases"]![0]!["assert"]!.AsArray().Count);
    }

    [Fact]
    public void Petstore_becomes_a_case_for_each_of_its_19_operations()
    {
        Imported imported = Importers.Read("openapi", Fixture.Text("openapi/petstore.yaml"));

        JsonArray cases = imported.Document["cases"]!.AsArray();
        Assert.Equal(19, cases.Count);
        JsonNode byId = cases.Single(c => (string)c!["name"]! == "getPetById")!;
        Assert.EndsWith("/pet/{{petId}}", (string)byId["request"]!["url"]!, StringComparison.Ordinal);
        Assert.Contains(byId["assert"]!.AsArray(), a => a!["schema"] is not null);
    }

    [Fact]
    public void A_curl_command_as_browsers_copy_it_becomes_a_case()
    {
        Imported imported = Importers.Read("curl", """
            curl 'http://127.0.0.1:1/orders?x=1' -X PUT \
              -H 'Content-Type: application/json' -u me:secret --data-raw $'{"a":"it\'s"}' --compressed -k
            """);

        JsonNode request = imported.Document["cases"]![0]!["request"]!;
        Assert.Equal(("PUT", "{\"a\":\"it's\"}", false), ((string)request["method"]!, (string)request["body"]!["raw"]!, (bool)request["tls"]!["verify"]!));
    }

    [Theory]
    [InlineData("postman", "{\"info\":{\"schema\":\"/v2.1\"},\"item\":[{\"item\":5}]}", "item[0].item")]
    [InlineData("openapi", "{\"openapi\":\"3.0.0\",\"paths\":{\"/a\":{\"get\":{\"parameters\":[{\"$ref\":\"#/x\"}]}}},\"x\":{\"$ref\":\"#/x\"}}", "circle")]
    [InlineData("har", "{\"log\":{}}", "log.entries")]
    [InlineData("curl", "curl 'http://x", "quote")]
    [InlineData("orbit", "a: &x [*x]", "aliases")]
    public void A_wrong_document_is_refused_with_its_place(string format, string content, string place)
    {
        DocumentException refused = Assert.Throws<DocumentException>(() => Importers.Read(format, content));

        Assert.Contains(place, refused.Message, StringComparison.Ordinal);
    }
}
