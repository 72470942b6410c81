using Google.Protobuf.WellKnownTypes;
using Orbit.ControlPlane.ParameterSets;
using Orbit.ControlPlane.TestItems;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Runs;

/// <summary>Parameters in the form that agents read.</summary>
internal static class PlanMapping
{
    private static readonly string[] StandardBinaries = ["bin/*"];
    private static readonly string[] StandardConfigs = ["conf/*"];

    /// <summary>Name of a step: that of its field.</summary>
    public static string NameOf(Wire.PlanStep step) => step.StepCase.ToString().ToLowerInvariant();

    /// <summary>A time limit.</summary>
    public static Duration Limit(TimeSpan time) => Duration.FromTimeSpan(time);

    /// <summary>Everything of the work but its steps and numbers.</summary>
    public static Wire.DeployWork Work(DeployParameters parameters, PlanSettings settings) => new()
    {
        Service = parameters.Service ?? "",
        InstallDir = parameters.InstallDir ?? "",
        Strategy = parameters.InstallDir is null ? Wire.DeployStrategy.Unspecified : StrategyOf(parameters.Style),
        Env = { Pairs(parameters.Env) },
        Rollback = PolicyOf(parameters.Rollback),
        KeepBackups = parameters.KeepBackups,
        MaxLogBytes = settings.MostLogBytes,
        Secrets = { Secrets(parameters.SecretEnv, "env", testOnly: false), Secrets(parameters.Test?.SecretEnv, "test.env", testOnly: true) },
    };

    /// <summary>The steps that put a package in place, up to the healthy service.</summary>
    public static IEnumerable<Wire.PlanStep> Installing(
        DeployParameters parameters, string pattern, (string BaseUrl, string Path) package, PlanSettings settings)
    {
        yield return new()
        {
            Download = new() { BaseUrl = package.BaseUrl, PackagePath = package.Path, Pattern = pattern, MaxBytes = settings.MostPackageBytes },
        };
        yield return new()
        {
            Extract = new() { MaxEntries = settings.MostEntries, MaxBytes = settings.MostUnpackedBytes, MaxRatio = settings.HighestRatio },
        };
        yield return new() { Stop = Control(parameters.Stop) };
        yield return new() { Backup = new() };
        yield return new() { Replace = Replacing(parameters) };
        foreach (Wire.PlanStep step in Starting(parameters))
        {
            yield return step;
        }
    }

    /// <summary>Starting the service and, where there is a probe, waiting until it is healthy.</summary>
    public static IEnumerable<Wire.PlanStep> Starting(DeployParameters parameters)
    {
        yield return new() { Start = Control(parameters.Start) };
        if (parameters.Health is { } health)
        {
            yield return new() { Health = Probe(health) };
        }
    }

    /// <summary>Running the tests, all or only some.</summary>
    public static Wire.PlanStep Testing(TestCommand test, IEnumerable<string> only)
    {
        var step = new Wire.TestStep { Dir = test.Dir, Env = { Pairs(test.Env) }, Only = { only }, Plain = test.Plain };
        if (test.Command is not null)
        {
            step.Command = Command(test.Command);
        }
        else
        {
            step.Pytest = Command(test.Pytest!);
            step.Python = test.Python;
        }

        return new() { Test = step };
    }

    /// <summary>Handing over results.</summary>
    public static Wire.PlanStep Reporting(PlanSettings settings) =>
        new() { Report = new() { MaxBytes = settings.MostReportBytes, MaxFiles = settings.MostReportFiles } };

    /// <summary>Putting back what a run replaced.</summary>
    public static Wire.PlanStep RollingBack(long ofRunId) => new() { Rollback = new() { OfRunId = ofRunId } };

    private static Wire.ReplaceStep Replacing(DeployParameters parameters)
    {
        var step = new Wire.ReplaceStep { Preserve = { parameters.Preserve }, KeepInstalledConfig = parameters.KeepInstalledConfig };
        step.Configs.Add(parameters.Configs.Count > 0 ? parameters.Configs : StandardConfigs);
        if (parameters.Style is DeployStyle.CService)
        {
            step.Binaries.Add(parameters.Binaries.Count > 0 ? parameters.Binaries : StandardBinaries);
        }

        return step;
    }

    private static Wire.ServiceStep Control(ServiceControl control) =>
        control.Systemd is not null ? new() { Systemd = control.Systemd }
        : control.Command is not null ? new() { Command = Command(control.Command) }
        : new() { Script = control.Script };

    private static Wire.HealthStep Probe(HealthProbe health)
    {
        var step = new Wire.HealthStep { Interval = Duration.FromTimeSpan(health.Interval) };
        if (health.Http is not null)
        {
            step.Http = health.Http;
        }
        else if (health.Tcp is not null)
        {
            step.Tcp = health.Tcp;
        }
        else
        {
            step.Command = Command(health.Command!);
        }

        return step;
    }

    private static Wire.Command Command(IEnumerable<string> argv) => new() { Argv = { argv } };

    /// <summary>Encrypted still: they are opened when the plan leaves for the agent.</summary>
    private static IEnumerable<Wire.SecretVariable> Secrets(IReadOnlyDictionary<string, string>? variables, string place, bool testOnly) =>
        (variables ?? new Dictionary<string, string>()).Select(v => new Wire.SecretVariable
        {
            Name = v.Key,
            TestOnly = testOnly,
            Encrypted = Google.Protobuf.ByteString.FromBase64(v.Value),
            Owner = ParameterSecrets.OwnerOf($"{place}.{v.Key}"),
        });

    private static Dictionary<string, string> Pairs(IReadOnlyDictionary<string, string> variables) => new(variables);

    private static Wire.DeployStrategy StrategyOf(DeployStyle style) => style switch
    {
        DeployStyle.CService => Wire.DeployStrategy.CService,
        DeployStyle.OpenrestyFull => Wire.DeployStrategy.OpenrestyFull,
        DeployStyle.OpenrestyUpdate => Wire.DeployStrategy.OpenrestyUpdate,
        _ => throw new ArgumentOutOfRangeException(nameof(style), style, null),
    };

    /// <summary>The policy of an item that has one of its own.</summary>
    public static Wire.RollbackPolicy PolicyOf(RollbackWish wish) => wish switch
    {
        RollbackWish.Never => Wire.RollbackPolicy.Never,
        RollbackWish.OnDeployFailure => Wire.RollbackPolicy.OnDeployFailure,
        RollbackWish.OnAnyFailure => Wire.RollbackPolicy.OnAnyFailure,
        _ => throw new ArgumentOutOfRangeException(nameof(wish), wish, null),
    };

    private static Wire.RollbackPolicy PolicyOf(RollbackChoice choice) => choice switch
    {
        RollbackChoice.Never => Wire.RollbackPolicy.Never,
        RollbackChoice.OnDeployFailure => Wire.RollbackPolicy.OnDeployFailure,
        RollbackChoice.OnAnyFailure => Wire.RollbackPolicy.OnAnyFailure,
        _ => throw new ArgumentOutOfRangeException(nameof(choice), choice, null),
    };
}
