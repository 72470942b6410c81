using System.Text.Json.Nodes;
using Orbit.ControlPlane.ParameterSets;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Tests.ParameterSets;

public sealed class ParameterOverridesTests
{
    [Fact]
    public void An_admin_merges_key_by_key()
    {
        Same(
            """{"service":"shop","env":{"A":"1","B":"9"},"preserve":["z"]}""",
            ParameterOverrides.Merge(
                """{"service":"old","env":{"A":"1","B":"2"},"preserve":["x","y"],"rollback":"never"}""",
                """{"service":"shop","env":{"B":"9"},"preserve":["z"],"rollback":null}""",
                isAdmin: true));
    }

    [Fact]
    public void A_user_changes_what_is_listed_and_everything_below_it()
    {
        const string Set = """{"env":{"A":"1"},"test":{"dir":"/t","pytest":["x"],"timeout_s":10},"overridable":["env","test.timeout_s"]}""";

        Same(
            """{"env":{"A":"2","C":"3"},"test":{"dir":"/t","pytest":["x"],"timeout_s":99},"overridable":["env","test.timeout_s"]}""",
            ParameterOverrides.Merge(Set, """{"env":{"A":"2","C":"3"},"test":{"timeout_s":99}}""", isAdmin: false));
    }

    [Theory]
    [InlineData("""{"service":"x"}""", "service")]
    [InlineData("""{"install_dir":"/etc"}""", "install_dir")]
    [InlineData("""{"stop":"evil.sh"}""", "stop")]
    [InlineData("""{"stop":{"command":["sh"]}}""", "stop.command")]
    [InlineData("""{"start":{"systemd":"x.service"}}""", "start.systemd")]
    [InlineData("""{"health":{"command":["sh"]}}""", "health.command")]
    [InlineData("""{"health":null}""", "health.command")]
    [InlineData("""{"health":{"tcp":"a:1"}}""", "health.command")]
    [InlineData("""{"test":{"command":["sh"]}}""", "test.command")]
    [InlineData("""{"test":{"pytest":["--rootdir=/"]}}""", "test.pytest")]
    [InlineData("""{"test":{"python":"/tmp/p"}}""", "test.python")]
    [InlineData("""{"test":{"dir":"/tmp"}}""", "test.dir")]
    [InlineData("""{"test":null}""", "test.command")]
    [InlineData("""{"test":"x"}""", "test.dir")]
    [InlineData("""{"overridable":["stop"]}""", "overridable")]
    [InlineData("""{"binaries":["x"]}""", "binaries")]
    [InlineData("""{"test.command":["sh"]}""", "test.command")]
    public void Commands_interpreters_scripts_and_directories_are_never_a_users(string overrides, string path)
    {
        const string Set = """
            {"service":"s","install_dir":"/opt/s","stop":"stop.sh","health":{"command":["ok"]},"test":{"dir":"/t","command":["run"]},
             "overridable":["service","install_dir","stop","start","health","health.command","test","test.command","test.dir","binaries","overridable"]}
            """;

        OrbitException refusal = Assert.Throws<OrbitException>(() => ParameterOverrides.Merge(Set, overrides, isAdmin: false));

        Assert.Equal((Refusal.Forbidden, "PARAMETER_NOT_OVERRIDABLE"), (refusal.Kind, refusal.Reason));
        Assert.Contains(path, refusal.Details.Keys);
    }

    [Fact]
    public void Every_key_that_is_not_listed_is_named()
    {
        OrbitException refusal = Assert.Throws<OrbitException>(() => ParameterOverrides.Merge(
            """{"overridable":["env.REGION"]}""", """{"env":{"REGION":"a","OTHER":"b"},"rollback":"never","test":{"env":{"X":"1"}}}""", isAdmin: false));

        Assert.Equal(["env.OTHER", "rollback", "test.env.X"], refusal.Details.Keys.Order());
    }

    [Fact]
    public void A_key_that_does_not_exist_is_told_as_unknown_by_the_check()
    {
        string merged = ParameterOverrides.Merge("""{"overridable":["env"]}""", """{"REGION":"lab"}""", isAdmin: false);

        Assert.Equal("PARAMETER_UNKNOWN", Assert.Throws<OrbitException>(() => DeployParameters.Parse(merged)).Reason);
    }

    [Fact]
    public void Another_probe_takes_the_place_of_the_one_there() =>
        Same(
            """{"health":{"timeout_s":5,"tcp":"a:1"},"overridable":["health"]}""",
            ParameterOverrides.Merge("""{"health":{"http":"http://x/","timeout_s":5},"overridable":["health"]}""", """{"health":{"tcp":"a:1"}}""", isAdmin: false));

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"a\":1,\"a\":1}")]
    public void Overrides_that_are_no_object_are_refused(string overrides) =>
        Assert.Equal("PARAMETERS_INVALID", Assert.Throws<OrbitException>(() => ParameterOverrides.Merge("{}", overrides, isAdmin: true)).Reason);

    private static void Same(string expected, string actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(actual)), actual);
}
