using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.TestItems;

/// <summary>Reads of test items.</summary>
internal static class TestItemQueries
{
    extension(OrbitDbContext database)
    {
        public DbSet<TestItem> TestItems => database.Set<TestItem>();
    }

    /// <summary>One item.</summary>
    /// <exception cref="OrbitException">TEST_ITEM_NOT_FOUND.</exception>
    public static async Task<TestItem> RequireAsync(this DbSet<TestItem> items, long id, CancellationToken ct) =>
        await items.AsNoTracking().FirstOrDefaultAsync(i => i.Id == id, ct) ?? throw Missing(id);

    /// <summary>A page by name, of one job or of all. Served by (job_name, name) or the unique index on name.</summary>
    public static async Task<Page<TestItem>> PageAsync(this DbSet<TestItem> items, string jobName, string? after, int size, CancellationToken ct)
    {
        IQueryable<TestItem> rows = items.AsNoTracking();
        if (jobName.Length > 0)
        {
            rows = rows.Where(i => i.JobName == jobName);
        }

        if (after is not null)
        {
            rows = rows.Where(i => string.Compare(i.Name, after) > 0);
        }

        return Paging.Cut(await rows.OrderBy(i => i.Name).Take(size + 1).ToListAsync(ct), size, i => i.Name);
    }

    internal static OrbitException Missing(long id) => OrbitException.NotFound("TEST_ITEM_NOT_FOUND", $"There is no test item {id}.");
}
