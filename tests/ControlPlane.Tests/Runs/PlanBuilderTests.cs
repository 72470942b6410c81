using Orbit.Contracts.V1;
using Orbit.ControlPlane.ParameterSets;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Runs;
using Orbit.ControlPlane.TestItems;
using Orbit.ControlPlane.Tests.ParameterSets;
using Build = Orbit.ControlPlane.Builds.Build;
using BuildFacts = Orbit.ControlPlane.Builds.BuildFacts;
using TestItem = Orbit.ControlPlane.TestItems.TestItem;

namespace Orbit.ControlPlane.Tests.Runs;

public sealed class PlanBuilderTests
{
    private const string Deploy = """{"service":"shop","install_dir":"/opt/shop" """;
    private const string Test = """ "test":{"dir":"/t","pytest":["-q"]} """;

    [Theory]
    [InlineData(Deploy + "}", "download extract stop backup replace start")]
    [InlineData(Deploy + ""","health":{"tcp":"127.0.0.1:1"}}""", "download extract stop backup replace start health")]
    [InlineData(Deploy + "," + Test + "}", "download extract stop backup replace start test report")]
    [InlineData(Deploy + ""","health":{"tcp":"127.0.0.1:1"},""" + Test + "}", "download extract stop backup replace start health test report")]
    [InlineData("{" + Test + "}", "test report")]
    [InlineData("""{"health":{"tcp":"127.0.0.1:1"},""" + Test + "}", "test report")]
    public void A_plan_has_the_steps_that_its_parameters_need(string parameters, string steps) =>
        Assert.Equal(steps.Split(' '), PlanBuilder.StepNames(PlanBuilder.Deploy(Input(parameters))));

    [Fact]
    public void Everything_of_the_set_reaches_the_agent()
    {
        Plan plan = PlanBuilder.Deploy(Input(DeployParametersTests.Whole));

        DeployWork work = plan.Deploy;
        Assert.Equal((41L, 2, "shop", "/opt/shop", 7L, "CDN_CORE #57", 0L), (work.RunId, work.Attempt, work.Service, work.InstallDir, work.BuildId, work.BuildName, work.ExpectedBuildId));
        Assert.Equal((DeployStrategy.CService, RollbackPolicy.OnAnyFailure, 5, "lab"), (work.Strategy, work.Rollback, work.KeepBackups, work.Env["REGION"]));
        Assert.Equal(2L * 1024 * 1024 * 1024, work.MaxLogBytes);
        DownloadStep download = Step(plan, "download").Download;
        Assert.Equal(("http://packages/pass/", "CDN/el7", "*cds*"), (download.BaseUrl, download.PackagePath, download.Pattern));
        Assert.Equal((200_000L, 200), (Step(plan, "extract").Extract.MaxEntries, Step(plan, "extract").Extract.MaxRatio));
        Assert.Equal(("stop.sh", "shop.service"), (Step(plan, "stop").Stop.Script, Step(plan, "start").Start.Systemd));
        ReplaceStep replace = Step(plan, "replace").Replace;
        Assert.Equal(["bin/*"], replace.Binaries);
        Assert.Equal(["logs/**", "conf/local/**"], replace.Preserve);
        Assert.True(replace.KeepInstalledConfig);
        Assert.Equal(("http://127.0.0.1:9000/health", 500_000_000), (Step(plan, "health").Health.Http, Step(plan, "health").Health.Interval.Nanos));
        TestStep test = Step(plan, "test").Test;
        Assert.Equal(("/opt/shop-tests", "/usr/bin/python3", "http://127.0.0.1:9000"), (test.Dir, test.Python, test.Env["BASE_URL"]));
        Assert.Equal(["tests", "-q"], test.Pytest.Argv);
        Assert.Empty(test.Only);
    }

    [Theory]
    [InlineData("download", 1800)]
    [InlineData("extract", 600)]
    [InlineData("stop", 60)]
    [InlineData("start", 75)]
    [InlineData("health", 30)]
    [InlineData("test", 120)]
    public void Time_limits_are_the_sets_or_the_standard(string step, long seconds)
    {
        Plan plan = PlanBuilder.Deploy(Input(Deploy + ""","start_timeout_s":75,"health":{"tcp":"a:1"},"test":{"dir":"/t","command":["./run_pytest.sh"],"timeout_s":120}}"""));

        Assert.Equal(seconds, Step(plan, step).TimeLimit.Seconds);
        Assert.Equal(14_400, plan.TimeLimit.Seconds);
    }

    [Theory]
    [InlineData(""" "test":{"dir":"/t","pytest":[],"timeout_s":21600} """, 25_200)]
    [InlineData(""" "test":{"dir":"/t","pytest":[],"timeout_s":21600},"timeout_s":22000 """, 22_000)]
    public void A_run_has_time_for_its_tests(string parameters, long seconds) =>
        Assert.Equal(seconds, PlanBuilder.Deploy(Input("{" + parameters + "}")).TimeLimit.Seconds);

    [Theory]
    [InlineData("""{"service":"s","install_dir":"/o","strategy":"openresty"}""", DeployStrategy.OpenrestyFull, "scripts/stop.sh")]
    [InlineData("""{"service":"s","install_dir":"/o","strategy":"openresty","upgrade_type":"update"}""", DeployStrategy.OpenrestyUpdate, "scripts/stop.sh")]
    [InlineData("""{"service":"s","install_dir":"/o"}""", DeployStrategy.CService, "stop.sh")]
    public void The_strategy_brings_its_standards(string parameters, DeployStrategy strategy, string stop)
    {
        Plan plan = PlanBuilder.Deploy(Input(parameters));

        Assert.Equal((strategy, stop), (plan.Deploy.Strategy, Step(plan, "stop").Stop.Script));
        Assert.Equal(strategy is DeployStrategy.CService ? ["bin/*"] : [], Step(plan, "replace").Replace.Binaries);
        Assert.Equal(["conf/*"], Step(plan, "replace").Replace.Configs);
    }

    [Fact]
    public void Templates_are_replaced()
    {
        Plan plan = PlanBuilder.Deploy(Input(
            """{"env":{"A":"${build.job_name} ${build.build_number} ${build.package_path} ${build.build_user} ${build.labels.GIT_COMMIT} ${run.id}"},""" + Test + "}"));

        Assert.Equal("CDN_CORE 57 CDN/el7 zhang 0a1b 41", plan.Deploy.Env["A"]);
    }

    [Theory]
    [InlineData("{}", true, "http://packages/", "NOTHING_TO_DO")]
    [InlineData(Deploy + "}", false, "http://packages/", "NO_BUILD_SELECTED")]
    [InlineData(Deploy + "}", true, "", "PACKAGE_BASE_URL_INVALID")]
    [InlineData(Deploy + "}", true, "file:///srv", "PACKAGE_BASE_URL_INVALID")]
    [InlineData("""{"env":{"A":"${build.job_name}"},""" + Test + "}", false, "", "PARAMETERS_INVALID")]
    [InlineData("""{"env":{"A":"${build.labels.NONE}"},""" + Test + "}", true, "", "PARAMETERS_INVALID")]
    public void What_cannot_be_planned_is_refused(string parameters, bool withBuild, string baseUrl, string reason)
    {
        PlanInput input = Input(parameters, withBuild) with { Settings = new() { PackageBaseUrl = baseUrl } };

        Assert.Equal(reason, Assert.Throws<OrbitException>(() => PlanBuilder.Deploy(input)).Reason);
    }

    [Fact]
    public void A_test_only_plan_needs_no_build()
    {
        Plan plan = PlanBuilder.Deploy(Input("{" + Test + "}", withBuild: false));

        Assert.Equal((0L, "", "", DeployStrategy.Unspecified), (plan.Deploy.BuildId, plan.Deploy.BuildName, plan.Deploy.InstallDir, plan.Deploy.Strategy));
    }

    [Fact]
    public void A_rerun_of_failed_tests_deploys_nothing_and_expects_the_build()
    {
        Plan plan = PlanBuilder.RerunTests(Input(DeployParametersTests.Whole), ["a.py::x", "a.py::y[1]"]);

        Assert.Equal(["test", "report"], PlanBuilder.StepNames(plan));
        Assert.Equal(["a.py::x", "a.py::y[1]"], Step(plan, "test").Test.Only);
        Assert.Equal(7, plan.Deploy.ExpectedBuildId);
        Assert.Equal("NOTHING_TO_RERUN", Assert.Throws<OrbitException>(() => PlanBuilder.RerunTests(Input(DeployParametersTests.Whole), [])).Reason);
        Assert.Equal("NOTHING_TO_RERUN", Assert.Throws<OrbitException>(() => PlanBuilder.RerunTests(Input(Deploy + "}"), ["x"])).Reason);
    }

    [Fact]
    public void A_rollback_by_hand_puts_back_starts_and_asks_for_health()
    {
        Plan plan = PlanBuilder.Rollback(Input(DeployParametersTests.Whole));

        Assert.Equal(["rollback", "start", "health"], PlanBuilder.StepNames(plan));
        Assert.Equal((41L, 7L), (Step(plan, "rollback").Rollback.OfRunId, plan.Deploy.ExpectedBuildId));
        Assert.Equal("NO_BACKUP", Assert.Throws<OrbitException>(() => PlanBuilder.Rollback(Input("{" + Test + "}"))).Reason);
    }

    private static PlanStep Step(Plan plan, string name) => plan.Deploy.Steps[PlanBuilder.StepNames(plan).ToList().IndexOf(name)];

    private static PlanInput Input(string parameters, bool withBuild = true)
    {
        var build = new Build(
            BuildFacts.Of("CDN_CORE", "57", "zhang", "CDN/el7", new Dictionary<string, string> { ["GIT_COMMIT"] = "0a1b" }), DateTimeOffset.UnixEpoch);
        build.Stored(7);
        var item = new TestItem(new TestItemFacts("cds", "CDN_CORE", 1, new Dictionary<string, string>(), "", null), 1, DateTimeOffset.UnixEpoch);
        return new(DeployParameters.Parse(parameters), withBuild ? build : null, item, RunId: 41, Attempt: 2, new() { PackageBaseUrl = "http://packages/pass" });
    }
}
