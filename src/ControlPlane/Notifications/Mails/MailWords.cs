using Orbit.ControlPlane.Runs;

namespace Orbit.ControlPlane.Notifications.Mails;

/// <summary>The words of mails in one language.</summary>
internal sealed record MailWords
{
    public required string Language { get; init; }
    public required IReadOnlyDictionary<Verdict, string> Verdicts { get; init; }
    public required IReadOnlyDictionary<TestOutcome, string> Outcomes { get; init; }
    public required IReadOnlyDictionary<GateState, string> Gates { get; init; }
    public required string Gate { get; init; }

    /// <summary>With the state in place of {0}.</summary>
    public required string GateSays { get; init; }

    public required string Run { get; init; }
    public required string Job { get; init; }
    public required string Build { get; init; }
    public required string BuiltBy { get; init; }
    public required string Package { get; init; }
    public required string Host { get; init; }
    public required string RequestedBy { get; init; }
    public required string Began { get; init; }
    public required string Ended { get; init; }
    public required string Duration { get; init; }
    public required string Attempt { get; init; }
    public required string PassRate { get; init; }
    public required string Total { get; init; }
    public required string Flaky { get; init; }
    public required string FailedStep { get; init; }
    public required string Error { get; init; }
    public required string HostState { get; init; }
    public required string LogEnd { get; init; }
    public required string FailingTests { get; init; }
    public required string New { get; init; }
    public required string More { get; init; }
    public required string NewlyFailing { get; init; }
    public required string Mended { get; init; }
    public required string Before { get; init; }
    public required string OpenRun { get; init; }
    public required string OpenReport { get; init; }
    public required string CiBuild { get; init; }
    public required string Footer { get; init; }

    /// <summary>The words of a language; English for one there is none of.</summary>
    public static MailWords Of(string language) => language == "zh" ? Chinese : English;

    private static readonly MailWords English = new()
    {
        Language = "en",
        Verdicts = new Dictionary<Verdict, string>
        {
            [Verdict.Passed] = "passed",
            [Verdict.TestsFailed] = "tests failed",
            [Verdict.NoTests] = "no tests found",
            [Verdict.InfrastructureError] = "could not be tested",
            [Verdict.TimedOut] = "timed out",
            [Verdict.Interrupted] = "interrupted",
            [Verdict.Cancelled] = "cancelled",
            [Verdict.Unknown] = "outcome unknown",
        },
        Outcomes = new Dictionary<TestOutcome, string>
        {
            [TestOutcome.Passed] = "passed",
            [TestOutcome.Failed] = "failed",
            [TestOutcome.Broken] = "broken",
            [TestOutcome.Skipped] = "skipped",
            [TestOutcome.Interrupted] = "interrupted",
            [TestOutcome.NotRun] = "not run",
            [TestOutcome.Unknown] = "unknown",
        },
        Gates = new Dictionary<GateState, string>
        {
            [GateState.Pending] = "about to begin",
            [GateState.Running] = "under way",
            [GateState.Passed] = "passed",
            [GateState.Failed] = "failed",
            [GateState.Stopped] = "stopped",
            [GateState.Skipped] = "skipped",
            [GateState.Broken] = "could not begin",
        },
        Gate = "Gate",
        GateSays = "gate {0}",
        Run = "Run",
        Job = "Job",
        Build = "Build",
        BuiltBy = "Built by",
        Package = "Package",
        Host = "Agent",
        RequestedBy = "Triggered by",
        Began = "Began",
        Ended = "Ended",
        Duration = "Duration",
        Attempt = "Attempt",
        PassRate = "Pass rate",
        Total = "{0} total",
        Flaky = "flaky",
        FailedStep = "Failed step",
        Error = "Error",
        HostState = "Host",
        LogEnd = "End of the log",
        FailingTests = "Failing tests",
        New = "new",
        More = "and {0} more",
        NewlyFailing = "newly failing: {0}",
        Mended = "mended: {0}",
        Before = "compared with run {0} ({1})",
        OpenRun = "Open the run",
        OpenReport = "Open the report",
        CiBuild = "CI build",
        Footer = "Sent by {0}. Choose what you are told under {1}",
    };

    private static readonly MailWords Chinese = new()
    {
        Language = "zh-CN",
        Verdicts = new Dictionary<Verdict, string>
        {
            [Verdict.Passed] = "通过",
            [Verdict.TestsFailed] = "测试失败",
            [Verdict.NoTests] = "未找到测试",
            [Verdict.InfrastructureError] = "未能完成测试",
            [Verdict.TimedOut] = "超时",
            [Verdict.Interrupted] = "被中断",
            [Verdict.Cancelled] = "已取消",
            [Verdict.Unknown] = "结果未知",
        },
        Outcomes = new Dictionary<TestOutcome, string>
        {
            [TestOutcome.Passed] = "通过",
            [TestOutcome.Failed] = "失败",
            [TestOutcome.Broken] = "异常",
            [TestOutcome.Skipped] = "跳过",
            [TestOutcome.Interrupted] = "中断",
            [TestOutcome.NotRun] = "未执行",
            [TestOutcome.Unknown] = "未知",
        },
        Gates = new Dictionary<GateState, string>
        {
            [GateState.Pending] = "即将开始",
            [GateState.Running] = "进行中",
            [GateState.Passed] = "通过",
            [GateState.Failed] = "失败",
            [GateState.Stopped] = "已停止",
            [GateState.Skipped] = "已跳过",
            [GateState.Broken] = "未能开始",
        },
        Gate = "门禁",
        GateSays = "门禁{0}",
        Run = "运行",
        Job = "任务",
        Build = "构建",
        BuiltBy = "构建人",
        Package = "软件包",
        Host = "代理",
        RequestedBy = "触发人",
        Began = "开始时间",
        Ended = "结束时间",
        Duration = "耗时",
        Attempt = "第几次执行",
        PassRate = "通过率",
        Total = "共 {0} 个",
        Flaky = "不稳定",
        FailedStep = "失败步骤",
        Error = "错误",
        HostState = "主机状态",
        LogEnd = "日志末尾",
        FailingTests = "失败的测试",
        New = "新增",
        More = "另有 {0} 个",
        NewlyFailing = "新增失败：{0}",
        Mended = "已修复：{0}",
        Before = "对比运行 {0}（{1}）",
        OpenRun = "查看运行",
        OpenReport = "查看报告",
        CiBuild = "CI 构建",
        Footer = "由 {0} 发送。通知设置：{1}",
    };
}
