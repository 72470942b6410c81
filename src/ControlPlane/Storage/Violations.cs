using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Orbit.ControlPlane.Storage;

/// <summary>Tells which rule of the database a write broke, so that a command can say it in the caller's terms.</summary>
internal static class Violations
{
    /// <summary>Something of that unique key is there already.</summary>
    public static bool IsUnique(this Exception error) => error switch
    {
        DbUpdateException { InnerException: { } inner } => inner.IsUnique(),
        PostgresException postgres => postgres.SqlState == PostgresErrorCodes.UniqueViolation,
        SqliteException sqlite => sqlite.SqliteExtendedErrorCode is 2067 or 1555, // SQLITE_CONSTRAINT_UNIQUE, _PRIMARYKEY
        _ => false,
    };

    /// <summary>A row that is referred to is missing, or was to be removed.</summary>
    public static bool IsReference(this Exception error) => error switch
    {
        DbUpdateException { InnerException: { } inner } => inner.IsReference(),
        PostgresException postgres => postgres.SqlState is PostgresErrorCodes.ForeignKeyViolation or PostgresErrorCodes.RestrictViolation,
        SqliteException sqlite => sqlite.SqliteExtendedErrorCode is 787 or 1811, // SQLITE_CONSTRAINT_FOREIGNKEY; _TRIGGER is what RESTRICT raises
        _ => false,
    };
}
