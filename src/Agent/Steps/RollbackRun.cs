using Orbit.Agent.Deployment;
using Orbit.Agent.Plans;
using Orbit.Contracts.V1;
using Orbit.Shared;

namespace Orbit.Agent.Steps;

/// <summary>
/// Puts the version of before back: ends what runs of the new one, restores the files and proves it, starts the old one and waits until it is
/// healthy. By itself after a failed deployment, or as a step asked for by hand. Safe to repeat but for its start command.
/// </summary>
internal sealed class RollbackRun(RollbackStep step, bool automatic, ServiceControl services, HealthProbe probe, InstalledBuilds installed) : IStep
{
    private const string Ended = "ended";
    private const string Restored = "restored";
    private const int StopCommand = 1;
    private const int StartCommand = 2;
    private const int FirstProbeCommand = 3;
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan UsualHealthLimit = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public bool MayBeStopped => false;

    /// <inheritdoc/>
    public async Task<StepResult> RunAsync(StepContext context)
    {
        Undoing undoing = automatic ? OwnDeployment(context) : await EarlierDeploymentAsync(context);
        StepContext on = context.For(undoing.Work);
        if (context.Fact(Ended) is null)
        {
            await EndNewVersionAsync(on, undoing.Work);
            await context.RememberAsync(Ended); // what runs from now on is not the new version
        }

        if (undoing.Backup is { } backup && context.Fact(Restored) is null)
        {
            await RestoreAsync(context, undoing, backup);
        }

        FailPoint.Pass("rollback.restored");
        return undoing.Backup?.Record.FirstInstallation ?? false
            ? StepResult.Succeeded() with { Error = "What was put there was removed; nothing was installed before." }
            : await StartOldVersionAsync(on, undoing);
    }

    /// <param name="Work">The deployment to undo.</param>
    /// <param name="Backup">What it changed; <see langword="null"/> when it had not begun to change anything.</param>
    /// <param name="Before">What was installed before, where that is known.</param>
    private sealed record Undoing(DeployWork Work, Backup? Backup, InstalledBuild? Before);

    private Undoing OwnDeployment(StepContext context)
    {
        InstalledBuild? now = installed.Find(context.Work.Service);
        bool replaced = context.Facts.Last("replace", StepFact.Intent) is not null;
        if (!replaced)
        {
            return new Undoing(context.Work, null, now);
        }

        Backup backup = Backup.Open(FileExchange.PlanOf(context).Paths.Backup);
        return new Undoing(context.Work, backup, now?.Backup == backup.Directory ? now.Before : now);
    }

    private async Task<Undoing> EarlierDeploymentAsync(StepContext context)
    {
        InstalledBuild? now = installed.Find(context.Work.Service);
        if (context.Fact("undoing") is { } begun)
        {
            now = installed.Find(context.Work.Service) is { } record && record.Backup == begun.Values["backup"] ? record : null;
            return new Undoing(InstalledBuilds.WorkOf(Base64(begun)), Backup.Open(begun.Values["backup"]), now?.Before ?? installed.Find(context.Work.Service));
        }

        if (now is null || now.RunId != step.OfRunId)
        {
            string there = now is null ? "nothing that this agent has installed" : $"{now.BuildName} of run {now.RunId}";
            throw new StepRefusal(FailureClass.Deploy, "HOST_HAS_OTHER_BUILD", $"Run {step.OfRunId} is to be undone, but of {context.Work.Service} this host has {there}.");
        }

        if (now.Backup.Length == 0 || !Directory.Exists(now.Backup))
        {
            throw new StepRefusal(FailureClass.Deploy, "NO_BACKUP", $"There is no backup of what run {step.OfRunId} replaced any more.");
        }

        await context.RememberAsync("undoing", ("backup", now.Backup), ("work", now.Work));
        return new Undoing(InstalledBuilds.WorkOf(now), Backup.Open(now.Backup), now.Before);
    }

    private static InstalledBuild Base64(StepFact fact) => new("", 0, "", 0, "", default, fact.Values["backup"], fact.Values["work"], null);

    private async Task RestoreAsync(StepContext context, Undoing undoing, Backup backup)
    {
        _ = await FileExchange.OnOwnThreadAsync(() =>
        {
            Rollback.Apply(backup.Directory, _ => FailPoint.Pass("rollback.change"));
            return true;
        });
        context.Log.Remark($"{undoing.Work.InstallDir} is as {backup.Directory} has it, proven by its manifest");
        Forget(undoing);
        await context.RememberAsync(Restored);
    }

    private async Task EndNewVersionAsync(StepContext context, DeployWork work)
    {
        if (!Directory.Exists(work.InstallDir))
        {
            return;
        }

        ServiceStep? stop = work.Steps.FirstOrDefault(planned => planned.Stop is not null)?.Stop;
        bool runs = ServiceProcesses.In(work.InstallDir).Count > 0 || stop?.HowCase == ServiceStep.HowOneofCase.Systemd;
        if (stop is not null && (runs || File.Exists(context.Folder.Exit(context.Name, StopCommand))))
        {
            try
            {
                StepResult stopped = await services.StopAsync(context, stop, StopCommand, StopPatience);
                if (stopped.Status == StepStatus.Succeeded)
                {
                    return;
                }

                context.Log.Remark($"{stopped.Reason}: {stopped.Error}");
            }
            catch (Exception refused) when (StepRefusal.ResultOf(refused, "stop") is not null)
            {
                context.Log.Remark(refused.Message);
            }
        }

        StepResult ended = await ServiceControl.EndAsync(context);
        if (ended.Status != StepStatus.Succeeded)
        {
            throw new StepRefusal(FailureClass.Deploy, ended.Reason, ended.Error);
        }
    }

    private async Task<StepResult> StartOldVersionAsync(StepContext context, Undoing undoing)
    {
        string version = undoing.Before is { BuildName.Length: > 0 } before ? $"Restored to {before.BuildName}" : "Restored to the version of before";
        if (undoing.Work.Steps.FirstOrDefault(planned => planned.Start is not null)?.Start is not { } start)
        {
            return StepResult.Succeeded() with { Error = $"{version}." };
        }

        StepResult started = await services.StartAsync(context, start, StartCommand);
        if (started.Status != StepStatus.Succeeded)
        {
            return started with { Class = FailureClass.Deploy, Error = $"{version}, but it did not start: {started.Error}" };
        }

        PlanStep? planned = undoing.Work.Steps.FirstOrDefault(one => one.Health is not null);
        if (planned is null)
        {
            return StepResult.Succeeded() with { Error = $"{version} and started." };
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.Stop.Leaving);
        limit.CancelAfter(planned.TimeLimit?.ToTimeSpan() ?? UsualHealthLimit);
        string last = "nothing was tried";
        try
        {
            context.Log.Remark(await probe.UntilHealthyAsync(context, planned.Health, FirstProbeCommand, words => last = words, limit.Token));
            return StepResult.Succeeded() with { Error = $"{version} and healthy." };
        }
        catch (OperationCanceledException) when (!context.Stop.Leaving.IsCancellationRequested)
        {
            return StepResult.Failed(FailureClass.Deploy, "NOT_HEALTHY", $"{version} and started, but it did not become healthy: {last}.");
        }
    }

    private void Forget(Undoing undoing)
    {
        if (undoing.Before is { } before)
        {
            installed.Save(before);
        }
        else
        {
            installed.Remove(undoing.Work.Service);
        }
    }
}
