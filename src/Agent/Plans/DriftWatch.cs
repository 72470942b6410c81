using Microsoft.Extensions.Logging;
using Orbit.Agent.Deployment;
using Orbit.Agent.Files;

namespace Orbit.Agent.Plans;

/// <summary>
/// Looks again and again whether what was deployed is still what lies there. What it finds goes to the agent's log at once, and into the
/// result of the service's next run (<see cref="Steps.BackupRun"/>). It changes nothing.
/// </summary>
internal sealed class DriftWatch(InstalledBuilds installed, InstalledFiles files, AssignmentBook book, TimeSpan interval, TimeProvider time, ILogger<DriftWatch> logger)
{
    private readonly Dictionary<string, string> _said = [];

    /// <summary>Runs until <paramref name="leave"/> fires.</summary>
    public async Task RunAsync(CancellationToken leave)
    {
        using PeriodicTimer timer = new(interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(leave))
            {
                await Task.Factory.StartNew(CheckAll, leave, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
            }
        }
        catch (OperationCanceledException) when (leave.IsCancellationRequested)
        {
            // the agent leaves
        }
    }

    private void CheckAll()
    {
        foreach (InstalledBuild build in installed.All())
        {
            if (!IsBusy(build.Service))
            {
                Check(build);
            }
        }
    }

    private void Check(InstalledBuild build)
    {
        string found;
        try
        {
            IReadOnlyList<ManifestDifference> changed = files.Changed(build, thorough: false);
            found = changed.Count == 0 ? "" : InstalledFiles.Words(build, changed);
        }
        catch (Exception cannot) when (cannot is HostRefusal or IOException or UnauthorizedAccessException)
        {
            found = $"It cannot be seen whether {build.Service} was changed: {cannot.Message}";
        }

        if (IsBusy(build.Service) || _said.GetValueOrDefault(build.Service, "") == found)
        {
            return; // a deployment began meanwhile, or nothing new
        }

        _said[build.Service] = found;
        if (found.Length > 0)
        {
            logger.ServiceChanged(found);
        }
        else
        {
            logger.ServiceAsInstalled(build.Service, build.BuildName);
        }
    }

    private bool IsBusy(string service) => book.Open.Any(assignment => !assignment.Ended && assignment.Service == service);
}
