using Orbit.Agent.Plans;
using Orbit.Agent.Policy;
using Orbit.Agent.Pytest;

namespace Orbit.Agent.Steps;

/// <summary>What test steps share: the host's rules, the pytest plugin, what is installed.</summary>
internal sealed class TestTools(HostPolicy policy, InstalledBuilds installed, InstalledFiles files, string dataDirectory)
{
    private readonly Lock _gate = new();
    private bool _written;

    /// <summary>What this host allows.</summary>
    public HostPolicy Policy => policy;

    /// <summary>What is installed.</summary>
    public InstalledBuilds Installed => installed;

    /// <summary>What is installed, file by file.</summary>
    public InstalledFiles Files => files;

    /// <summary>Directory of the pytest plugin.</summary>
    public string PluginDirectory { get; } = Path.Combine(dataDirectory, "pytest-plugin");

    /// <summary>Makes everything that a pytest run needs beside its command; harmless to repeat.</summary>
    public void Prepare(WorkFolder folder)
    {
        lock (_gate)
        {
            if (!_written)
            {
                _ = PytestFiles.Install(PluginDirectory);
                _written = true;
            }
        }

        foreach (string made in (string[])[folder.Results, folder.Allure, folder.Artifacts])
        {
            StepFolder.Make(made, policy.RunAs);
        }
    }
}
