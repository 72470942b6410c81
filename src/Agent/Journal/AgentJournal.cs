using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Orbit.Agent.Journal;

/// <summary>
/// What the agent must not forget when it is killed: facts of assignments, in order, durable before the caller goes on.
/// One file set a process; one thread writes, and appends that arrive while a sync is under way share the next one, so an idle journal
/// adds no delay and a busy one syncs once for hundreds of facts.
/// </summary>
/// <remarks>
/// An append that completed is there after a crash of the process or the host. One that had not completed may be there or not, but never
/// without all that was appended before it. Safe for any number of callers.
/// </remarks>
internal sealed class AgentJournal : IAsyncDisposable
{
    private readonly DataDirectoryLock _lock;
    private readonly SegmentFiles _files;
    private readonly JournalOptions _options;
    private readonly JournalWriter _writer;

    private AgentJournal(DataDirectoryLock directoryLock, SegmentFiles files, JournalOptions options, JournalWriter writer) =>
        (_lock, _files, _options, _writer) = (directoryLock, files, options, writer);

    /// <summary>
    /// A whole segment is allocated ahead, so results can be recorded even on a full disk. While this is false no new work should be taken.
    /// </summary>
    public bool HasReserve => _files.HasSpare;

    /// <summary>Completes with the failure when the disk has refused a write; nothing can be appended after that.</summary>
    public Task<JournalException> Failure => _writer.Failure;

    /// <summary>Opens or creates the journal in a directory of its own and reads back every record of the assignments still open.</summary>
    /// <exception cref="JournalDamagedException">Something acknowledged cannot be read; nothing was changed.</exception>
    /// <exception cref="JournalException">In use by another process, of a newer version, or no room for the first segment.</exception>
    public static OpenedJournal Open(string directory, JournalOptions? options = null, ILogger? logger = null) =>
        Open(directory, options ?? new JournalOptions(), logger ?? NullLogger.Instance, new JournalDisk());

    internal static OpenedJournal Open(string directory, JournalOptions options, ILogger logger, JournalDisk disk)
    {
        options.Validate();
        DataDirectoryLock directoryLock = DataDirectoryLock.Acquire(directory);
        SegmentAppender? appender = null;
        try
        {
            SegmentFiles files = new(directory, options, disk);
            files.Scan();
            JournalReplay.Outcome found = new JournalReplay(files).Run();
            appender = new SegmentAppender(files, options, disk, logger);
            appender.Begin(found);
            files.Retire();
            logger.JournalOpened(directory, files.Segments.Count, found.Records.Count, found.Records.Select(record => record.Assignment).Distinct().Count());
            JournalWriter writer = new(directory, files, appender, options, logger);
            return new OpenedJournal(new AgentJournal(directoryLock, files, options, writer), found.Records);
        }
        catch
        {
            appender?.Dispose();
            directoryLock.Dispose();
            throw;
        }
    }

    /// <summary>Completes when the fact is durable, with its number.</summary>
    /// <exception cref="JournalException">Not durable: the disk is full or has failed.</exception>
    public Task<long> AppendAsync(Guid assignment, byte type, ReadOnlyMemory<byte> payload) =>
        AppendManyAsync([new JournalEntry(assignment, type, payload)]);

    /// <summary>
    /// Completes when all are durable, with the number of the last one. They cost one sync together. A crash in between may leave the
    /// first few of them.
    /// </summary>
    /// <exception cref="JournalException">Not all are durable: the disk is full or has failed.</exception>
    public Task<long> AppendManyAsync(IReadOnlyList<JournalEntry> entries)
    {
        foreach (JournalEntry entry in entries)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(entry.Payload.Length, _options.MaxPayloadBytes, nameof(entries));
        }

        return _writer.Enqueue(new PendingAppend(entries, forget: null));
    }

    /// <summary>
    /// Completes when it is durable that nothing of the assignment so far is needed any more. Repeating it, or naming an unknown
    /// assignment, does nothing. Facts appended later begin a new life under the same id.
    /// </summary>
    public Task ForgetAsync(Guid assignment) => _writer.Enqueue(new PendingAppend([], assignment));

    /// <summary>Writes what was appended, then lets go of the directory.</summary>
    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        _lock.Dispose();
    }
}
