using System.Text.Json.Nodes;

namespace Orbit.ControlPlane.ParameterSets;

/// <summary>Reads <see cref="DeployParameters"/> from JSON and notes everything that is wrong. docs/parameters.md says the same in words.</summary>
internal sealed class ParameterReader
{
    private const double OneDay = 86_400;
    private const double OneWeek = 7 * OneDay;

    private readonly ParameterProblems _problems = new();
    private readonly ParameterObject _root;
    private readonly bool _rendered;

    private ParameterReader(JsonObject json, bool rendered) =>
        (_root, _rendered) = (new ParameterObject(json, "", _problems, rendered), rendered);

    /// <summary>Steps whose time limit a set may name, as <c>{step}_timeout_s</c>. Health and test name theirs inside.</summary>
    public static IReadOnlyList<string> LimitedSteps { get; } = ["download", "extract", "stop", "backup", "replace", "start", "report"];

    /// <summary>Reads and checks.</summary>
    public static DeployParameters Read(string json, bool rendered)
    {
        var reader = new ParameterReader(ParameterJson.Read(json), rendered);
        DeployParameters parameters = reader.Read(json);
        reader._problems.ThrowIfAny();
        return parameters;
    }

    private DeployParameters Read(string json)
    {
        DeployStyle style = ReadStyle();
        string beside = style is DeployStyle.CService ? "" : "scripts/";
        var limits = new Dictionary<string, TimeSpan>(StringComparer.Ordinal);
        var secrets = new Dictionary<string, string>(StringComparer.Ordinal);
        var parameters = new DeployParameters
        {
            Json = json,
            Service = _root.Text("service", ParameterRules.Service),
            InstallDir = _root.Text("install_dir", ParameterRules.Directory),
            Style = style,
            Binaries = _root.Texts("binaries", Platform.GlobRule.Problem) ?? [],
            Configs = _root.Texts("configs", Platform.GlobRule.Problem) ?? [],
            Preserve = _root.Texts("preserve", Platform.GlobRule.Problem) ?? [],
            KeepInstalledConfig = _root.Choice("config_from", false, ("package", false), ("installed", true)),
            Stop = ReadControl("stop", beside + "stop.sh"),
            Start = ReadControl("start", beside + "start.sh"),
            Health = ReadHealth(limits),
            Test = ReadTest(limits),
            Env = _root.Variables("env", secrets),
            SecretEnv = secrets,
            Rollback = _root.Choice(
                "rollback",
                RollbackChoice.OnDeployFailure,
                ("never", RollbackChoice.Never),
                ("on_deploy_failure", RollbackChoice.OnDeployFailure),
                ("on_any_failure", RollbackChoice.OnAnyFailure)),
            KeepBackups = _root.Whole("keep_backups", 1, 100) ?? 3,
            Overridable = _root.Texts("overridable", ParameterOverrides.ListedProblem) ?? [],
            RunLimit = _root.Seconds("timeout_s", 1, OneWeek),
            StepLimits = limits,
        };
        ReadLimits(limits);
        CheckTogether();
        _root.RefuseUnknown();
        return parameters;
    }

    private DeployStyle ReadStyle()
    {
        bool openresty = _root.Choice("strategy", false, ("c-service", false), ("openresty", true));
        DeployStyle style = _root.Choice("upgrade_type", DeployStyle.OpenrestyFull, ("full", DeployStyle.OpenrestyFull), ("update", DeployStyle.OpenrestyUpdate));
        if (!openresty && _root.Has("upgrade_type"))
        {
            _problems.Add("upgrade_type", "left out unless strategy is \"openresty\"");
        }

        if (openresty && _root.Has("binaries"))
        {
            _problems.Add("binaries", "left out unless strategy is \"c-service\"");
        }

        return openresty ? style : DeployStyle.CService;
    }

    private ServiceControl ReadControl(string key, string standard)
    {
        switch (_root.Any(key))
        {
            case null:
                return new() { Script = standard };
            case JsonObject inner:
                var forms = new ParameterObject(inner, key, _problems, _rendered);
                var control = new ServiceControl { Systemd = forms.Text("systemd", ParameterRules.Unit), Command = forms.Command("command") };
                forms.RequireOneOf("systemd", "command");
                forms.RefuseUnknown();
                return control;
            case JsonValue value when value.TryGetValue(out string? _):
                return new() { Script = _root.Text(key, ParameterRules.Script) };
            default:
                _problems.Add(key, "a script below install_dir, {\"systemd\": \"unit\"} or {\"command\": [\"…\"]}");
                return new();
        }
    }

    private HealthProbe? ReadHealth(Dictionary<string, TimeSpan> limits)
    {
        if (_root.Inner("health") is not { } health)
        {
            return null;
        }

        var probe = new HealthProbe
        {
            Http = health.Text("http", ParameterRules.Http),
            Tcp = health.Text("tcp", ParameterRules.Tcp),
            Command = health.Command("command"),
            Interval = health.Seconds("interval_s", 0.1, 60) ?? TimeSpan.FromSeconds(1),
        };
        health.RequireOneOf("http", "tcp", "command");
        if (health.Seconds("timeout_s", 1, OneDay) is { } limit)
        {
            limits["health"] = limit;
        }

        health.RefuseUnknown();
        return probe;
    }

    private TestCommand? ReadTest(Dictionary<string, TimeSpan> limits)
    {
        if (_root.Inner("test") is not { } test)
        {
            return null;
        }

        var secrets = new Dictionary<string, string>(StringComparer.Ordinal);
        var command = new TestCommand
        {
            Dir = test.Text("dir", ParameterRules.Directory) ?? "",
            Command = test.Command("command"),
            Pytest = test.Texts("pytest", ParameterRules.Argument),
            Python = test.Text("python", ParameterRules.Interpreter) ?? "",
            Env = test.Variables("env", secrets),
            SecretEnv = secrets,
            Plain = test.Flag("plain"),
        };
        if (!test.Has("dir"))
        {
            _problems.Add("test.dir", "the absolute directory to run the tests in");
        }

        test.RequireOneOf("command", "pytest");
        if (test.Has("python") && !test.Has("pytest"))
        {
            _problems.Add("test.python", "left out unless test.pytest is given");
        }

        if (command.Plain && !test.Has("command"))
        {
            _problems.Add("test.plain", "left out unless test.command is given");
        }

        if (test.Seconds("timeout_s", 1, OneWeek) is { } limit)
        {
            limits["test"] = limit;
        }

        test.RefuseUnknown();
        return command;
    }

    private void ReadLimits(Dictionary<string, TimeSpan> limits)
    {
        foreach (string step in LimitedSteps)
        {
            if (_root.Seconds($"{step}_timeout_s", 1, OneDay) is { } limit)
            {
                limits[step] = limit;
            }
        }
    }

    private void CheckTogether()
    {
        if (_root.Has("install_dir") && !_root.Has("service"))
        {
            _problems.Add("service", "given with install_dir: the name under which the host is locked while the service changes");
        }
    }
}
