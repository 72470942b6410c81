using Orbit.ControlPlane.Builds;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Tests.Builds;

public sealed class BuildFactsTests
{
    [Theory]
    [InlineData("http://evil/x")]
    [InlineData("//host/x")]
    [InlineData("\\\\host\\x")]
    [InlineData("file:/etc/passwd")]
    [InlineData("javascript:alert(1)")]
    [InlineData("/etc")]
    [InlineData("a/../../b")]
    [InlineData("..")]
    [InlineData("a/%2e%2e/b")]
    [InlineData("a\\..\\b")]
    [InlineData("a\r\nHost: evil")]
    [InlineData("a\u0000b")]
    [InlineData("a?x=1")]
    [InlineData("a#b")]
    public void A_package_path_that_could_lead_elsewhere_is_refused(string path) =>
        Assert.Equal("PACKAGE_PATH_INVALID", Refused("J", "1", "", path).Reason);

    [Fact]
    public void A_package_path_that_is_too_long_is_refused() =>
        Assert.Equal("PACKAGE_PATH_INVALID", Refused("J", "1", "", new string('a', 5000)).Reason);

    [Theory]
    [InlineData("", "1", "p")]
    [InlineData("J", " ", "p")]
    [InlineData("J", "1", "")]
    [InlineData("J", "1", "   ")]
    public void A_missing_field_is_named(string job, string number, string path)
    {
        OrbitException refusal = Refused(job, number, "", path);

        Assert.Equal("BUILD_FIELD_MISSING", refusal.Reason);
        Assert.Single(refusal.Details);
    }

    [Fact]
    public void All_missing_fields_are_named_together() =>
        Assert.Equal(["BUILD_NUMBER", "JOB_NAME", "PACKAGE_PATH"], Refused("", "", "", "").Details.Keys.Order());

    [Theory]
    [InlineData("a\nb")]
    [InlineData("a\rb")]
    [InlineData("a\u0000b")]
    public void Names_that_would_forge_lines_are_refused(string name)
    {
        Assert.Equal("BUILD_FIELD_INVALID", Refused(name, "1", "", "p").Reason);
        Assert.Equal("BUILD_FIELD_INVALID", Refused("J", name, "", "p").Reason);
        Assert.Equal("BUILD_FIELD_INVALID", Refused("J", "1", name, "p").Reason);
    }

    [Fact]
    public void Half_of_a_surrogate_pair_is_refused() => Assert.Equal("BUILD_FIELD_INVALID", Refused("a\ud800b", "1", "", "p").Reason);

    [Fact]
    public void Lengths_are_limited()
    {
        Assert.Equal(["BUILD_NUMBER", "BUILD_USER", "JOB_NAME"], Refused(new('j', 256), new('1', 65), new('u', 256), "p").Details.Keys.Order());
        Assert.Equal("BUILD_FIELD_INVALID", RefusedLabels(new() { [new string('k', 129)] = "v" }).Reason);
        Assert.Equal("BUILD_FIELD_INVALID", RefusedLabels(new() { ["k"] = new string('v', 4097) }).Reason);
        Assert.Equal("BUILD_FIELD_INVALID", RefusedLabels(new() { [""] = "v" }).Reason);
        Assert.Equal("BUILD_FIELD_INVALID", RefusedLabels(Enumerable.Range(0, 65).ToDictionary(n => $"k{n}", _ => "v")).Reason);
    }

    [Fact]
    public void Text_that_is_only_strange_is_kept_as_given()
    {
        BuildFacts facts = BuildFacts.Of("<script>alert(1)</script>", "=cmd()", "{{7*7}} \u001b[31m", "包/el7", new Dictionary<string, string> { ["k"] = "a\nb" });

        Assert.Equal(("<script>alert(1)</script>", "=cmd()", "{{7*7}} \u001b[31m"), (facts.JobName, facts.BuildNumber, facts.BuildUser));
    }

    [Fact]
    public void One_trailing_slash_makes_no_other_build()
    {
        BuildFacts bare = BuildFacts.Of("J", "1", "", "p/el7", new Dictionary<string, string>());
        BuildFacts slash = BuildFacts.Of("J", "1", "", "p/el7/", new Dictionary<string, string>());

        Assert.Equal(bare.Key, slash.Key);
    }

    private static OrbitException Refused(string job, string number, string user, string path) =>
        Assert.Throws<OrbitException>(() => BuildFacts.Of(job, number, user, path, new Dictionary<string, string>()));

    private static OrbitException RefusedLabels(Dictionary<string, string> labels) =>
        Assert.Throws<OrbitException>(() => BuildFacts.Of("J", "1", "", "p", labels));
}
