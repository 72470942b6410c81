using Orbit.Agent.Deployment;
using Orbit.Contracts.V1;
using Wire = Orbit.Contracts.V1;

namespace Orbit.Agent.Steps;

/// <summary>Between the contract and the deployment of files.</summary>
internal static class FileSettings
{
    /// <summary>What a plan says about files.</summary>
    public static DeploymentSettings Of(DeployWork work, ReplaceStep replace) => new()
    {
        Strategy = work.Strategy switch
        {
            Wire.DeployStrategy.OpenrestyFull => Deployment.DeployStrategy.OpenRestyFull,
            Wire.DeployStrategy.OpenrestyUpdate => Deployment.DeployStrategy.OpenRestyUpdate,
            _ => Deployment.DeployStrategy.CService,
        },
        InstallDir = work.InstallDir,
        Binaries = Binaries(replace),
        Configs = Configs(replace),
        Preserve = [.. replace.Preserve],
        ConfigFromInstalled = replace.KeepInstalledConfig,
    };

    /// <summary>Patterns of binaries.</summary>
    public static IReadOnlyList<string> Binaries(ReplaceStep replace) => replace.Binaries.Count > 0 ? [.. replace.Binaries] : ["bin/*"];

    /// <summary>Patterns of configuration files.</summary>
    public static IReadOnlyList<string> Configs(ReplaceStep replace) => replace.Configs.Count > 0 ? [.. replace.Configs] : ["conf/*"];
}
