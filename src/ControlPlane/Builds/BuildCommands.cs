using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Feed;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Builds;

/// <summary>Takes in what CI announces.</summary>
internal sealed class BuildCommands(OrbitStore store, TimeProvider time, ILogger<BuildCommands> log)
{
    /// <summary>Topic of builds in the feed.</summary>
    public const string Topic = "builds";

    private const string Columns = "(job_name, build_number, build_user, package_path, labels, key, search, created_at)";

    private const string Insert =
        $"INSERT INTO builds {Columns} VALUES (@p0, @p1, @p2, @p3, @p4, @p5, @p6, @p7) ON CONFLICT (key) DO NOTHING RETURNING id";

    /// <summary>The build and its feed row in one statement: one trip, which is what intake under load is made of.</summary>
    private const string InsertAndTell =
        $"WITH fresh AS ({Insert}), told AS (INSERT INTO feed_pending (topic, entity_id) SELECT '{Topic}', id FROM fresh) SELECT id FROM fresh";

    /// <summary>Stores a build, or finds the one that is there: the unique key decides, so copies that arrive together are one build.</summary>
    /// <returns>The stored build with its first facts, and whether it had been announced before.</returns>
    public async Task<(Build Build, bool Duplicate)> AnnounceAsync(BuildFacts facts, CancellationToken ct)
    {
        var announced = new Build(facts, time.GetUtcNow());
        (Build build, bool duplicate) = await store.WriteAsync((database, token) => InsertAsync(database, announced, token), ct);
        if (!duplicate)
        {
            log.BuildAnnounced(build.Id, build.JobName, build.BuildNumber);
        }

        return (build, duplicate);
    }

    private static async Task<(Build Build, bool Duplicate)> InsertAsync(OrbitDbContext database, Build build, CancellationToken ct)
    {
        while (true)
        {
            if (await InsertedIdAsync(database, build, ct) is { } id)
            {
                build.Stored(id);
                return (build, false);
            }

            // Another announcement won. It has committed, or the insert would have waited for it. Retention may delete it in between.
            Build? first = await database.Builds.AsNoTracking().FirstOrDefaultAsync(b => b.Key == build.Key, ct);
            if (first is not null)
            {
                return (first, true);
            }
        }
    }

    private static async Task<long?> InsertedIdAsync(OrbitDbContext database, Build build, CancellationToken ct)
    {
        object?[] values =
        [
            build.JobName, build.BuildNumber, build.BuildUser, build.PackagePath, build.Labels, build.Key, build.Search, build.CreatedAt,
        ];
        List<long> ids = await database.QueryAsync(database.IsEmbedded ? Insert : InsertAndTell, values, row => row.Long(0), ct);
        if (ids.Count == 0)
        {
            return null;
        }

        if (database.IsEmbedded)
        {
            database.Changed(Topic, ids[0]); // SQLite has no writing WITH
        }
        else
        {
            database.RaiseAfterCommit(Topics.FeedPending);
        }

        return ids[0];
    }
}
