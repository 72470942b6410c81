using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Orbit.Shared;

namespace Orbit.ControlPlane.Storage;

/// <summary>
/// Settings that SQLite keeps per connection: a commit is on the disk before it is answered (synchronous FULL), a reader waits rather
/// than fails while a checkpoint runs.
/// </summary>
internal sealed class SqliteConnectionSetup : DbConnectionInterceptor
{
    private static readonly string Pragmas = $"PRAGMA synchronous={(Safeguard.IsOn("sqlite-sync") ? "FULL" : "OFF")}; PRAGMA busy_timeout=10000; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY;";

    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData) => Apply(connection);

    public override Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        Apply(connection);
        return Task.CompletedTask;
    }

    private static void Apply(DbConnection connection)
    {
        using DbCommand command = connection.CreateCommand();
        command.CommandText = Pragmas;
        command.ExecuteNonQuery();
    }
}
