using Orbit.Agent.Link;
using Orbit.Agent.Policy;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Steps;

/// <summary>Which class carries out which step of a plan, and what each is called.</summary>
internal sealed class StepCatalog(
    HostPolicy policy, CommandRunner commands, ServiceControl services, HealthProbe probe, PackageStore packages, TestTools tools, UploadBook uploads, string dataDirectory)
{
    /// <summary>What this host allows.</summary>
    public HostPolicy Policy => policy;

    /// <summary>Log bytes that this host keeps of a step.</summary>
    public long MostLogBytes => policy.MaxLogBytes;

    /// <summary>The step that an agent adds by itself to put the old version back.</summary>
    public static PlanStep AutomaticRollback(long runId) => new() { Rollback = new() { OfRunId = runId } };

    /// <summary>Name of a step: that of its field.</summary>
    public static string NameOf(PlanStep step) => step.StepCase.ToString().ToLowerInvariant();

    /// <summary>How long a step may take unless the plan says.</summary>
    public static TimeSpan DefaultLimit(PlanStep step) => step.StepCase switch
    {
        PlanStep.StepOneofCase.Extract => TimeSpan.FromMinutes(10),
        PlanStep.StepOneofCase.Stop or PlanStep.StepOneofCase.Start => TimeSpan.FromSeconds(60),
        PlanStep.StepOneofCase.Health => TimeSpan.FromSeconds(30),
        PlanStep.StepOneofCase.Test => TimeSpan.FromHours(3),
        _ => TimeSpan.FromMinutes(30),
    };

    /// <summary>What carries a step out.</summary>
    public IStep StepFor(PlanStep step, bool automatic) => step.StepCase switch
    {
        PlanStep.StepOneofCase.Download => new DownloadRun(step.Download, packages, policy),
        PlanStep.StepOneofCase.Extract => new ExtractRun(step.Extract, packages, dataDirectory),
        PlanStep.StepOneofCase.Stop => new StopRun(step.Stop, services),
        PlanStep.StepOneofCase.Start => new StartRun(step.Start, services),
        PlanStep.StepOneofCase.Health => new HealthRun(step.Health, probe),
        PlanStep.StepOneofCase.Test => new TestRun(step.Test, commands, tools),
        PlanStep.StepOneofCase.Report => new ReportRun(step.Report, uploads),
        PlanStep.StepOneofCase.Backup => new BackupRun(tools.Installed, tools.Files),
        PlanStep.StepOneofCase.Replace => new ReplaceRun(tools.Installed, tools.Files),
        PlanStep.StepOneofCase.Rollback => new RollbackRun(step.Rollback, automatic, services, probe, tools.Installed),
        _ => throw new ArgumentOutOfRangeException(nameof(step), step.StepCase, null),
    };
}
