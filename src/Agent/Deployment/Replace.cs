using Orbit.Agent.Files;

namespace Orbit.Agent.Deployment;

/// <summary>
/// Carries out a plan. Applying it again after a crash at any point finishes it, and applying a finished one changes
/// nothing. The backup must be complete before.
/// </summary>
internal static class Replace
{
    /// <param name="plan">As it was persisted before the first change.</param>
    /// <param name="step">Told before each change; tests stop the work there.</param>
    /// <exception cref="DeploymentRefusal">The package's files changed meanwhile, or the result is not what was planned.</exception>
    /// <exception cref="NoSpaceRefusal">The disk is full; the caller rolls back.</exception>
    public static void Apply(ReplacePlan plan, Action<string>? step = null)
    {
        Backup backup = Backup.Open(plan.Paths.Backup);
        if (backup.Has(Backup.RolledBackMark))
        {
            throw new DeploymentRefusal(
                DeploymentRefusal.BackupUsed, $"The deployment of '{plan.InstallDir}' was rolled back and cannot be taken up again.");
        }

        try
        {
            if (plan.Kind == ReplaceKind.Swap)
            {
                TreeSwap.Forward(plan, backup, step);
            }
            else
            {
                PerFile(plan, step);
                backup.Set(Backup.AppliedMark);
            }
        }
        catch (IOException full) when (NoSpaceRefusal.IsFull(full))
        {
            throw new NoSpaceRefusal(plan.InstallDir, plan.Bytes, full);
        }
    }

    private static void PerFile(ReplacePlan plan, Action<string>? step)
    {
        using TreeRoot package = TreeRoot.Open(plan.PackageRoot);
        using TreeRoot installed = TreeRoot.Open(plan.InstallDir);
        TreeChange change = new(installed, plan.RunId, step);
        foreach (PlannedChange planned in plan.Changes)
        {
            change.Do(planned, package);
        }

        change.Sync();
        RequireResult(plan, installed);
    }

    /// <summary>Looks at every path of the plan once more, on disk.</summary>
    internal static void RequireResult(ReplacePlan plan, TreeRoot tree)
    {
        TreeManifest wanted = new(plan.Changes.Where(c => c.Kind is not (ChangeKind.Remove or ChangeKind.RemoveDirectory)).Select(c => c.Wanted));
        IReadOnlyList<ManifestDifference> differences = wanted.Compare(tree);
        if (differences.Count > 0)
        {
            throw new DeploymentRefusal(
                DeploymentRefusal.NotReplaced,
                $"'{tree.Path}' is not what was planned after it was replaced: {string.Join("; ", differences.Take(10))}.");
        }
    }
}
