using System.Globalization;
using Orbit.Agent.Archives;
using Orbit.Agent.Deployment;
using Orbit.Agent.Packages;
using Orbit.Agent.Plans;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Steps;

/// <summary>
/// Unpacks the fetched package into a fresh directory, and looks for everything that would make the deployment fail half-way before
/// anything is stopped. Safe to repeat.
/// </summary>
internal sealed class ExtractRun(ExtractStep step, PackageStore packages, string dataDirectory) : IStep
{
    /// <summary>Fact that says where the unpacked package is.</summary>
    public const string Tree = "tree";

    /// <inheritdoc/>
    public bool MayBeStopped => true;

    /// <inheritdoc/>
    public async Task<StepResult> RunAsync(StepContext context)
    {
        StepFact? package = context.Facts.Last("download", DownloadRun.Package);
        using CachedPackage? cached = package is null ? null : await packages.Cache.TakeAsync(package.Values["sha256"], context.Stop.Token);
        if (cached is null)
        {
            return StepResult.Failed(FailureClass.Package, "PACKAGE_GONE", "The package is not in the cache any more; run the plan again.");
        }

        ExtractedTree tree = await UnpackAsync(context, cached.Path);
        context.Log.Remark($"{tree.Entries:N0} entries, {tree.Bytes:N0} bytes unpacked");
        await context.RememberAsync(Tree, ("root", tree.Root), ("bytes", Text(tree.Bytes)), ("entries", Text(tree.Entries)));
        return context.Work.InstallDir.Length > 0 ? CheckHost(context, tree) : StepResult.Succeeded();
    }

    private Task<ExtractedTree> UnpackAsync(StepContext context, string archive)
    {
        string destination = context.Folder.Package;
        if (Directory.Exists(destination))
        {
            Directory.Delete(destination, recursive: true); // of an attempt that the agent's end cut short
        }

        ReplaceStep? replace = context.Work.Steps.FirstOrDefault(planned => planned.Replace is not null)?.Replace;
        string[] patterns = replace is null ? [] : [.. FileSettings.Binaries(replace), .. FileSettings.Configs(replace)];
        ExtractionOptions options = new()
        {
            Limits = new ArchiveLimits
            {
                MaxEntries = step.MaxEntries > 0 ? (int)Math.Min(step.MaxEntries, int.MaxValue) : new ArchiveLimits().MaxEntries,
                MaxTotalBytes = step.MaxBytes > 0 ? step.MaxBytes : new ArchiveLimits().MaxTotalBytes,
                MaxRatio = step.MaxRatio > 0 ? step.MaxRatio : new ArchiveLimits().MaxRatio,
            },
            KeepTopFolders = [.. patterns.Select(pattern => pattern.Split('/')[0]).Distinct()],
        };
        return ArchiveExtraction.ExtractAsync(archive, destination, options, progress: null, context.Stop.Token);
    }

    private StepResult CheckHost(StepContext context, ExtractedTree tree)
    {
        bool whole = context.Work.Strategy != Contracts.V1.DeployStrategy.CService;
        IReadOnlyList<DeploymentProblem> problems = Preflight.Check(new(context.Work.InstallDir, dataDirectory, tree.Bytes, tree.Entries, whole));
        foreach (DeploymentProblem problem in problems)
        {
            context.Log.Remark($"{problem.Reason}: {problem.Message}");
        }

        return problems is [DeploymentProblem first, ..]
            ? StepResult.Failed(FailureClass.Infrastructure, first.Reason, string.Join(" ", problems.Select(problem => problem.Message)))
            : StepResult.Succeeded();
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
