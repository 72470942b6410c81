using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Feed;
using Orbit.Tests.Support;

namespace Orbit.ControlPlane.Tests.Feed;

public sealed class FeedSequencerTests
{
    [Theory]
    [InlineData(Databases.Sqlite, 1)]
    [InlineData(Databases.Postgres, 1)]
    [InlineData(Databases.Postgres, 2)]
    public async Task Every_committed_change_is_numbered_once_without_gaps_and_in_order(string provider, int servers)
    {
        const int Writers = 4;
        const int Each = 50;
        await using TestDatabase database = await TestDatabase.CreateAsync(provider);
        OrbitServer[] orbits = await Task.WhenAll(Enumerable.Range(0, servers).Select(_ => OrbitServer.StartAsync(database)));
        long before = await PositionAsync(orbits[0]);

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(w => WriteAsync(orbits[w % servers], w)));
        async Task WriteAsync(OrbitServer orbit, int writer)
        {
            for (int i = 0; i < Each; i++)
            {
                await orbit.Store.WriteAsync(
                    (db, _) =>
                    {
                        db.Changed("runs", (writer * 1000) + i + 1);
                        return Task.CompletedTask;
                    },
                    default);
            }
        }

        await Assert.ThrowsAsync<InvalidOperationException>(() => orbits[0].Store.WriteAsync<int>(
            (db, _) =>
            {
                db.Changed("runs", 99_999);
                throw new InvalidOperationException("not committed");
            },
            default));
        List<FeedEntry> entries = await Eventually.ReadAsync(
            () => orbits[0].Store.ReadAsync((db, ct) => db.Set<FeedEntry>().Where(e => e.Topic == "runs" && e.Sequence > before).OrderBy(e => e.Sequence).ToListAsync(ct), default),
            read => read.Count >= Writers * Each);

        Assert.Equal(Enumerable.Range(1, Writers * Each).Select(n => before + n), entries.Select(e => e.Sequence));
        Assert.Equal(Writers * Each, entries.Select(e => e.EntityId).Distinct().Count());
        foreach (IGrouping<long, FeedEntry> ofWriter in entries.GroupBy(e => e.EntityId / 1000))
        {
            Assert.Equal(ofWriter.Select(e => e.EntityId).Order(), ofWriter.Select(e => e.EntityId)); // each writer waited for its commit
        }

        foreach (OrbitServer orbit in orbits)
        {
            await orbit.DisposeAsync();
        }
    }

    private static Task<long> PositionAsync(OrbitServer orbit) =>
        orbit.Store.ReadAsync(async (db, ct) => await db.Set<FeedEntry>().MaxAsync(e => (long?)e.Sequence, ct) ?? 0, default);
}
