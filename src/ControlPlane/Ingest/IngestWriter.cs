using System.Threading.Channels;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;
using Orbit.Shared;

namespace Orbit.ControlPlane.Ingest;

/// <summary>
/// The one writer of what streams bring. Every stream feeds one bounded channel a lane; the writer takes what is there and commits it in
/// one transaction. Batches form by themselves while a commit is under way; news are gathered for a moment as well.
/// </summary>
/// <remarks>
/// A batch that fails for a reason of its own (one poisoned item) is applied again item by item, so that one never takes others with it.
/// When the database is away, all items of the batch fail at once with a time to come back: senders keep what is not acknowledged.
/// </remarks>
internal sealed class IngestWriter(OrbitStore store, IEnumerable<IIngestHandler> handlers, IngestMeter meter, ILogger<IngestWriter> log) : BackgroundService
{
    private const int NewsCapacity = 8192;
    private const int LargestNewsBatch = 1024;

    // Items of the other lane hold up to 256 KiB each: these bound memory and the length of a transaction.
    private const int BytesCapacity = 256;

    /// <summary>Nobody sees it in a page, and it saves a commit for each event of an agent that begins or ends a step.</summary>
    private static readonly TimeSpan NewsGather = TimeSpan.FromMilliseconds(3);
    private const int LargestBytesBatch = 64;

    private readonly IIngestHandler[] _handlers = [.. handlers];
    private readonly Channel<IngestItem> _urgent = Lane(NewsCapacity);
    private readonly Channel<IngestItem> _news = Lane(NewsCapacity);
    private readonly Channel<IngestItem> _bytes = Lane(BytesCapacity);

    /// <summary>Hands an item over; waits while its lane is full, which slows the stream that sends too fast.</summary>
    public ValueTask AddAsync(IngestItem item, CancellationToken ct) => LaneOf(item).Writer.WriteAsync(item, ct);

    /// <summary>Stops taking items, and ends when all that were taken are committed or failed.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _urgent.Writer.TryComplete();
        _news.Writer.TryComplete();
        _bytes.Writer.TryComplete();
        await base.StopAsync(cancellationToken);
    }

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(
            DrainAsync(_urgent.Reader, LargestNewsBatch, TimeSpan.Zero),
            DrainAsync(_news.Reader, LargestNewsBatch, NewsGather),
            DrainAsync(_bytes.Reader, LargestBytesBatch, TimeSpan.Zero));

    private Channel<IngestItem> LaneOf(IngestItem item) => item.Lane switch
    {
        IngestLane.Urgent => _urgent,
        IngestLane.Bytes => _bytes,
        _ => _news,
    };

    private static Channel<IngestItem> Lane(int capacity) =>
        Channel.CreateBounded<IngestItem>(new BoundedChannelOptions(capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private async Task DrainAsync(ChannelReader<IngestItem> lane, int largestBatch, TimeSpan gather)
    {
        await Task.Yield();
        var batch = new List<IngestItem>();
        while (await lane.WaitToReadAsync(CancellationToken.None))
        {
            if (gather > TimeSpan.Zero && lane.Count < largestBatch)
            {
                await Task.Delay(gather, TimeProvider.System, CancellationToken.None);
            }

            batch.Clear();
            while (batch.Count < largestBatch && lane.TryRead(out IngestItem? item))
            {
                batch.Add(item);
            }

            await ApplyAsync(batch);
        }
    }

    private async Task ApplyAsync(List<IngestItem> batch)
    {
        long started = meter.Start();
        try
        {
            await CommitAsync(batch);
        }
        catch (OrbitException away) when (away.Kind is Refusal.Later)
        {
            log.DatabaseAway(batch.Count, away.Cause);
            FailAll(batch, away);
            return;
        }
        catch (Exception) when (batch.Count > 1)
        {
            await ApplyOneByOneAsync(batch);
            return;
        }
        catch (Exception poison)
        {
            IReadOnlyList<IngestItem> instead = OrbitStore.LostRace(poison) ? [] : batch[0].Instead();
            if (instead.Count <= 1)
            {
                log.ItemRefused(batch[0].GetType().Name, poison);
            }

            if (instead.Count == 0)
            {
                FailAll(batch, poison);
                return;
            }

            await ApplyOneByOneAsync(instead);
            return;
        }

        meter.Committed(batch.Count, started);
        foreach (IngestItem item in batch)
        {
            item.Committed();
        }
    }

    private async Task ApplyOneByOneAsync(IReadOnlyList<IngestItem> batch)
    {
        foreach (IngestItem item in batch.ToArray())
        {
            await ApplyAsync([item]);
        }
    }

    private Task CommitAsync(List<IngestItem> batch) =>
        store.IsServer && batch.TrueForAll(item => item.GetType() == batch[0].GetType())
            && Array.Find(_handlers, h => h.Kind == batch[0].GetType()) is { IsOneStatement: true } handler
            ? store.StatementAsync((database, ct) => handler.ApplyAsync(database, batch, ct), CancellationToken.None)
            : CommitTogetherAsync(batch);

    private Task CommitTogetherAsync(List<IngestItem> batch) =>
        store.WriteAsync(
            async (database, ct) =>
            {
                foreach (IIngestHandler handler in _handlers)
                {
                    IngestItem[] mine = [.. batch.Where(item => item.GetType() == handler.Kind)];
                    if (mine.Length > 0)
                    {
                        await handler.ApplyAsync(database, mine, ct);
                    }
                }

                if (!Safeguard.IsOn("tell-after-commit"))
                {
                    batch.ForEach(static item => item.Committed());
                }
            },
            CancellationToken.None);

    private static void FailAll(List<IngestItem> batch, Exception reason)
    {
        foreach (IngestItem item in batch)
        {
            item.Failed(reason);
        }
    }
}
