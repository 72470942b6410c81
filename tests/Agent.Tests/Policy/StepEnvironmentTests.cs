using Orbit.Agent.Policy;
using Orbit.Agent.Processes;

namespace Orbit.Agent.Tests.Policy;

public sealed class StepEnvironmentTests
{
    private static readonly StepUser Tester = new("tester", 1000, 1000, [1000], "/home/tester");

    [Fact]
    public void A_step_sees_a_fixed_base_and_what_it_was_given()
    {
        IReadOnlyDictionary<string, string> environment = StepEnvironment.Build(
            Tester, "/data/work/tmp",
            [new Dictionary<string, string> { ["REGION"] = "lab", ["BASE_URL"] = "a" }, new Dictionary<string, string> { ["BASE_URL"] = "b" }],
            new Dictionary<string, string> { ["PYTHONPATH"] = "/data/plugin", ["ORBIT_EVENTS"] = "/data/events" });

        Assert.Equal(
            ["BASE_URL=b", "HOME=/home/tester", "LANG=C.UTF-8", "LOGNAME=tester", "ORBIT_EVENTS=/data/events", $"PATH={StepEnvironment.SafePath}", "PYTHONPATH=/data/plugin", "REGION=lab", "TMPDIR=/data/work/tmp", "USER=tester"],
            environment.Select(variable => $"{variable.Key}={variable.Value}").Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("PATH")]
    [InlineData("LD_PRELOAD")]
    [InlineData("LD_ANYTHING_NEW")]
    [InlineData("PYTHONSTARTUP")]
    [InlineData("PYTHONPATH")]
    [InlineData("PYTEST_ADDOPTS")]
    [InlineData("GIT_SSH_COMMAND")]
    [InlineData("BASH_ENV")]
    [InlineData("ENV")]
    [InlineData("IFS")]
    [InlineData("ORBIT_STEP_ID")]
    [InlineData("HOME")]
    [InlineData("1ST")]
    [InlineData("A B")]
    [InlineData("A=B")]
    [InlineData("A\n")]
    [InlineData("BASH_FUNC_ls%%")]
    [InlineData("")]
    public void A_variable_that_could_change_what_runs_is_refused_by_name(string name)
    {
        PolicyRefusal refused = Assert.Throws<PolicyRefusal>(() => StepEnvironment.Build(Tester, "/tmp", [new Dictionary<string, string> { [name] = "x" }]));

        Assert.Equal(PolicyRefusal.VariableNotAllowed, refused.Reason);
        Assert.Contains(name, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PYTHONUNBUFFERED")]
    [InlineData("BASE_URL")]
    [InlineData("LDAP_SERVER")]
    [InlineData("HTTP_PROXY")]
    [InlineData("_x9")]
    public void An_ordinary_variable_is_allowed(string name) =>
        Assert.Equal("x", StepEnvironment.Build(Tester, "/tmp", [new Dictionary<string, string> { [name] = "x" }])[name]);

    [Fact]
    public void A_value_that_no_process_could_be_given_is_refused()
    {
        Assert.Throws<PolicyRefusal>(() => StepEnvironment.RequireVariable("A", "b\0c"));
        Assert.Throws<PolicyRefusal>(() => StepEnvironment.RequireVariable("A", new string('x', 200_000)));
        Assert.Throws<PolicyRefusal>(() => StepEnvironment.Build(
            Tester, "/tmp", [Enumerable.Range(0, 20).ToDictionary(i => $"A{i}", _ => new string('x', 90_000))]));
    }
}
