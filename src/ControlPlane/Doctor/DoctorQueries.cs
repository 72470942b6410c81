using Microsoft.Extensions.Options;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Storage;
using Orbit.ControlPlane.Storage.Blobs;

namespace Orbit.ControlPlane.Doctor;

/// <summary>Runs the checks.</summary>
internal sealed class DoctorQueries(OrbitStore store, IBlobStore blobs, IOptions<AgentOptions> agents, TimeProvider time)
{
    private const string NamedBlobs = """
        SELECT 'report:' || run_id, blob_id FROM reports
        UNION ALL SELECT 'history of item:' || test_item_id, blob_id FROM report_histories
        UNION ALL SELECT 'file of run:' || run_id || ' ' || path, blob_id FROM result_files WHERE blob_id IS NOT NULL AND stored
        UNION ALL SELECT 'file of API tests:' || name, blob_id FROM api_files
        UNION ALL SELECT 'file of batch:' || batch_id || ' ' || name, blob_id FROM api_batch_files
        """;

    /// <summary>Every check with what it finds now.</summary>
    public async Task<IReadOnlyList<Finding>> ExamineAsync(CancellationToken ct)
    {
        var findings = new List<Finding>();
        foreach (DoctorCheck check in DoctorCatalog.All)
        {
            IReadOnlyList<string> objects = check.Name == DoctorCatalog.BlobMissing
                ? await MissingBlobsAsync(ct)
                : await store.ReadAsync((database, cancel) => FindAsync(database, check, cancel), ct);
            findings.Add(new(check, objects));
        }

        return findings;
    }

    /// <summary>What a check finds, in the present transaction.</summary>
    public async Task<IReadOnlyList<string>> FindAsync(OrbitDbContext database, DoctorCheck check, CancellationToken ct) =>
        await database.QueryAsync(check.Query, Times(), static row => row.TextOrNull(0) ?? "?", ct);

    /// <summary>The points in time that queries and statements name, in the order that the catalog tells.</summary>
    public object?[] Times()
    {
        DateTimeOffset now = time.GetUtcNow();
        return [now.AddMinutes(-1), now.AddHours(-1), now.AddDays(-1), now - agents.Value.Silence, now, now.AddDays(-2)];
    }

    private async Task<IReadOnlyList<string>> MissingBlobsAsync(CancellationToken ct)
    {
        // What was replaced between the looks is no finding: it is named in the first list alone.
        List<(string What, Guid Id)> before = await store.ReadAsync(NamedAsync, ct);
        HashSet<Guid> there = before.Count == 0 ? [] : [.. await blobs.ListAsync(ct)];
        List<(string What, Guid Id)> missing = [.. before.Where(blob => !there.Contains(blob.Id))];
        List<(string What, Guid Id)> after = missing.Count == 0 ? [] : await store.ReadAsync(NamedAsync, ct);
        return [.. missing.Intersect(after).Select(blob => $"{blob.What} blob {blob.Id}").Take(Finding.Most + 1)];
    }

    private static Task<List<(string What, Guid Id)>> NamedAsync(OrbitDbContext database, CancellationToken ct) =>
        database.QueryAsync(NamedBlobs, [], static row => (row.Text(0), row.Uuid(1)), ct);
}
