using System.Globalization;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Audit;

/// <summary>
/// Lets the database itself refuse to change an entry, or to delete one that is younger than the least that retention keeps. Older ones go
/// whole, by retention.
/// </summary>
internal sealed class AuditGuard(OrbitStore store) : IBeforeStart
{
    private const string Trigger = "audit_append_only";

    /// <summary>Days for which no entry can be deleted, by the database's own clock: the least that the setting of retention allows.</summary>
    public const int LeastDays = 30;

    private static readonly string Youngest = LeastDays.ToString(CultureInfo.InvariantCulture);

    private static readonly string[] OnSqlite =
    [
        $"CREATE TRIGGER IF NOT EXISTS {Trigger} BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END",
        $"""
        CREATE TRIGGER IF NOT EXISTS {Trigger}_kept BEFORE DELETE ON audit WHEN OLD.day > strftime('%s', 'now') / 86400 - {Youngest}
        BEGIN SELECT RAISE(ABORT, 'audit entries are kept for {Youngest} days at least'); END
        """,
    ];

    private static readonly string Function =
        $"""
        CREATE OR REPLACE FUNCTION {Trigger}() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN
            IF TG_OP = 'UPDATE' THEN RAISE EXCEPTION 'audit entries are never changed'; END IF;
            IF OLD.day > extract(epoch FROM now()) / 86400 - {Youngest} THEN RAISE EXCEPTION 'audit entries are kept for {Youngest} days at least'; END IF;
            RETURN OLD;
        END $$
        """;

    private const string OnPostgres = $"CREATE OR REPLACE TRIGGER {Trigger} BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION {Trigger}()";

    /// <inheritdoc />
    public Task PrepareAsync(WebApplication app, CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                if (database.IsEmbedded)
                {
                    foreach (string trigger in OnSqlite)
                    {
                        await database.RunAsync(trigger, [], token);
                    }

                    return;
                }

                // Replicas that start together make one.
                await database.RunAsync($"SELECT pg_advisory_xact_lock(hashtextextended('{Trigger}', 1))", [], token);
                List<bool> there = await database.QueryAsync(
                    $"SELECT pg_get_triggerdef(oid) LIKE '%DELETE OR UPDATE%' FROM pg_trigger WHERE tgname = '{Trigger}' AND tgrelid = 'audit'::regclass", [], row => row.Flag(0), token);
                await database.RunAsync(Function, [], token);
                if (there is not [true])
                {
                    await database.RunAsync(OnPostgres, [], token); // takes a lock that readers wait for, so only when it is needed
                }
            },
            ct);
}
