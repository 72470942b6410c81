using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Storage;
using Orbit.Tests.Support;

namespace Orbit.ControlPlane.Tests.Storage;

public sealed class PartitionTests
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();
    private static readonly int Present = TimePartitioned.DayOf(Now) / TimePartitioned.DaysPerPartition;

    [Fact]
    public async Task Tables_that_grow_with_time_have_partitions_for_now_ahead_and_whatever_falls_outside()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(Databases.Postgres);
        await using var app = new StoreApp(database.NextArgs());
        await using OrbitDbContext context = app.NewContext();
        string[] marked = [.. from entity in context.Model.GetEntityTypes() where entity.FindAnnotation(TimePartitioned.Annotation) is not null select entity.GetTableName()];

        string[] expected = [.. marked.SelectMany(table => Enumerable.Range(Present, 4).Select(period => $"{table}_p{period}").Append($"{table}_other")).Order(StringComparer.Ordinal)];
        List<string> found = await app.TextsAsync("SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE c.relkind = 'r'");

        Assert.Contains("log_chunks", marked);
        Assert.Contains("blob_chunks", marked);
        Assert.Equal(expected, found.Order(StringComparer.Ordinal));
        Assert.Equal(marked.Order(StringComparer.Ordinal), (await app.TextsAsync("SELECT partrelid::regclass::text FROM pg_partitioned_table")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_row_lies_in_the_partition_of_its_time_and_one_far_outside_in_other()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(Databases.Postgres);
        await using var app = new StoreApp(database.NextArgs());

        await InsertAsync(app, sequence: 1, TimePartitioned.DayOf(Now));
        await InsertAsync(app, sequence: 2, day: 2_000_000);
        await InsertAsync(app, sequence: 3, day: 0);
        await app.RunAsync("INSERT INTO blob_chunks (blob_id, ordinal, bytes) VALUES (@p0, 0, ''), (@p1, 0, '')", Guid.CreateVersion7(Now), Guid.CreateVersion7(Now.AddYears(50)));

        Assert.Equal([$"feed_p{Present}", "feed_other", "feed_other"], await app.TextsAsync("SELECT tableoid::regclass::text FROM feed ORDER BY sequence"));
        Assert.Equal([$"blob_chunks_p{Present}", "blob_chunks_other"], await app.TextsAsync("SELECT tableoid::regclass::text FROM blob_chunks ORDER BY blob_id"));
    }

    [Fact]
    public async Task Rows_that_fell_outside_move_into_their_partition_when_it_is_made()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(Databases.Postgres);
        await using var app = new StoreApp(database.NextArgs());
        DateTimeOffset later = Now.AddDays(300);
        int itsPeriod = TimePartitioned.DayOf(later) / TimePartitioned.DaysPerPartition;
        Guid blob = Guid.CreateVersion7(later);
        await InsertAsync(app, sequence: 1, TimePartitioned.DayOf(later));
        await InsertAsync(app, sequence: 2, day: 2_000_000);
        await app.RunAsync("INSERT INTO blob_chunks (blob_id, ordinal, bytes) VALUES (@p0, 0, '')", blob);

        await app.Store.WriteAsync((context, ct) => Partitions.EnsureAsync(context, later, ct), CancellationToken.None);
        await app.Store.WriteAsync((context, ct) => Partitions.EnsureAsync(context, later, ct), CancellationToken.None);

        Assert.Equal([$"feed_p{itsPeriod}", "feed_other"], await app.TextsAsync("SELECT tableoid::regclass::text FROM feed ORDER BY sequence"));
        Assert.Equal([$"blob_chunks_p{itsPeriod}"], await app.TextsAsync("SELECT tableoid::regclass::text FROM blob_chunks"));
    }

    [Fact]
    public async Task Replicas_that_make_the_same_partition_at_once_all_succeed()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(Databases.Postgres);
        await using var app = new StoreApp(database.NextArgs());
        DateTimeOffset later = Now.AddDays(900);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => app.Store.WriteAsync((context, ct) => Partitions.EnsureAsync(context, later, ct), CancellationToken.None)));

        string last = string.Create(CultureInfo.InvariantCulture, $"feed_p{(TimePartitioned.DayOf(later) / TimePartitioned.DaysPerPartition) + 3}");
        Assert.Equal([last], await app.TextsAsync($"SELECT relname::text FROM pg_class WHERE relname = '{last}'"));
    }

    private static Task InsertAsync(StoreApp app, long sequence, int day) =>
        app.RunAsync("INSERT INTO feed (sequence, topic, entity_id, day) VALUES (@p0, 'runs', 1, @p1)", sequence, day);
}
