using Orbit.ControlPlane.ParameterSets;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Tests.ParameterSets;

public sealed class DeployParametersTests
{
    internal const string Whole = """
        {
          "service": "shop", "strategy": "c-service", "install_dir": "/opt/shop",
          "binaries": ["bin/*"], "configs": ["conf/*"], "stop": "stop.sh", "start": {"systemd": "shop.service"},
          "health": {"http": "http://127.0.0.1:9000/health", "timeout_s": 30, "interval_s": 0.5},
          "test": {"dir": "/opt/shop-tests", "pytest": ["tests", "-q"], "python": "/usr/bin/python3", "timeout_s": 10800, "env": {"BASE_URL": "http://127.0.0.1:9000"}},
          "preserve": ["logs/**", "conf/local/**"], "config_from": "installed", "env": {"REGION": "lab"},
          "rollback": "on_any_failure", "overridable": ["env", "test.timeout_s"], "keep_backups": 5, "stop_timeout_s": 90, "timeout_s": 20000
        }
        """;

    [Fact]
    public void Every_documented_key_is_read()
    {
        DeployParameters read = DeployParameters.Parse(Whole);

        Assert.Equal(("shop", "/opt/shop", DeployStyle.CService, true), (read.Service, read.InstallDir, read.Style, read.KeepInstalledConfig));
        Assert.Equal(("stop.sh", "shop.service"), (read.Stop.Script, read.Start.Systemd));
        Assert.Equal(("http://127.0.0.1:9000/health", TimeSpan.FromSeconds(0.5)), (read.Health!.Http, read.Health.Interval));
        Assert.Equal(("/opt/shop-tests", "/usr/bin/python3", "http://127.0.0.1:9000"), (read.Test!.Dir, read.Test.Python, read.Test.Env["BASE_URL"]));
        Assert.Equal(["tests", "-q"], read.Test.Pytest!);
        Assert.Equal(["logs/**", "conf/local/**"], read.Preserve);
        Assert.Equal((RollbackChoice.OnAnyFailure, 5, "lab"), (read.Rollback, read.KeepBackups, read.Env["REGION"]));
        Assert.Equal(["env", "test.timeout_s"], read.Overridable);
        Assert.Equal((90, 30, 10800, 20000), ((int)read.StepLimits["stop"].TotalSeconds, (int)read.StepLimits["health"].TotalSeconds, (int)read.StepLimits["test"].TotalSeconds, (int)read.RunLimit!.Value.TotalSeconds));
    }

    [Theory]
    [InlineData("{}", "stop.sh")]
    [InlineData("""{"strategy":"openresty"}""", "scripts/stop.sh")]
    [InlineData("""{"strategy":"openresty","upgrade_type":"update"}""", "scripts/stop.sh")]
    public void What_a_set_leaves_out_has_a_standard(string json, string stop)
    {
        DeployParameters read = DeployParameters.Parse(json);

        Assert.Equal((stop, RollbackChoice.OnDeployFailure, 3), (read.Stop.Script, read.Rollback, read.KeepBackups));
        Assert.Null(read.Test);
    }

    [Fact]
    public void The_first_set_is_valid() => Assert.Equal(3, DeployParameters.Parse(ParameterSetCommands.FirstParameters).KeepBackups);

    [Theory]
    [InlineData("""{"REGION":"lab"}""", "REGION")]
    [InlineData("""{"test":{"dir":"/t","pytest":[],"retries":1}}""", "test.retries")]
    [InlineData("""{"health":{"tcp":"a:1","url":"x"}}""", "health.url")]
    [InlineData("""{"stop":{"systemd":"a.service","user":"root"}}""", "stop.user")]
    [InlineData("""{"Service":"x"}""", "Service")]
    public void An_unknown_key_is_refused_by_name(string json, string path)
    {
        OrbitException refusal = Refused(json);

        Assert.Equal("PARAMETER_UNKNOWN", refusal.Reason);
        Assert.Contains($"'{path}'", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(path, refusal.Details.Keys);
    }

    [Theory]
    [InlineData("""{"service":"a b"}""", "service")]
    [InlineData("""{"service":"-x"}""", "service")]
    [InlineData("""{"service":"a;b"}""", "service")]
    [InlineData("""{"service":"../a"}""", "service")]
    [InlineData("""{"service":5}""", "service")]
    [InlineData("""{"service":null}""", "service")]
    [InlineData("""{"install_dir":"/opt/x"}""", "service")]
    [InlineData("""{"service":"s","install_dir":"/"}""", "install_dir")]
    [InlineData("""{"service":"s","install_dir":"opt/x"}""", "install_dir")]
    [InlineData("""{"service":"s","install_dir":"/opt/../etc"}""", "install_dir")]
    [InlineData("""{"service":"s","install_dir":"/opt//x"}""", "install_dir")]
    [InlineData("""{"service":"s","install_dir":"/opt/x/"}""", "install_dir")]
    [InlineData("""{"service":"s","install_dir":"/opt/./x"}""", "install_dir")]
    [InlineData("""{"service":"s","install_dir":"/opt/a\nb"}""", "install_dir")]
    [InlineData("""{"strategy":"docker"}""", "strategy")]
    [InlineData("""{"upgrade_type":"full"}""", "upgrade_type")]
    [InlineData("""{"strategy":"openresty","upgrade_type":"half"}""", "upgrade_type")]
    [InlineData("""{"strategy":"openresty","binaries":["bin/*"]}""", "binaries")]
    [InlineData("""{"binaries":"bin/*"}""", "binaries")]
    [InlineData("""{"binaries":["/bin/*"]}""", "binaries[0]")]
    [InlineData("""{"binaries":["ok",5]}""", "binaries[1]")]
    [InlineData("""{"preserve":["../x"]}""", "preserve[0]")]
    [InlineData("""{"preserve":["a[b"]}""", "preserve[0]")]
    [InlineData("""{"configs":["a\\b"]}""", "configs[0]")]
    [InlineData("""{"stop":"/bin/stop.sh"}""", "stop")]
    [InlineData("""{"stop":"../stop.sh"}""", "stop")]
    [InlineData("""{"stop":"-rf"}""", "stop")]
    [InlineData("""{"stop":["stop.sh"]}""", "stop")]
    [InlineData("""{"stop":{}}""", "stop")]
    [InlineData("""{"stop":{"systemd":"a.service","command":["x"]}}""", "stop")]
    [InlineData("""{"start":{"systemd":"a.service; reboot"}}""", "start.systemd")]
    [InlineData("""{"start":{"systemd":"--now.service"}}""", "start.systemd")]
    [InlineData("""{"start":{"command":"sh -c x"}}""", "start.command")]
    [InlineData("""{"start":{"command":[]}}""", "start.command")]
    [InlineData("""{"start":{"command":[""]}}""", "start.command[0]")]
    [InlineData("""{"health":{"http":"ftp://x/"}}""", "health.http")]
    [InlineData("""{"health":{"http":"http://user:pass@x/"}}""", "health.http")]
    [InlineData("""{"health":{"http":"file:///etc/passwd"}}""", "health.http")]
    [InlineData("""{"health":{"tcp":"127.0.0.1"}}""", "health.tcp")]
    [InlineData("""{"health":{"tcp":"127.0.0.1:70000"}}""", "health.tcp")]
    [InlineData("""{"health":{"tcp":"127.0.0.1:0"}}""", "health.tcp")]
    [InlineData("""{"health":{"http":"http://x/","tcp":"a:1"}}""", "health")]
    [InlineData("""{"health":{"timeout_s":5}}""", "health")]
    [InlineData("""{"health":{"tcp":"a:1","timeout_s":0}}""", "health.timeout_s")]
    [InlineData("""{"health":{"tcp":"a:1","timeout_s":"30"}}""", "health.timeout_s")]
    [InlineData("""{"health":{"tcp":"a:1","interval_s":0}}""", "health.interval_s")]
    [InlineData("""{"health":"http://x/"}""", "health")]
    [InlineData("""{"test":{"pytest":[]}}""", "test.dir")]
    [InlineData("""{"test":{"dir":"/t"}}""", "test")]
    [InlineData("""{"test":{"dir":"t","pytest":[]}}""", "test.dir")]
    [InlineData("""{"test":{"dir":"/t","command":["a"],"pytest":[]}}""", "test")]
    [InlineData("""{"test":{"dir":"/t","command":["a"],"python":"python3"}}""", "test.python")]
    [InlineData("""{"test":{"dir":"/t","pytest":[],"python":"bin/python"}}""", "test.python")]
    [InlineData("""{"test":{"dir":"/t","pytest":[],"plain":true}}""", "test.plain")]
    [InlineData("""{"test":{"dir":"/t","pytest":[],"timeout_s":1e400}}""", "test.timeout_s")]
    [InlineData("""{"test":{"dir":"/t","pytest":[],"timeout_s":-1}}""", "test.timeout_s")]
    [InlineData("""{"test":{"dir":"/t","pytest":[],"env":{"LD_PRELOAD":"x"}}}""", "test.env.LD_PRELOAD")]
    [InlineData("""{"config_from":"both"}""", "config_from")]
    [InlineData("""{"rollback":"always"}""", "rollback")]
    [InlineData("""{"keep_backups":0}""", "keep_backups")]
    [InlineData("""{"keep_backups":2.5}""", "keep_backups")]
    [InlineData("""{"keep_backups":101}""", "keep_backups")]
    [InlineData("""{"overridable":["nonsense"]}""", "overridable[0]")]
    [InlineData("""{"stop_timeout_s":0.5}""", "stop_timeout_s")]
    [InlineData("""{"env":{"A":5}}""", "env.A")]
    [InlineData("""{"env":["A"]}""", "env")]
    [InlineData("""{"env":{"A":"${build.nonsense}"}}""", "env.A")]
    [InlineData("""{"env":{"A":"${run.id"}}""", "env.A")]
    public void A_wrong_value_is_refused_with_its_path(string json, string path)
    {
        OrbitException refusal = Refused(json);

        Assert.Equal("PARAMETERS_INVALID", refusal.Reason);
        Assert.Contains(path, refusal.Details.Keys);
    }

    [Theory]
    [InlineData("PATH")]
    [InlineData("LD_PRELOAD")]
    [InlineData("ld_library_path")]
    [InlineData("PYTHONSTARTUP")]
    [InlineData("PYTHONPATH")]
    [InlineData("PYTEST_ADDOPTS")]
    [InlineData("BASH_ENV")]
    [InlineData("ENV")]
    [InlineData("IFS")]
    [InlineData("GIT_SSH_COMMAND")]
    [InlineData("ORBIT_TOKEN")]
    [InlineData("HOME")]
    [InlineData("A-B")]
    [InlineData("1A")]
    [InlineData("")]
    [InlineData("A=B")]
    public void A_variable_that_steers_programs_is_refused_for_scripts_and_for_tests(string name)
    {
        Assert.Equal("PARAMETERS_INVALID", Refused($$$"""{"env":{"{{{name}}}":"x"}}""").Reason);
        Assert.Equal("PARAMETERS_INVALID", Refused($$$$"""{"test":{"dir":"/t","pytest":[],"env":{"{{{{name}}}}":"x"}}}""").Reason);
    }

    [Theory]
    [InlineData("REGION")]
    [InlineData("PYTHONUNBUFFERED")]
    [InlineData("http_proxy")]
    [InlineData("_x9")]
    public void Any_other_variable_is_allowed(string name) =>
        Assert.Equal("x", DeployParameters.Parse($$$"""{"env":{"{{{name}}}":"x"}}""").Env[name]);

    [Fact]
    public void All_problems_are_told_together()
    {
        OrbitException refusal = Refused("""{"service":"a b","rollback":"x","keep_backups":0,"test":{"dir":"t"}}""");

        Assert.Equal(["keep_backups", "rollback", "service", "test", "test.dir"], refusal.Details.Keys.Order());
    }

    [Fact]
    public void A_flood_of_problems_is_told_in_a_few()
    {
        OrbitException refusal = Refused("{" + string.Join(',', Enumerable.Range(0, 500).Select(n => $"\"k{n}\":1")) + "}");

        Assert.Equal(20, refusal.Details.Count);
        Assert.Contains("and 480 more", refusal.Message, StringComparison.Ordinal);
        Assert.True(refusal.Message.Length < 2000);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("5")]
    [InlineData("null")]
    [InlineData("{\"a\":1,\"a\":2}")]
    [InlineData("{\"service\":\"\\ud800\"}")]
    [InlineData("{\"env\":{\"A\":\"\\u0000\"}}")]
    [InlineData("{\"a\":")]
    public void What_is_no_plain_object_is_refused(string json) => Assert.Equal("PARAMETERS_INVALID", Refused(json).Reason);

    [Fact]
    public void Nesting_and_size_are_limited()
    {
        string deep = string.Concat(Enumerable.Repeat("{\"a\":", 100)) + "1" + new string('}', 100);

        Assert.Equal("PARAMETERS_INVALID", Refused(deep).Reason);
        Assert.Equal("PARAMETERS_INVALID", Refused($$$"""{"env":{"A":"{{{new string('x', 70_000)}}}"}}""").Reason);
    }

    [Fact]
    public void Templates_may_stand_in_any_string()
    {
        DeployParameters read = DeployParameters.Parse(
            """{"service":"shop","install_dir":"/opt/shop-${build.build_number}","health":{"tcp":"127.0.0.1:${build.labels.PORT}"},"env":{"A":"$${x} ${run.id}"}}""");

        DeployParameters rendered = read.Rendered(new Dictionary<string, string>
        {
            ["build.build_number"] = "57",
            ["build.labels.PORT"] = "9000",
            ["run.id"] = "41",
        });

        Assert.Equal(("/opt/shop-57", "127.0.0.1:9000", "${x} 41"), (rendered.InstallDir, rendered.Health!.Tcp, rendered.Env["A"]));
    }

    [Fact]
    public void A_value_from_ci_cannot_lead_a_directory_elsewhere()
    {
        DeployParameters read = DeployParameters.Parse("""{"service":"shop","install_dir":"/opt/shop/${build.build_number}"}""");

        OrbitException refusal = Assert.Throws<OrbitException>(
            () => read.Rendered(new Dictionary<string, string> { ["build.build_number"] = "../../etc" }));

        Assert.Equal("PARAMETERS_INVALID", refusal.Reason);
        Assert.Contains("install_dir", refusal.Details.Keys);
    }

    [Fact]
    public void A_value_from_ci_brings_no_template_of_its_own_and_no_value_is_told()
    {
        DeployParameters read = DeployParameters.Parse("""{"env":{"A":"${build.job_name}"}}""");

        Assert.Equal("${run.id}", read.Rendered(new Dictionary<string, string> { ["build.job_name"] = "${run.id}", ["run.id"] = "1" }).Env["A"]);
        OrbitException refusal = Assert.Throws<OrbitException>(() => read.Rendered(new Dictionary<string, string> { ["run.id"] = "1" }));
        Assert.Contains("build.job_name", refusal.Details["env.A"], StringComparison.Ordinal);
    }

    private static OrbitException Refused(string json) => Assert.Throws<OrbitException>(() => DeployParameters.Parse(json));
}
