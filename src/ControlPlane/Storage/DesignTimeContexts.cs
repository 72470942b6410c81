using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Npgsql;

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
        StorageModule.Use(builder, NpgsqlDataSource.Create("Host=design"));
        return new(builder.Options);
    }
}
