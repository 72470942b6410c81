using Microsoft.Extensions.Logging;

namespace Orbit.Agent.Journal;

/// <summary>A call that waits for its sync. The result is the number of its last record.</summary>
internal sealed class PendingAppend(IReadOnlyList<JournalEntry> entries, Guid? forget)
{
    private readonly TaskCompletionSource<long> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<JournalEntry> Entries { get; } = entries;

    public Guid? Forget { get; } = forget;

    public long LastNumber { get; set; }

    /// <summary>Set when it could not be written; it must not be reported as done.</summary>
    public JournalException? Refusal { get; set; }

    public Task<long> Done => _done.Task;

    public void Complete()
    {
        if (Refusal is not null)
        {
            _done.SetException(Refusal);
            return;
        }

        _done.SetResult(LastNumber);
    }
}

/// <summary>The one thread that writes: takes whatever has gathered, appends it, syncs once, tells all callers, tidies up.</summary>
internal sealed class JournalWriter : IAsyncDisposable
{
    private const int RetrySpareAfterMs = 5000;
    private readonly Lock _gate = new();
    private readonly AutoResetEvent _wake = new(false);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<JournalException> _failure = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _directory;
    private readonly SegmentFiles _files;
    private readonly SegmentAppender _appender;
    private readonly JournalOptions _options;
    private readonly ILogger _logger;
    private List<PendingAppend> _queue = [];
    private List<PendingAppend> _batch = [];
    private JournalException? _broken;
    private bool _closing;
    private long _noSpareBefore = long.MinValue;

    public JournalWriter(string directory, SegmentFiles files, SegmentAppender appender, JournalOptions options, ILogger logger)
    {
        (_directory, _files, _appender, _options, _logger) = (directory, files, appender, options, logger);
        Thread thread = new(Run) { IsBackground = true, Name = "journal" };
        thread.Start();
    }

    /// <summary>Completes when the disk has refused a write or a sync.</summary>
    public Task<JournalException> Failure => _failure.Task;

    public Task<long> Enqueue(PendingAppend append)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closing, typeof(AgentJournal));
            if (_broken is not null)
            {
                return Task.FromException<long>(_broken);
            }

            _queue.Add(append);
            if (_queue.Count > 1)
            {
                return append.Done; // the writer has been woken for an earlier one
            }
        }

        _ = _wake.Set();
        return append.Done;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _closing = true;
        }

        _ = _wake.Set();
        await _ended.Task;
        _appender.Dispose();
        _wake.Dispose();
    }

    private void Run()
    {
        try
        {
            while (TakeBatch())
            {
                CommitBatch();
                TidyUp();
            }
        }
        catch (Exception cause)
        {
            // After a failed sync the kernel may have dropped the very pages it was to write: nothing can be promised any more.
            Break(cause);
        }

        _ended.SetResult();
    }

    private bool TakeBatch()
    {
        while (true)
        {
            bool wantsSpare = WantsSpare;
            lock (_gate)
            {
                if (_queue.Count > 0)
                {
                    (_queue, _batch) = (_batch, _queue);
                    return true;
                }

                if (_closing)
                {
                    return false;
                }
            }

            if (wantsSpare)
            {
                PrepareSpare(); // idle: a millisecond's slice at a time
                continue;
            }

            _ = _files.HasSpare ? _wake.WaitOne() : _wake.WaitOne(RetrySpareAfterMs);
        }
    }

    private bool WantsSpare => !_files.HasSpare && Environment.TickCount64 >= _noSpareBefore;

    private void CommitBatch()
    {
        foreach (PendingAppend append in _batch)
        {
            try
            {
                Write(append);
            }
            catch (JournalException full) when (full.Reason == JournalException.Full)
            {
                append.Refusal = full;
            }
        }

        _appender.Sync();
        foreach (PendingAppend append in _batch)
        {
            append.Complete();
        }

        _batch.Clear();
    }

    private void Write(PendingAppend append)
    {
        foreach (JournalEntry entry in append.Entries)
        {
            append.LastNumber = _appender.Append(RecordKind.Fact, entry.Assignment, entry.Type, entry.Payload.Span);
        }

        if (append.Forget is Guid assignment && _files.Segments.Exists(segment => segment.Holds(assignment)))
        {
            append.LastNumber = _appender.Append(RecordKind.Forget, assignment, 0, []);
            _files.Segments.ForEach(segment => segment.Forget(assignment));
        }
    }

    /// <summary>Only after a sync: a segment may go when the tombstones that made it dead are durable.</summary>
    private void TidyUp()
    {
        _files.Retire();
        if (WantsSpare && _appender.Room < _options.SegmentBytes / 2)
        {
            PrepareSpare(); // never idle, and the segment is half full: it must be ready in time
        }

        if (_files.Segments.Count > _options.SegmentsBeforeCopy
            && _files.Segments[0].LiveBytes < _options.SegmentBytes / 2
            && (_files.HasSpare || _files.Segments[0].LiveBytes < _appender.Room))
        {
            _appender.CopyOldest();
        }
    }

    private void PrepareSpare()
    {
        try
        {
            _files.PrepareSlice();
        }
        catch (JournalException full) when (full.Reason == JournalException.Full)
        {
            _noSpareBefore = Environment.TickCount64 + RetrySpareAfterMs;
            _logger.NoSpareSegment(_directory, _options.SegmentBytes, full.Message, _appender.Room);
        }
    }

    private void Break(Exception cause)
    {
        JournalException broken = new(JournalException.Failed, $"The journal in {_directory} cannot be written: {cause.Message} What was acknowledged is safe; start the agent again once the disk works.", cause);
        List<PendingAppend> waiting;
        lock (_gate)
        {
            _broken = broken;
            waiting = [.. _batch, .. _queue];
            _queue.Clear();
        }

        foreach (PendingAppend append in waiting.Where(append => !append.Done.IsCompleted))
        {
            append.Refusal = broken;
            append.Complete();
        }

        _logger.JournalFailed(_directory, cause);
        _ = _failure.TrySetResult(broken);
    }
}
