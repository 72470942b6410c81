using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Gateway;

/// <summary>The id of this control plane, which agents sign; made once and kept in the database for all replicas.</summary>
internal sealed class ServerId(OrbitStore store)
{
    private string? _known;

    public async ValueTask<string> GetAsync(CancellationToken ct)
    {
        if (_known is null)
        {
            _known = await store.WriteAsync(
                async (database, cancel) =>
                {
                    await database.RunAsync("INSERT INTO server_facts (name, value) VALUES ('server_id', @p0) ON CONFLICT (name) DO NOTHING", [Guid.CreateVersion7().ToString()], cancel);
                    return (await database.QueryAsync("SELECT value FROM server_facts WHERE name = 'server_id'", [], static row => row.Text(0), cancel))[0];
                },
                ct);
        }

        return _known;
    }
}
