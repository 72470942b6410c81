using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Audit;

/// <summary>Lets the database itself refuse to change an entry. Old entries go whole, by retention.</summary>
internal sealed class AuditGuard(OrbitStore store) : IBeforeStart
{
    private const string OnSqlite =
        "CREATE TRIGGER IF NOT EXISTS audit_append_only BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END";

    private const string Function =
        """
        CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'audit entries are never changed'; END $$
        """;

    private const string OnPostgres = "CREATE TRIGGER audit_append_only BEFORE UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION audit_append_only()";

    /// <inheritdoc />
    public Task PrepareAsync(WebApplication app, CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                if (database.IsEmbedded)
                {
                    await database.RunAsync(OnSqlite, [], token);
                    return;
                }

                // Replicas that start together make one.
                await database.RunAsync("SELECT pg_advisory_xact_lock(hashtextextended('audit_append_only', 1))", [], token);
                List<long> there = await database.QueryAsync(
                    "SELECT count(*) FROM pg_trigger WHERE tgname = 'audit_append_only' AND tgrelid = 'audit'::regclass", [], row => row.Long(0), token);
                if (there[0] == 0)
                {
                    await database.RunAsync(Function, [], token);
                    await database.RunAsync(OnPostgres, [], token);
                }
            },
            ct);
}
