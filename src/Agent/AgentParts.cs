using Microsoft.Extensions.Logging;
using Orbit.Agent.Care;
using Orbit.Agent.Identity;
using Orbit.Agent.Journal;
using Orbit.Agent.Link;
using Orbit.Agent.Plans;
using Orbit.Agent.Policy;
using Orbit.Agent.Steps;
using Orbit.Agent.Upgrades;

namespace Orbit.Agent;

/// <summary>The parts of a running agent.</summary>
internal sealed record AgentParts(Enrolment Enrolment, AgentFacts Facts, AssignmentBook Book, SessionLoop Sessions, UploadLoop Uploads, DriftWatch Drift, Upgrader Upgrader, HostCare Care)
{
    /// <summary>Makes them.</summary>
    public static AgentParts Compose(AgentOptions options, AgentJournal journal, ILoggerFactory loggers, TimeProvider time, CancellationToken leaving)
    {
        HostPolicy policy = options.PolicyFile is { } file
            ? HostPolicy.Load(file, options.DataDirectory, options.Allow)
            : HostPolicy.Default(options.DataDirectory, options.Allow);
        policy.Announce(loggers.CreateLogger<HostPolicy>(), options.Name);
        InstalledProgram program = InstalledProgram.OfThisProcess();
        FreeSpace space = new(options.DataDirectory, options.MinFree, loggers.CreateLogger<FreeSpace>());
        AgentFacts facts = FactsOf(options, policy, program, space);
        ServerConnection connection = new(options.Server, options.CaFile, new PinnedAuthority(options.DataDirectory));
        if (options.Server.Scheme == "http" && !ServerConnection.IsLoopback(options.Server))
        {
            loggers.CreateLogger<ServerConnection>().PlaintextAllowed(options.Server);
        }

        Lease lease = new(time);
        Outbox outbox = new(new WakeUp());
        UploadBook uploads = new(time);
        StepCatalog catalog = Catalog(options.DataDirectory, policy, uploads, loggers, time);
        ApiFileStore files = new(connection, options.DataDirectory, time);
        PlanRunner runner = new(catalog, uploads, lease, files, options.DataDirectory, time, loggers.CreateLogger<PlanRunner>(), leaving);
        AssignmentBook book = new(journal, new CarriedOut(options.DataDirectory), outbox, new Slots(facts.Slots, facts.ApiSlots), runner, time, loggers.CreateLogger<AssignmentBook>())
        {
            Readiness = new Readiness { ShortOfSpace = space.Short },
        };
        IdentityStore store = new(options.DataDirectory, loggers.CreateLogger<IdentityStore>());
        Enrolment enrolment = new(store, options.Token, options.Name, loggers.CreateLogger<Enrolment>());
        SessionReports reports = new();
        Upgrader upgrader = new(
            program, new Handover(program, options.DataDirectory, options.UpgradeLimit), new ControlPlanePackages(connection), book, reports.Upgrade, time, loggers.CreateLogger<Upgrader>());
        ConnectedFile presence = new(options.DataDirectory, time, loggers.CreateLogger<ConnectedFile>());
        presence.Offline();
        InterpreterTrial interpreter = new(policy, options.DataDirectory, InterpreterTrial.UsualLimit, InterpreterTrial.Usual);
        HostCare care = new(new HostCheck(policy, space, interpreter, time, loggers.CreateLogger<HostCheck>()), reports.Check);
        UploadLoop uploading = new(connection, uploads, time, loggers.CreateLogger<UploadLoop>());
        SessionLoop sessions = new(
            connection, enrolment, reports, facts, book, outbox, lease, new Backoff(options.ReconnectCap, Random.Shared), time, loggers.CreateLogger<SessionLoop>())
        {
            UpgradeWanted = upgrader.Want,
            CheckWanted = care.Want,
            Welcomed = grant =>
            {
                uploading.Begin(grant);
                files.Admit(grant.UploadToken);
                presence.Online(enrolment.Find()!.Name, options.Server);
            },
            Lost = () =>
            {
                uploading.End();
                files.Admit(null);
                presence.Offline();
            },
        };
        DriftWatch drift = new(
            new InstalledBuilds(options.DataDirectory), new InstalledFiles(options.DataDirectory), book, reports.Installed, options.CheckInterval, time, loggers.CreateLogger<DriftWatch>());
        return new AgentParts(enrolment, facts, book, sessions, uploading, drift, upgrader, care);
    }

    private static AgentFacts FactsOf(AgentOptions options, HostPolicy policy, InstalledProgram program, FreeSpace space) => new()
    {
        System = program.System,
        Package = program.Package,
        Host = policy.Host ?? "",
        Labels = options.Labels,
        Slots = policy.Slots,
        ApiSlots = policy.ApiSlots,
        FreeBytes = space.Bytes,
    };

    private static StepCatalog Catalog(string dataDirectory, HostPolicy policy, UploadBook uploads, ILoggerFactory loggers, TimeProvider time)
    {
        CommandRunner commands = new(policy, time);
        PackageStore packages = new(dataDirectory, time, loggers);
        TestTools tools = new(policy, new InstalledBuilds(dataDirectory), new InstalledFiles(dataDirectory), dataDirectory);
        return new StepCatalog(policy, commands, new ServiceControl(commands), new HealthProbe(commands), packages, tools, uploads, dataDirectory);
    }
}
