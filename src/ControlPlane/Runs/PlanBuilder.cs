using System.Globalization;
using Orbit.ControlPlane.Builds;
using Orbit.ControlPlane.ParameterSets;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.TestItems;
using Orbit.Shared;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Runs;

/// <summary>What a plan is made of.</summary>
/// <param name="Parameters">The run's parameters, with their templates.</param>
/// <param name="Build">The build; null for a run that needs none.</param>
/// <param name="Item">The test item.</param>
/// <param name="RunId">The run.</param>
/// <param name="Attempt">Number of the attempt, from 1.</param>
/// <param name="Settings">What operators set.</param>
internal sealed record PlanInput(DeployParameters Parameters, Build? Build, TestItem Item, long RunId, int Attempt, PlanSettings Settings);

/// <summary>Decides which steps an attempt needs, and puts the plan together that an agent can carry out alone. Pure.</summary>
internal static class PlanBuilder
{
    /// <summary>How much longer than its tests a run may take, where the tests are given more time than a run usually has.</summary>
    private static readonly TimeSpan BesideTests = TimeSpan.FromHours(1);

    /// <summary>
    /// A whole deploy test: download to health where there is an install directory, test and report where there is a test.
    /// </summary>
    /// <exception cref="OrbitException">
    /// NO_BUILD_SELECTED, NOTHING_TO_DO, PACKAGE_BASE_URL_INVALID, PACKAGE_PATH_INVALID; PARAMETERS_INVALID when a template has no value
    /// or its value does not fit where it stands.
    /// </exception>
    public static Wire.Plan Deploy(PlanInput input)
    {
        DeployParameters parameters = Render(input);
        var steps = new List<Wire.PlanStep>();
        if (parameters.InstallDir is not null)
        {
            steps.AddRange(PlanMapping.Installing(parameters, input.Item.EffectivePattern, Package(input), input.Settings));
        }

        if (parameters.Test is { } test)
        {
            steps.Add(PlanMapping.Testing(test, only: []));
            steps.Add(PlanMapping.Reporting(input.Settings));
        }

        if (steps.Count == 0)
        {
            throw OrbitException.Conflict(
                "NOTHING_TO_DO", "The parameters name neither install_dir nor test, so there is nothing to do. Name them in the parameter set or at the trigger.");
        }

        return Assemble(input, parameters, steps, expectedBuild: 0);
    }

    /// <summary>Only these tests again, on what is installed already.</summary>
    /// <param name="input">The run's facts with the number of the new attempt.</param>
    /// <param name="only">Node ids of the tests.</param>
    /// <exception cref="OrbitException">NOTHING_TO_RERUN without tests.</exception>
    public static Wire.Plan RerunTests(PlanInput input, IReadOnlyCollection<string> only)
    {
        DeployParameters parameters = Render(input);
        if (parameters.Test is not { } test || only.Count == 0)
        {
            throw OrbitException.Conflict("NOTHING_TO_RERUN", $"Run {input.RunId} has no failed test that could be run again.");
        }

        return Assemble(
            input,
            parameters,
            [PlanMapping.Testing(test, only), PlanMapping.Reporting(input.Settings)],
            expectedBuild: parameters.InstallDir is null ? 0 : input.Build?.Id ?? 0);
    }

    /// <summary>Puts back what was installed before the run, starts it and waits until it is healthy.</summary>
    /// <exception cref="OrbitException">NO_BACKUP for a run that installs nothing.</exception>
    public static Wire.Plan Rollback(PlanInput input)
    {
        DeployParameters parameters = Render(input);
        if (parameters.InstallDir is null)
        {
            throw OrbitException.Conflict("NO_BACKUP", $"Run {input.RunId} installs nothing, so there is nothing to put back.");
        }

        List<Wire.PlanStep> steps = [PlanMapping.RollingBack(input.RunId), .. PlanMapping.Starting(parameters)];
        return Assemble(input, parameters, steps, expectedBuild: input.Build?.Id ?? 0);
    }

    /// <summary>Names of a plan's steps in order.</summary>
    public static IReadOnlyList<string> StepNames(Wire.Plan plan) => plan.Deploy is null ? [] : [.. PlanSteps.NamesOf(plan)];

    /// <summary>What templates stand for in a run.</summary>
    public static IReadOnlyDictionary<string, string> TemplateValues(Build? build, long runId)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal) { ["run.id"] = runId.ToString(CultureInfo.InvariantCulture) };
        if (build is null)
        {
            return values;
        }

        values["build.build_number"] = build.BuildNumber;
        values["build.package_path"] = build.PackagePath;
        values["build.job_name"] = build.JobName;
        values["build.build_user"] = build.BuildUser;
        foreach ((string name, string value) in build.LabelPairs)
        {
            values[Templates.LabelPrefix + name] = value;
        }

        return values;
    }

    private static DeployParameters Render(PlanInput input) => input.Parameters.Rendered(TemplateValues(input.Build, input.RunId));

    private static (string BaseUrl, string Path) Package(PlanInput input)
    {
        if (input.Build is not { } build)
        {
            throw OrbitException.Conflict(
                "NO_BUILD_SELECTED", $"Test item '{input.Item.Name}' installs a package, but no build is given and none is selected for job '{input.Item.JobName}'.");
        }

        if (!PackagePathRule.TryParseBase(input.Settings.PackageBaseUrl, out Uri? baseUrl, out string? wrongBase))
        {
            throw OrbitException.Conflict("PACKAGE_BASE_URL_INVALID", $"The setting package_download_base_url does not fit. {wrongBase}");
        }

        return PackagePathRule.TryParse(build.PackagePath, out _, out string? wrongPath)
            ? (baseUrl.AbsoluteUri, build.PackagePath)
            : throw OrbitException.Conflict("PACKAGE_PATH_INVALID", $"The package path of build {build.Id} does not fit. {wrongPath}");
    }

    private static Wire.Plan Assemble(PlanInput input, DeployParameters parameters, IReadOnlyList<Wire.PlanStep> steps, long expectedBuild)
    {
        foreach (Wire.PlanStep step in steps)
        {
            step.TimeLimit = PlanMapping.Limit(LimitOf(PlanMapping.NameOf(step), parameters, input.Settings));
        }

        Wire.DeployWork work = PlanMapping.Work(parameters, input.Settings);
        work.RunId = input.RunId;
        work.Attempt = input.Attempt;
        work.BuildId = input.Build?.Id ?? 0;
        work.BuildName = input.Build is { } build ? $"{build.JobName} #{build.BuildNumber}" : "";
        work.ExpectedBuildId = expectedBuild;
        work.Rollback = input.Item.Rollback is { } own ? PlanMapping.PolicyOf(own) : work.Rollback;
        work.Steps.Add(steps);
        return new Wire.Plan { Deploy = work, TimeLimit = PlanMapping.Limit(RunLimitOf(parameters, input.Settings)) };
    }

    private static TimeSpan LimitOf(string step, DeployParameters parameters, PlanSettings settings) =>
        parameters.StepLimits.TryGetValue(step, out TimeSpan own) ? own
        : settings.StepLimits.TryGetValue(step, out TimeSpan set) ? set
        : PlanSettings.StandardLimits[step];

    /// <summary>A set that gives its tests six hours means that its run may take longer than four.</summary>
    private static TimeSpan RunLimitOf(DeployParameters parameters, PlanSettings settings)
    {
        if (parameters.RunLimit is { } own)
        {
            return own;
        }

        TimeSpan needed = parameters.StepLimits.TryGetValue("test", out TimeSpan tests) ? tests + BesideTests : TimeSpan.Zero;
        return needed > settings.RunLimit ? needed : settings.RunLimit;
    }
}
