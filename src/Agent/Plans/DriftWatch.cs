using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging;
using Orbit.Agent.Deployment;
using Orbit.Agent.Files;
using Orbit.Agent.Link;
using Orbit.Agent.Steps;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Plans;

/// <summary>
/// Looks again and again whether what was deployed is still what lies there. What it finds goes to the agent's log and to the control plane at
/// once, and into the result of the service's next run (<see cref="BackupRun"/>). It changes nothing.
/// </summary>
internal sealed class DriftWatch(
    InstalledBuilds installed, InstalledFiles files, AssignmentBook book, InstalledReport report, TimeSpan interval, TimeProvider time, ILogger<DriftWatch> logger)
{
    private readonly Dictionary<string, InstalledService> _known = [];

    /// <summary>Runs until <paramref name="leave"/> fires.</summary>
    public async Task RunAsync(CancellationToken leave)
    {
        using PeriodicTimer timer = new(interval, time);
        try
        {
            do
            {
                await Task.Factory.StartNew(CheckAll, leave, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
            }
            while (await timer.WaitForNextTickAsync(leave));
        }
        catch (OperationCanceledException) when (leave.IsCancellationRequested)
        {
            // the agent leaves
        }
    }

    private void CheckAll()
    {
        InstalledServices all = new();
        foreach (InstalledBuild build in installed.All())
        {
            if (IsBusy(build.Service))
            {
                all.Services.Add(_known.GetValueOrDefault(build.Service) ?? Describe(build, 0, "")); // as it was: it is being exchanged
                continue;
            }

            InstalledService now = Check(build);
            if (!IsBusy(build.Service))
            {
                Say(build, _known.GetValueOrDefault(build.Service)?.ChangedText ?? "", now.ChangedText);
                _known[build.Service] = now;
            }

            all.Services.Add(_known.GetValueOrDefault(build.Service) ?? now);
        }

        report.Update(all);
    }

    private InstalledService Check(InstalledBuild build)
    {
        try
        {
            IReadOnlyList<ManifestDifference> changed = files.Changed(build, thorough: false);
            return Describe(build, changed.Count, changed.Count == 0 ? "" : InstalledFiles.Words(build, changed));
        }
        catch (Exception cannot) when (cannot is HostRefusal or IOException or UnauthorizedAccessException)
        {
            return Describe(build, 0, $"It cannot be seen whether {build.Service} was changed: {cannot.Message}");
        }
    }

    private void Say(InstalledBuild build, string before, string now)
    {
        if (now.Length > 0 && now != before)
        {
            logger.ServiceChanged(now);
        }
        else if (now.Length == 0 && before.Length > 0)
        {
            logger.ServiceAsInstalled(build.Service, build.BuildName);
        }
    }

    private static InstalledService Describe(InstalledBuild build, int changed, string text)
    {
        string directory = InstalledBuilds.WorkOf(build).InstallDir;
        return new InstalledService
        {
            Service = build.Service,
            InstallDir = directory,
            BuildId = build.BuildId,
            BuildName = build.BuildName,
            RunId = build.RunId,
            ManifestHash = build.ManifestHash,
            InstalledAt = Timestamp.FromDateTimeOffset(build.InstalledAt),
            Running = Directory.Exists(directory) && ServiceProcesses.In(directory).Count > 0,
            Changed = changed,
            ChangedText = text.Length <= 1000 ? text : text[..999] + "…",
        };
    }

    private bool IsBusy(string service) => book.Open.Any(assignment => !assignment.Ended && assignment.Service == service);
}
