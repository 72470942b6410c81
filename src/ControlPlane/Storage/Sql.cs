using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace Orbit.ControlPlane.Storage;

/// <summary>
/// Hand-written statements for the hot path, inside the transaction of a context. Values go as parameters <c>@p0, @p1 …</c>; the
/// statement text is the same on both databases unless a caller chooses by <see cref="OrbitDbContext.IsEmbedded"/>.
/// </summary>
internal static class Sql
{
    /// <summary>Runs a statement; returns the number of rows it touched.</summary>
    public static async Task<int> RunAsync(this OrbitDbContext database, string statement, object?[] values, CancellationToken ct)
    {
        await using DbCommand command = await database.PrepareAsync(statement, values, ct);
        return await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Runs a query and maps each row.</summary>
    public static async Task<List<T>> QueryAsync<T>(
        this OrbitDbContext database, string statement, object?[] values, Func<SqlRow, T> map, CancellationToken ct)
    {
        await using DbCommand command = await database.PrepareAsync(statement, values, ct);
        await using DbDataReader reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<T>();
        var row = new SqlRow(reader, database.IsEmbedded);
        while (await reader.ReadAsync(ct))
        {
            rows.Add(map(row));
        }

        while (await reader.NextResultAsync(ct))
        {
            // only past the last statement is it known that none of them failed, a COMMIT among them
        }

        return rows;
    }

    private static async Task<DbCommand> PrepareAsync(this OrbitDbContext database, string statement, object?[] values, CancellationToken ct)
    {
        DbConnection connection = database.Database.GetDbConnection();
        if (connection.State != System.Data.ConnectionState.Open)
        {
            if (database.Database.CurrentTransaction is not null)
            {
                throw new InvalidOperationException("The connection of this transaction has broken; a statement on a new one would be kept without the others.");
            }

            await database.Database.OpenConnectionAsync(ct);
        }

        DbCommand command = connection.CreateCommand();
        command.CommandText = statement;
        command.Transaction = database.Database.CurrentTransaction?.GetDbTransaction();
        for (int index = 0; index < values.Length; index++)
        {
            DbParameter parameter = command.CreateParameter();
            if (parameter is not NpgsqlParameter)
            {
                parameter.ParameterName = $"@p{index}";
            }
            else
            {
                parameter.ParameterName = $"p{index}";
            }

            parameter.Value = Stored(values[index], database.IsEmbedded);
            command.Parameters.Add(parameter);
        }

        return command;
    }

    /// <summary>The form in which the model stores a value.</summary>
    public static object Stored(object? value, bool embedded) => value switch
    {
        null => DBNull.Value,
        DateTimeOffset time => embedded ? time.UtcTicks : time.ToUniversalTime(),
        Enum named => named.ToString(),
        _ => value,
    };
}

/// <summary>One row of a hand-written query, read by position in the form the model uses.</summary>
internal readonly struct SqlRow(DbDataReader reader, bool embedded)
{
    public long Long(int column) => reader.GetInt64(column);

    public int Int(int column) => reader.GetInt32(column);

    public string Text(int column) => reader.GetString(column);

    public string? TextOrNull(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    public long? LongOrNull(int column) => reader.IsDBNull(column) ? null : reader.GetInt64(column);

    public Guid Uuid(int column) => reader.GetGuid(column);

    public bool Flag(int column) => reader.GetBoolean(column);

    public byte[] Bytes(int column) => reader.GetFieldValue<byte[]>(column);

    public T Named<T>(int column)
        where T : struct, Enum => Enum.Parse<T>(reader.GetString(column));

    public DateTimeOffset Time(int column) =>
        embedded ? new DateTimeOffset(reader.GetInt64(column), TimeSpan.Zero) : reader.GetFieldValue<DateTimeOffset>(column);

    public DateTimeOffset? TimeOrNull(int column) => reader.IsDBNull(column) ? null : Time(column);
}
