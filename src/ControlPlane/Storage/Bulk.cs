using System.Data.Common;
using System.Globalization;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Orbit.ControlPlane.Storage;

/// <summary>A column of many values for <see cref="Bulk"/>.</summary>
/// <param name="Name">Column name.</param>
/// <param name="Type">PostgreSQL type of one value, e.g. <c>bigint</c>.</param>
/// <param name="Values">An array of one value a row.</param>
internal sealed record BulkColumn(string Name, string Type, Array Values);

/// <summary>
/// Many rows in one statement: arrays and <c>unnest</c> on PostgreSQL, which is several times faster than one statement a row; one
/// prepared statement run for each row on SQLite, where there is no round trip to save.
/// </summary>
internal static class Bulk
{
    private const string GenericPlans = "SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off; ";

    /// <summary>
    /// A statement of PostgreSQL that joins rows by key to a partitioned table, planned once a connection and not once a batch, which takes
    /// longer than changing eight rows. Such a plan outlives the moment in which a partition is empty, so it must go by the key even where
    /// reading all of nothing looks cheaper. Holds for the rest of the present transaction; where there is none it is one of its own, sent in
    /// one round trip.
    /// </summary>
    public static string PlannedOnce(this OrbitDbContext database, string statement) =>
        database.Database.CurrentTransaction is null ? $"BEGIN; {GenericPlans}{statement}; COMMIT" : GenericPlans + statement;

    /// <summary>Inserts rows. <paramref name="onConflict"/> is the text after ON CONFLICT, e.g. <c>(id) DO NOTHING</c>; null: a conflict is an error.</summary>
    public static Task<int> InsertAsync(this OrbitDbContext database, string table, BulkColumn[] columns, string? onConflict, CancellationToken ct)
    {
        string names = string.Join(", ", columns.Select(c => c.Name));
        string conflict = onConflict is null ? "" : " ON CONFLICT " + onConflict;
        return database.IsEmbedded
            ? database.EachAsync($"INSERT INTO {table} ({names}) VALUES ({Places(columns.Length)}){conflict}", columns, ct)
            : database.RunAsync($"INSERT INTO {table} ({names}) SELECT * FROM {Unnest(columns)}{conflict}", Arrays(columns), ct);
    }

    /// <summary>Runs a statement once for each row; <c>@p0…</c> are the row's values. Returns the rows touched in all.</summary>
    public static async Task<int> EachAsync(this OrbitDbContext database, string statement, BulkColumn[] columns, CancellationToken ct)
    {
        DbConnection connection = database.Database.GetDbConnection();
        await using DbCommand command = connection.CreateCommand();
        command.CommandText = statement;
        command.Transaction = database.Database.CurrentTransaction?.GetDbTransaction();
        for (int column = 0; column < columns.Length; column++)
        {
            DbParameter parameter = command.CreateParameter();
            parameter.ParameterName = "@p" + column.ToString(CultureInfo.InvariantCulture);
            command.Parameters.Add(parameter);
        }

        int touched = 0;
        for (int row = 0; row < columns[0].Values.Length; row++)
        {
            for (int column = 0; column < columns.Length; column++)
            {
                command.Parameters[column].Value = Sql.Stored(columns[column].Values.GetValue(row), database.IsEmbedded);
            }

            touched += await command.ExecuteNonQueryAsync(ct);
        }

        return touched;
    }

    /// <summary>The rows as a table expression for PostgreSQL: <c>unnest(@p0::bigint[], …)</c>.</summary>
    public static string Unnest(BulkColumn[] columns)
    {
        var text = new StringBuilder("unnest(");
        for (int column = 0; column < columns.Length; column++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{(column == 0 ? "" : ", ")}@p{column}::{columns[column].Type}[]");
        }

        return text.Append(')').ToString();
    }

    /// <summary>The arrays as parameters.</summary>
    public static object?[] Arrays(BulkColumn[] columns) => Array.ConvertAll(columns, static c => (object?)c.Values);

    private static string Places(int count) => string.Join(", ", Enumerable.Range(0, count).Select(i => $"@p{i}"));
}
