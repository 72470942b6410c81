using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Orbit.ControlPlane.Storage;
using Orbit.Tests.Support;

namespace Orbit.ControlPlane.Tests.Storage;

/// <summary>Model, migrations and the tables that the migrations really made are the same thing, on both databases.</summary>
public sealed partial class SchemaTests
{
    [Fact]
    public void Model_and_migrations_do_not_drift()
    {
        using SqliteOrbitDbContext sqlite = new SqliteDesignTimeContext().CreateDbContext([]);
        using PostgresOrbitDbContext postgres = new PostgresDesignTimeContext().CreateDbContext([]);

        Assert.False(sqlite.Database.HasPendingModelChanges(), "SQLite: the model has changes without a migration.");
        Assert.False(postgres.Database.HasPendingModelChanges(), "PostgreSQL: the model has changes without a migration.");
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task The_migrated_tables_are_those_of_the_model(string provider)
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(provider);
        await using var app = new StoreApp(database.NextArgs());
        await using OrbitDbContext context = app.NewContext();

        string[] expected = [.. Expected(context).Order(StringComparer.Ordinal)];
        string[] found = [.. (await app.TextsAsync(database.IsEmbedded ? OnSqlite : OnPostgres)).Select(Normal).Order(StringComparer.Ordinal)];

        Assert.True(expected.Length > 150, $"Only {expected.Length} facts in the model.");
        Assert.Empty(expected.Except(found).Select(fact => $"missing in the database: {fact}").Concat(found.Except(expected).Select(fact => $"only in the database: {fact}")));
    }

    private static IEnumerable<string> Expected(OrbitDbContext context)
    {
        foreach (ITable table in context.GetService<IDesignTimeModel>().Model.GetRelationalModel().Tables)
        {
            foreach (IColumn column in table.Columns)
            {
                yield return $"{table.Name}.{column.Name} {column.StoreType.ToLowerInvariant()}{(column.IsNullable ? "" : " not null")}";
            }

            yield return $"{table.Name} key ({Names(table.PrimaryKey!.Columns)})";
            foreach (ITableIndex index in table.Indexes)
            {
                yield return Normal($"{table.Name} {(index.IsUnique ? "unique " : "")}index {index.Name} ({Names(index.Columns)}){(index.Filter is null ? "" : " where " + index.Filter)}");
            }

            foreach (IForeignKeyConstraint reference in table.ForeignKeyConstraints)
            {
                yield return $"{table.Name} ({Names(reference.Columns)}) refers to {reference.PrincipalTable.Name}";
            }
        }
    }

    private static string Names(IEnumerable<IColumn> columns) => string.Join(',', columns.Select(column => column.Name));

    /// <summary>PostgreSQL writes a filter back with casts and parentheses of its own, and IN as a comparison with an array.</summary>
    private static string Normal(string fact)
    {
        int filter = fact.IndexOf(" where ", StringComparison.Ordinal);
        return filter < 0 ? fact : fact[..filter] + AnyOf().Replace(Decoration().Replace(fact[filter..], ""), "IN $1");
    }

    [GeneratedRegex(@"::text|::character varying|[()""]")]
    private static partial Regex Decoration();

    [GeneratedRegex(@"= ANY ARRAY\[([^]]*)\](?:\[\])?")]
    private static partial Regex AnyOf();

    private const string OnSqlite = """
        WITH t AS (SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' AND name NOT LIKE '\_\_EF%' ESCAPE '\')
        SELECT t.name || '.' || c.name || ' ' || lower(c.type) || CASE WHEN c."notnull" THEN ' not null' ELSE '' END FROM t, pragma_table_info(t.name) c
        UNION ALL
        SELECT t.name || ' key (' || (SELECT group_concat(name) FROM (SELECT name FROM pragma_table_info(t.name) WHERE pk > 0 ORDER BY pk)) || ')' FROM t
        UNION ALL
        SELECT t.name || CASE WHEN i."unique" THEN ' unique' ELSE '' END || ' index ' || i.name || ' ('
            || (SELECT group_concat(name) FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno)) || ')'
            || CASE WHEN i.partial THEN (SELECT ' where ' || substr(sql, instr(sql, ' WHERE ') + 7) FROM sqlite_master m WHERE m.name = i.name) ELSE '' END
          FROM t, pragma_index_list(t.name) i WHERE i.origin <> 'pk'
        UNION ALL
        SELECT t.name || ' (' || group_concat(f."from") || ') refers to ' || f."table" FROM t, pragma_foreign_key_list(t.name) f GROUP BY t.name, f.id
        """;

    private const string OnPostgres = """
        WITH t AS (SELECT c.oid, c.relname AS name FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
            AND NOT c.relispartition AND left(c.relname, 4) <> '__EF'),
          keys AS (SELECT i.*, (SELECT string_agg(a.attname, ',' ORDER BY k.ord) FROM unnest(i.indkey) WITH ORDINALITY k(col, ord)
            JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.col) AS columns FROM pg_index i)
        SELECT t.name || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
          FROM t JOIN pg_attribute a ON a.attrelid = t.oid WHERE a.attnum > 0 AND NOT a.attisdropped
        UNION ALL
        SELECT t.name || ' key (' || k.columns || ')' FROM t JOIN keys k ON k.indrelid = t.oid WHERE k.indisprimary
        UNION ALL
        SELECT t.name || CASE WHEN k.indisunique THEN ' unique' ELSE '' END || ' index ' || n.relname || ' (' || k.columns || ')'
            || coalesce(' where ' || pg_get_expr(k.indpred, k.indrelid), '')
          FROM t JOIN keys k ON k.indrelid = t.oid JOIN pg_class n ON n.oid = k.indexrelid WHERE NOT k.indisprimary
        UNION ALL
        SELECT t.name || ' (' || (SELECT string_agg(a.attname, ',' ORDER BY k.ord) FROM unnest(f.conkey) WITH ORDINALITY k(col, ord)
            JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.col) || ') refers to ' || f.confrelid::regclass::text
          FROM t JOIN pg_constraint f ON f.conrelid = t.oid WHERE f.contype = 'f'
        """;
}
