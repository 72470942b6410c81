using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Orbit.Agent.Identity;
using Orbit.Agent.Journal;
using Orbit.Agent.Link;
using Orbit.Agent.Policy;
using Orbit.Agent.Upgrades;

namespace Orbit.Agent;

/// <summary>Puts the parts of the agent together and runs them until it is told to stop.</summary>
internal static class AgentDaemon
{
    private const int Failed = 1;
    private static readonly TimeSpan LeaveLimit = TimeSpan.FromSeconds(9);

    /// <summary>Runs until SIGTERM, SIGINT or <paramref name="stop"/>.</summary>
    /// <returns>The exit code: 0 after a stop, 1 when it cannot run.</returns>
    public static async Task<int> RunAsync(AgentOptions options, CancellationToken stop)
    {
        TimeProvider time = TimeProvider.System;
        using ConsoleLines lines = new(time, Console.Out);
        ILogger logger = lines.CreateLogger("Orbit.Agent");
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using PosixSignalRegistration term = On(PosixSignal.SIGTERM, leave, logger);
        using PosixSignalRegistration interrupt = On(PosixSignal.SIGINT, leave, logger);
        try
        {
            Upgrader? upgrader = null;
            int code = await RunPartsAsync(options, lines, time, leave, parts => upgrader = parts);
            upgrader?.HandOver();
            return code;
        }
        catch (Exception cannot) when (cannot is IdentityException or JournalException or OptionException or PolicyRefusal)
        {
            await Console.Error.WriteLineAsync($"orbit-agent: {cannot.Message}");
            return Failed;
        }
    }

    private static async Task<int> RunPartsAsync(AgentOptions options, ConsoleLines lines, TimeProvider time, CancellationTokenSource leave, Action<Upgrader> upgrader)
    {
        ILogger logger = lines.CreateLogger("Orbit.Agent");
        Directory.CreateDirectory(options.DataDirectory);
        OpenedJournal opened = AgentJournal.Open(Path.Combine(options.DataDirectory, "journal"), null, lines.CreateLogger("Orbit.Agent.Journal"));
        await using AgentJournal journal = opened.Journal;
        AgentParts parts = AgentParts.Compose(options, journal, lines, time, leave.Token);
        upgrader(parts.Upgrader);
        logger.Begins(AgentFacts.Version, options.DataDirectory, parts.Facts.Slots, parts.Facts.ApiSlots);
        _ = parts.Enrolment.Find();
        parts.Enrolment.ReportUnusedToken();
        parts.Book.Restore(opened.Records);
        opened = null!; // the records of a long life need not stay in memory
        parts.Book.ResumeAll();
        return await FollowAsync(parts, journal, logger, leave);
    }

    private static async Task<int> FollowAsync(AgentParts parts, AgentJournal journal, ILogger logger, CancellationTokenSource leave)
    {
        Task session = parts.Sessions.RunAsync(leave.Token);
        Task uploads = parts.Uploads.RunAsync(leave.Token);
        Task drift = parts.Drift.RunAsync(leave.Token);
        Task upgrade = parts.Upgrader.RunAsync(leave.Token);
        Task care = parts.Care.RunAsync(leave.Token);
        Task first = await Task.WhenAny(session, uploads, drift, upgrade, care, journal.Failure);
        if (first == journal.Failure)
        {
            logger.JournalFailed((await journal.Failure).Message);
            return Failed;
        }

        bool defect = first.IsFaulted && first.Exception!.InnerException is not IdentityException;
        if (defect)
        {
            logger.PartFailed(first == session ? "The session loop" : first == uploads ? "The upload loop" : first == upgrade ? "The upgrade" : first == care ? "The look at the host" : "The look at installed services", first.Exception!.InnerException!);
        }

        await leave.CancelAsync();
        Task ended = Task.WhenAll(session, uploads, drift, upgrade, care, parts.Book.LeaveAsync());
        _ = await Task.WhenAny(ended, Task.Delay(LeaveLimit));
        if (first.IsFaulted && !defect)
        {
            await first;
        }

        logger.Left();
        return defect ? Failed : 0;
    }

    private static PosixSignalRegistration On(PosixSignal signal, CancellationTokenSource leave, ILogger logger) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            logger.ToldToStop();
            leave.Cancel();
        });
}
