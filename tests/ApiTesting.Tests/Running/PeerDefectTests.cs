using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;
using Orbit.ApiTesting.Records;
using Orbit.ApiTesting.Reports;
using Orbit.ApiTesting.Running;
using Orbit.Tests.Support;

namespace Orbit.ApiTesting.Tests.Running;

/// <summary>What goes wrong in other tools.</summary>
public sealed class PeerDefectTests
{
    [Fact]
    public async Task What_was_extracted_from_a_secret_field_is_in_no_record_and_no_report()
    {
        const string Token = "t0k3n-that-nobody-may-see";
        const string Password = "pa55-of-the-lab";
        await using FlowServer server = await FlowServer.StartAsync(app => app.MapPost("/sign", () => Results.Json(new { token = Token, echo = $"you said {Password}" }, statusCode: 401)));
        string document = """
            environments: [{name: lab, secrets: {password: PASS}}]
            cases:
              - name: sign
                request: {method: POST, url: "BASE/sign", headers: {X-Key: "{{password}}"}, auth: {basic: {username: u, password: "{{password}}"}}}
                extract: [{name: token, jsonpath: $.token}]
                assert: [{jsonpath: $.token, equals: other}, {body: {contains: nothing}}]
              - {name: use, request: {url: "BASE/items?page=1&key={{token}}"}, assert: [{status: 500}]}
            scenarios: [{name: s, steps: [{case: sign, on_failure: continue}, use]}]
            """.Replace("BASE", server.Url, StringComparison.Ordinal).Replace("PASS", Password, StringComparison.Ordinal);

        RowResult row = await Runs.OneAsync(document, environment: "lab");

        string folder = Directory.CreateTempSubdirectory("orbit-peers-").FullName;
        try
        {
            string junitPath = Path.Combine(folder, "junit.xml");
            await using (var junit = new JUnitFile(junitPath, "s"))
            {
                junit.Write(row);
            }

            using var gzip = new GZipStream(new MemoryStream(new RowRecords(65536).Of(row, 1024 * 1024)), CompressionMode.Decompress);
            string all = await new StreamReader(gzip).ReadToEndAsync() + await File.ReadAllTextAsync(junitPath);
            Assert.Contains("/sign", all, StringComparison.Ordinal);
            foreach (string secret in (string[])[Token, Password, Convert.ToBase64String(Encoding.UTF8.GetBytes($"u:{Password}"))])
            {
                Assert.DoesNotContain(secret, all, StringComparison.Ordinal);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_is_refused_unless_the_case_says_otherwise_by_name()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue.AddYears(-1));
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.Sources.Clear();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(new HttpsConnectionAdapterOptions { ServerCertificate = certificate })));
        await using WebApplication app = builder.Build();
        app.MapGet("/", () => "ok");
        await app.StartAsync();
        string url = app.Urls.First();

        RowResult refused = await Runs.OneAsync($$"""cases: [{name: a, request: {url: "{{url}}/"}, assert: [{status: 200}]}]""");
        RowResult allowed = await Runs.OneAsync($$$"""cases: [{name: a, request: {url: "{{{url}}}/", tls: {verify: false}}, assert: [{status: 200}]}]""");

        Assert.Equal((Outcome.Failed, 0), (refused.Outcome, refused.Steps[0].Exchange!.Status));
        Assert.Equal("tls", refused.FailureClass);
        Assert.True(allowed.Outcome is Outcome.Passed, allowed.Reason);
    }

    [Fact]
    public async Task Each_row_is_run_exactly_once_and_is_a_test_of_its_own_in_reports()
    {
        await using FlowServer server = await FlowServer.StartAsync();
        string document = $$"""
            cases: [{name: a, request: {url: "{{server.Url}}/items?page=1"}, assert: [{status: 200}]}]
            datasets: [{name: d, rows: [{n: 1}, {n: 1}, {n: 2, $enabled: false}, {n: 3}]}]
            scenarios: [{name: s, dataset: d, steps: [a]}]
            """;

        List<RowResult> rows = await Runs.RunAsync(document, concurrency: 3);

        Assert.Equal([0, 1, 3], rows.Select(r => r.Row).Order());
        Assert.Equal(3, server.Requests.Count);
    }
}
