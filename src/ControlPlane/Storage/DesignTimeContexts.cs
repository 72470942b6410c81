using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace Orbit.ControlPlane.Storage;

/// <summary>Makes a context for <c>tools/migrations</c>; it never connects.</summary>
internal sealed class SqliteDesignTimeContext : IDesignTimeDbContextFactory<SqliteOrbitDbContext>
{
    public SqliteOrbitDbContext CreateDbContext(string[] args)
    {
        var builder = new DbContextOptionsBuilder<SqliteOrbitDbContext>();
        StorageModule.Use(builder, "design.db", new StorageOptions());
        return new(builder.Options);
    }
}

/// <summary>Makes a context for <c>tools/migrations</c>; it never connects.</summary>
internal sealed class PostgresDesignTimeContext : IDesignTimeDbContextFactory<PostgresOrbitDbContext>
{
    public PostgresOrbitDbContext CreateDbContext(string[] args)
    {
        var builder = new DbContextOptionsBuilder<PostgresOrbitDbContext>();
        StorageModule.UseRegisteredPostgres(builder);
        return new(builder.Options);
    }
}
