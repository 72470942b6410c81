using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.ParameterSets;

/// <summary>Reads of parameter sets.</summary>
internal static class ParameterSetQueries
{
    extension(OrbitDbContext database)
    {
        public DbSet<ParameterSet> ParameterSets => database.Set<ParameterSet>();

        public DbSet<ParameterSetVersion> ParameterSetVersions => database.Set<ParameterSetVersion>();

        /// <summary>A set in its newest version.</summary>
        /// <exception cref="OrbitException">PARAMETER_SET_NOT_FOUND.</exception>
        public async Task<ParameterSetSnapshot> ParameterSetAsync(long id, CancellationToken ct) =>
            (await database.NewestAsync(database.ParameterSets.Where(s => s.Id == id), ct)).SingleOrDefault() ?? throw Missing(id);

        /// <summary>A set in one version; 0 for the newest.</summary>
        /// <exception cref="OrbitException">PARAMETER_SET_NOT_FOUND, PARAMETER_SET_VERSION_NOT_FOUND.</exception>
        public async Task<ParameterSetSnapshot> ParameterSetVersionAsync(long id, int version, CancellationToken ct)
        {
            ParameterSetSnapshot newest = await database.ParameterSetAsync(id, ct);
            if (version == 0 || version == newest.Set.Version)
            {
                return newest;
            }

            ParameterSetVersion? older = await database.ParameterSetVersions.AsNoTracking().SingleOrDefaultAsync(v => v.SetId == id && v.Version == version, ct);
            return older is null
                ? throw OrbitException.NotFound("PARAMETER_SET_VERSION_NOT_FOUND", $"Parameter set {id} has no version {version}; its newest is {newest.Set.Version}.")
                : new(newest.Set, older);
        }

        /// <summary>The default set's id; there always is one.</summary>
        public Task<long> DefaultParameterSetAsync(CancellationToken ct) =>
            database.ParameterSets.AsNoTracking().Where(s => s.IsDefault).Select(s => s.Id).SingleAsync(ct);

        /// <summary>True when there is a set of that id.</summary>
        public Task<bool> HasParameterSetAsync(long id, CancellationToken ct) => database.ParameterSets.AnyAsync(s => s.Id == id, ct);

        /// <summary>A page by name. Served by the unique index on name.</summary>
        public async Task<Page<ParameterSetSnapshot>> ParameterSetPageAsync(string? after, int size, CancellationToken ct)
        {
            IQueryable<ParameterSet> sets = database.ParameterSets;
            if (after is not null)
            {
                sets = sets.Where(s => string.Compare(s.Name, after) > 0);
            }

            return Paging.Cut(await database.NewestAsync(sets.OrderBy(s => s.Name).Take(size + 1), ct), size, s => s.Set.Name);
        }

        /// <summary>All versions of a set, newest first. Served by the primary key.</summary>
        /// <exception cref="OrbitException">PARAMETER_SET_NOT_FOUND.</exception>
        public async Task<Page<ParameterSetSnapshot>> ParameterSetHistoryAsync(long id, long? before, int size, CancellationToken ct)
        {
            ParameterSet set = await database.ParameterSets.AsNoTracking().FirstOrDefaultAsync(s => s.Id == id, ct) ?? throw Missing(id);
            IQueryable<ParameterSetVersion> rows = database.ParameterSetVersions.AsNoTracking().Where(v => v.SetId == id);
            if (before is { } last)
            {
                rows = rows.Where(v => v.Version < last);
            }

            List<ParameterSetVersion> found = await rows.OrderByDescending(v => v.Version).Take(size + 1).ToListAsync(ct);
            Page<ParameterSetVersion> page = Paging.Cut(found, size, v => (long)v.Version);
            return new([.. page.Rows.Select(version => new ParameterSetSnapshot(set, version))], page.NextToken);
        }

        /// <summary>Sets with their newest version, by name.</summary>
        private async Task<List<ParameterSetSnapshot>> NewestAsync(IQueryable<ParameterSet> sets, CancellationToken ct)
        {
            var rows = await (
                from set in sets.AsNoTracking()
                join version in database.ParameterSetVersions.AsNoTracking()
                    on new { SetId = set.Id, set.Version } equals new { version.SetId, version.Version }
                orderby set.Name
                select new { set, version }).ToListAsync(ct);
            return [.. rows.Select(row => new ParameterSetSnapshot(row.set, row.version))];
        }
    }

    internal static OrbitException Missing(long id) =>
        OrbitException.NotFound("PARAMETER_SET_NOT_FOUND", $"There is no parameter set {id}.");
}
