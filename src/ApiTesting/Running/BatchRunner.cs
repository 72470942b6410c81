using Orbit.ApiTesting.Documents;
using Orbit.ApiTesting.Http;

namespace Orbit.ApiTesting.Running;

/// <summary>How rows are run.</summary>
public sealed record BatchOptions
{
    /// <summary>Rows at a time, 1 to 1000; 5 unless set.</summary>
    public int Concurrency { get; init; } = 5;

    /// <summary>Rows between two pauses; 0: no pause.</summary>
    public int PartRows { get; init; }

    /// <summary>Length of a pause.</summary>
    public TimeSpan PartPause { get; init; }
}

/// <summary>
/// Runs a plan for many rows, each exactly once. Rows are taken from the source when somebody is free for them, results go to the sink one
/// at a time, so memory depends on the concurrency alone.
/// </summary>
public sealed class BatchRunner(RunPlan plan, HttpTransport transport, BatchOptions options, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly List<Task> _workers = [];
    private readonly OAuthTokens _tokens = new(transport);
    private int _limit = Math.Clamp(options.Concurrency, 1, 1000);
    private int _running;
    private Func<Task>? _start;

    /// <summary>Rows at a time; may be changed while it runs. Fewer takes effect as rows end.</summary>
    public int Concurrency
    {
        get
        {
            lock (_gate)
            {
                return _limit;
            }
        }

        set
        {
            lock (_gate)
            {
                _limit = Math.Clamp(value, 1, 1000);
                Grow();
            }
        }
    }

    /// <summary>Runs all rows. Rows that were not begun when it is stopped are not reported; those under way end as stopped.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="sink">Takes each result; never called by two rows at once.</param>
    /// <param name="ct">Stops.</param>
    public async Task RunAsync(IAsyncEnumerable<DatasetRow> rows, Func<RowResult, ValueTask> sink, CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        await using var feed = new Feed(rows, options, time);
        using var sinkGate = new SemaphoreSlim(1, 1);
        lock (_gate)
        {
            _start = () => WorkAsync(feed, sink, sinkGate, stop);
            Grow();
        }

        int seen = 0;
        while (true)
        {
            Task[] workers;
            lock (_gate)
            {
                workers = [.. _workers];
                if (workers.Length == seen)
                {
                    _start = null; // nobody may join any more
                    break;
                }
            }

            seen = workers.Length;
            await Task.WhenAll(workers);
        }
    }

    private void Grow()
    {
        while (_start is not null && _running < _limit)
        {
            _running++;
            _workers.Add(_start());
        }
    }

    private async Task WorkAsync(Feed feed, Func<RowResult, ValueTask> sink, SemaphoreSlim sinkGate, CancellationTokenSource stop)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // the caller holds the lock
        try
        {
            while (MayGoOn() && !stop.IsCancellationRequested && await feed.NextAsync(stop.Token) is { } row)
            {
                RowResult result = await new RowRunner(plan, row, transport, _tokens, time).RunAsync(stop.Token);
                await sinkGate.WaitAsync(CancellationToken.None);
                try
                {
                    await sink(result);
                }
                finally
                {
                    _ = sinkGate.Release();
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // stopped between two rows
        }
        catch
        {
            await stop.CancelAsync(); // the source or the sink is broken: the other rows end too
            throw;
        }
    }

    private bool MayGoOn()
    {
        lock (_gate)
        {
            if (_running <= _limit)
            {
                return true;
            }

            _running--;
            return false;
        }
    }

    /// <summary>The source, one caller at a time, with the pauses between parts.</summary>
    private sealed class Feed(IAsyncEnumerable<DatasetRow> rows, BatchOptions options, TimeProvider time) : IAsyncDisposable
    {
        private readonly IAsyncEnumerator<DatasetRow> _rows = rows.GetAsyncEnumerator();
        private readonly SemaphoreSlim _turn = new(1, 1);
        private long _taken;
        private bool _ended;

        public async ValueTask<DatasetRow?> NextAsync(CancellationToken ct)
        {
            await _turn.WaitAsync(ct);
            try
            {
                if (options.PartRows > 0 && _taken > 0 && _taken % options.PartRows == 0)
                {
                    await Task.Delay(options.PartPause, time, ct);
                }

                while (!_ended && await _rows.MoveNextAsync())
                {
                    if (_rows.Current.Enabled)
                    {
                        _taken++;
                        return _rows.Current;
                    }
                }

                _ended = true;
                return null;
            }
            finally
            {
                _ = _turn.Release();
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _rows.DisposeAsync();
            _turn.Dispose();
        }
    }
}
