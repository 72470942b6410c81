using System.Text.Json;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Builds;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Tests.Builds;

public sealed class WebhookBodyTests
{
    private const string Good = """{"JOB_NAME":"CDN_CORE","BUILD_NUMBER":"57","PACKAGE_PATH":"CDN/pass/20250613-master-0a1b/el7","BUILD_USER":"zhang"}""";

    [Fact]
    public void The_webhooks_upper_case_keys_are_read()
    {
        PostBuildRequest read = Read(Good);

        Assert.Equal(("CDN_CORE", "57", "CDN/pass/20250613-master-0a1b/el7", "zhang"), (read.JobName, read.BuildNumber, read.PackagePath, read.BuildUser));
        Assert.Empty(read.Labels);
    }

    [Fact]
    public void Lower_case_keys_and_a_number_for_the_build_are_read()
    {
        PostBuildRequest read = Read("""{"job_name":"J","build_number":57,"package_path":"p/el8","labels":{"GIT_COMMIT":"0a1b"}}""");

        Assert.Equal(("J", "57", "p/el8", ""), (read.JobName, read.BuildNumber, read.PackagePath, read.BuildUser));
        Assert.Equal("0a1b", read.Labels["GIT_COMMIT"]);
    }

    [Fact]
    public void Every_other_key_becomes_a_label_and_null_is_ignored()
    {
        PostBuildRequest read = Read("""{"JOB_NAME":"J","GIT_URL":"ssh://git/x","RETRIES":3,"RATE":1.50,"NIGHTLY":true,"DRY":false,"NOTE":null,"Job_Name":"mixed"}""");

        Assert.Equal(
            [("DRY", "false"), ("GIT_URL", "ssh://git/x"), ("Job_Name", "mixed"), ("NIGHTLY", "true"), ("RATE", "1.50"), ("RETRIES", "3")],
            read.Labels.Select(l => (l.Key, l.Value)).Order());
    }

    [Theory]
    [InlineData("{\"JOB_NAME\":\"\\ud800\"}")]
    [InlineData("{\"NOTE\":\"\\udc00\"}")]
    public void Half_of_a_surrogate_pair_is_refused(string body) =>
        Assert.Equal("INVALID_JSON", Assert.Throws<OrbitException>(() => Read(body)).Reason);

    [Theory]
    [InlineData("{\"PACKAGE_PATH\":5}", "PACKAGE_PATH")]
    [InlineData("{\"PACKAGE_PATH\":[\"a\"]}", "PACKAGE_PATH")]
    [InlineData("{\"PACKAGE_PATH\":{}}", "PACKAGE_PATH")]
    [InlineData("{\"JOB_NAME\":true}", "JOB_NAME")]
    [InlineData("{\"BUILD_NUMBER\":true}", "BUILD_NUMBER")]
    [InlineData("{\"BUILD_USER\":1}", "BUILD_USER")]
    [InlineData("{\"JOB_NAME\":\"a\",\"job_name\":\"b\"}", "JOB_NAME")]
    [InlineData("{\"PARAMS\":{\"a\":1}}", "PARAMS")]
    [InlineData("{\"LIST\":[1]}", "LIST")]
    [InlineData("{\"labels\":{\"A\":1},\"A\":2}", "A")]
    [InlineData("{\"labels\":{\"inner\":[1]}}", "inner")]
    public void A_value_of_the_wrong_kind_is_refused_by_name(string body, string field)
    {
        OrbitException refusal = Assert.Throws<OrbitException>(() => Read(body));

        Assert.Equal("BUILD_FIELD_INVALID", refusal.Reason);
        Assert.Contains(field, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(field, refusal.Details.Keys);
    }

    [Fact]
    public void More_labels_than_allowed_are_refused()
    {
        string body = "{" + string.Join(',', Enumerable.Range(0, 65).Select(n => $"\"L{n}\":1")) + "}";

        Assert.Equal("BUILD_FIELD_INVALID", Assert.Throws<OrbitException>(() => Read(body)).Reason);
    }

    private static PostBuildRequest Read(string body)
    {
        using JsonDocument json = JsonDocument.Parse(body);
        return WebhookBodyMapping.Read(json.RootElement);
    }
}
