using System.Security.Cryptography;
using System.Text;
using Orbit.Agent.Deployment;
using Orbit.Agent.Files;
using Orbit.Agent.Plans;
using Orbit.Contracts.V1;
using Orbit.Shared;

namespace Orbit.Agent.Steps;

/// <summary>The exchange of a service's files, as backup, replace and rollback share it.</summary>
internal static class FileExchange
{
    /// <summary>
    /// What is to be replaced and how. Decided once, when the service has stopped, and kept; after a restart of the agent the same plan
    /// goes on.
    /// </summary>
    public static ReplacePlan PlanOf(StepContext context)
    {
        if (File.Exists(context.Folder.ReplacePlan))
        {
            return ReplacePlan.FromJson(File.ReadAllText(context.Folder.ReplacePlan));
        }

        StepFact tree = context.Facts.Last("extract", ExtractRun.Tree)
            ?? throw new StepRefusal(FailureClass.Package, "PACKAGE_GONE", "No package was unpacked in this plan.");
        ReplaceStep replace = context.Work.Steps.FirstOrDefault(step => step.Replace is not null)?.Replace ?? new ReplaceStep();
        ReplacePlan plan = ReplacePlanner.Plan(
            FileSettings.Of(context.Work, replace), tree.Values["root"], $"{context.Work.RunId}-{context.Work.Attempt}", context.Time.GetUtcNow());
        DurableFile.Write(context.Folder.ReplacePlan, Encoding.UTF8.GetBytes(plan.ToJson()));
        return plan;
    }

    /// <summary>Runs long, blocking work on files on a thread of its own.</summary>
    public static Task<T> OnOwnThreadAsync<T>(Func<T> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);

    /// <summary>Hash over everything that a plan put there.</summary>
    public static string HashOf(ReplacePlan plan)
    {
        StringBuilder lines = new();
        foreach (PlannedChange change in plan.Changes)
        {
            _ = lines.Append(change.Kind).Append(' ').Append(change.Path).Append(' ').Append(change.Wanted.Sha256).Append(' ').Append(change.Wanted.Mode).Append('\n');
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(lines.ToString())));
    }
}

/// <summary>Keeps what will change. Safe to repeat; nothing of the installed version is touched.</summary>
internal sealed class BackupRun(InstalledBuilds installed, InstalledFiles files) : IStep
{
    private const string Looked = "looked";

    /// <inheritdoc/>
    public bool MayBeStopped => false;

    /// <inheritdoc/>
    public async Task<StepResult> RunAsync(StepContext context)
    {
        await ReportDriftAsync(context);
        ReplacePlan plan = FileExchange.PlanOf(context);
        FailPoint.Pass("backup.planned");
        Backup backup = await FileExchange.OnOwnThreadAsync(() => Backup.Create(plan, _ => FailPoint.Pass("backup.change")));
        context.Log.Remark($"{backup.Directory}: {backup.Manifest.Entries.Count:N0} entries, {backup.Manifest.Bytes:N0} bytes kept; {plan.Changes.Count:N0} changes to come");
        return plan.FirstInstallation ? StepResult.Skipped("There is no installed version yet.") : StepResult.Succeeded();
    }

    /// <summary>Whoever reads this run's result is to know that the host was not as the run before left it. The backup keeps it as it is.</summary>
    private async Task ReportDriftAsync(StepContext context)
    {
        if (context.Fact(Looked) is not null || installed.Find(context.Work.Service) is not { } build)
        {
            return;
        }

        try
        {
            IReadOnlyList<ManifestDifference> changed = await FileExchange.OnOwnThreadAsync(() => files.Changed(build, thorough: true));
            if (changed.Count > 0)
            {
                context.Log.Remark(InstalledFiles.Words(build, changed));
                await context.NoteAsync("DRIFT", InstalledFiles.Words(build, changed));
            }
        }
        catch (Exception cannot) when (cannot is HostRefusal or IOException or UnauthorizedAccessException)
        {
            context.Log.Remark($"It cannot be seen whether {build.Service} was changed by hand: {cannot.Message}");
        }

        await context.RememberAsync(Looked);
    }
}

/// <summary>
/// Puts the unpacked version in place. Safe to repeat: after a crash it is finished; what cannot be finished is taken back at once, so the
/// directory always ends as one whole version.
/// </summary>
internal sealed class ReplaceRun(InstalledBuilds installed, InstalledFiles files) : IStep
{
    /// <inheritdoc/>
    public bool MayBeStopped => false;

    /// <inheritdoc/>
    public async Task<StepResult> RunAsync(StepContext context)
    {
        ReplacePlan plan = FileExchange.PlanOf(context);
        Backup backup = await FileExchange.OnOwnThreadAsync(() => Backup.Create(plan));
        try
        {
            _ = await FileExchange.OnOwnThreadAsync(() =>
            {
                Replace.Apply(plan, _ => FailPoint.Pass("replace.change"));
                return true;
            });
        }
        catch (Exception refused) when (StepRefusal.ResultOf(refused, context.Name) is not null)
        {
            return await TakeBackAsync(context, backup, StepRefusal.ResultOf(refused, context.Name)!);
        }

        FailPoint.Pass("replace.applied");
        context.Log.Remark($"{plan.Changes.Count:N0} changes, {plan.Bytes:N0} bytes written to {plan.InstallDir} and verified");
        await KeepFilesAsync(context, plan);
        InstalledBuild? before = installed.Find(context.Work.Service);
        InstalledBuild? old = before?.Backup == backup.Directory ? before.Before : before; // recorded by an earlier process of this agent
        installed.Save(InstalledBuilds.RecordOf(context.Work, FileExchange.HashOf(plan), backup.Directory, context.Time.GetUtcNow(), old));
        return StepResult.Succeeded();
    }

    /// <summary>The new version is whole already: what cannot be written down is only not watched.</summary>
    private async Task KeepFilesAsync(StepContext context, ReplacePlan plan)
    {
        try
        {
            _ = await FileExchange.OnOwnThreadAsync(() =>
            {
                files.Save(context.Work.Service, context.Work.RunId, plan);
                return true;
            });
        }
        catch (Exception cannot) when (cannot is HostRefusal or IOException or UnauthorizedAccessException)
        {
            context.Log.Remark($"It will not be seen whether {context.Work.Service} is changed by hand: {cannot.Message}");
        }
    }

    private static async Task<StepResult> TakeBackAsync(StepContext context, Backup backup, StepResult refused)
    {
        context.Log.Remark($"{refused.Reason}: {refused.Error} Taking it back.");
        try
        {
            _ = await FileExchange.OnOwnThreadAsync(() =>
            {
                Rollback.Apply(backup.Directory, _ => FailPoint.Pass("replace.back"));
                return true;
            });
            return refused with { Error = $"{refused.Error} The files of before are back." };
        }
        catch (Exception stuck) when (StepRefusal.ResultOf(stuck, context.Name) is not null)
        {
            return refused with { Reason = "REPLACE_TORN", Error = $"{refused.Error} Taking it back failed too: {stuck.Message} A person is needed." };
        }
    }
}
