using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Orbit.ControlPlane.Storage;

/// <summary>
/// The model, the same on both databases. It names no table: each slice brings its own configurations and reaches its tables through
/// extension properties in its <c>Queries</c>.
/// </summary>
internal abstract class OrbitDbContext : DbContext
{
    private readonly List<string> _topics = [];

    protected OrbitDbContext(DbContextOptions options)
        : base(options) =>
        // A transaction is done again as a whole or not at all; savepoints before each save would only be round trips.
        Database.AutoSavepointsEnabled = false;

    /// <summary>True on SQLite: one process, one writer.</summary>
    public abstract bool IsEmbedded { get; }

    /// <summary>Topics to signal when the present transaction has been committed.</summary>
    public IReadOnlyList<string> TopicsToRaise => _topics;

    /// <summary>Forgets topics of an earlier use: contexts are pooled, and come back as they were left.</summary>
    public void ForgetTopics() => _topics.Clear();

    /// <summary>Signals a topic once the present transaction has been committed; never when it is not.</summary>
    public void RaiseAfterCommit(string topic)
    {
        if (!_topics.Contains(topic, StringComparer.Ordinal))
        {
            _topics.Add(topic);
        }
    }

    /// <inheritdoc />
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(OrbitDbContext).Assembly);
        SnakeCase.ApplyTo(modelBuilder);
    }
}

/// <summary>The model on SQLite.</summary>
internal sealed class SqliteOrbitDbContext(DbContextOptions<SqliteOrbitDbContext> options) : OrbitDbContext(options)
{
    /// <inheritdoc />
    public override bool IsEmbedded => true;

    /// <inheritdoc />
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        // SQLite has no time type and cannot sort the text form; UTC ticks sort.
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UtcTicks>();

    private sealed class UtcTicks() : ValueConverter<DateTimeOffset, long>(
        time => time.UtcTicks, ticks => new DateTimeOffset(ticks, TimeSpan.Zero));
}

/// <summary>The model on PostgreSQL.</summary>
internal sealed class PostgresOrbitDbContext(DbContextOptions<PostgresOrbitDbContext> options) : OrbitDbContext(options)
{
    /// <inheritdoc />
    public override bool IsEmbedded => false;

    /// <summary>The next value of a sequence, in a query: PostgreSQL's <c>nextval</c>. A value that is not used then is never used.</summary>
    public static long NextValue(string sequence) => throw new NotSupportedException($"{nameof(NextValue)}({sequence}) is only for queries.");

    /// <inheritdoc />
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);
        modelBuilder.HasDbFunction(((Func<string, long>)NextValue).Method).HasName("nextval").IsBuiltIn();
    }

    /// <inheritdoc />
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        // PostgreSQL keeps microseconds and refuses other offsets than UTC.
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UtcMicroseconds>();

    private sealed class UtcMicroseconds() : ValueConverter<DateTimeOffset, DateTimeOffset>(
        time => new DateTimeOffset(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero), time => time);
}
