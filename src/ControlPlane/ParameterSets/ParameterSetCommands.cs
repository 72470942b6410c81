using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.ParameterSets;

/// <summary>A change of a set; nulls keep what is.</summary>
internal sealed record ParameterSetEdit(long Id, string? Name, string? Parameters, bool? IsDefault, int? Version);

/// <summary>Makes, changes and deletes parameter sets.</summary>
internal sealed class ParameterSetCommands(OrbitStore store, ParameterSecrets secrets, TimeProvider time, ILogger<ParameterSetCommands> log)
{
    /// <summary>Name of the set that is there from the first start on.</summary>
    public const string FirstName = "default";

    /// <summary>Its parameters: the standards that a reader should know of, and what users may set.</summary>
    public const string FirstParameters = """{"rollback":"on_deploy_failure","keep_backups":3,"overridable":["env","test.env","test.timeout_s"]}""";

    /// <summary>Creates a set at version 1.</summary>
    /// <exception cref="OrbitException">PARAMETERS_INVALID, PARAMETER_UNKNOWN, NAME_INVALID, PARAMETER_SET_EXISTS.</exception>
    public async Task<ParameterSetSnapshot> CreateAsync(string name, string parameters, bool isDefault, Caller by, CancellationToken ct)
    {
        DeployParameters.Parse(parameters);
        return await AddAsync(name, secrets.Seal(parameters, present: null), isDefault, by, ct);
    }

    /// <summary>Creates a set at version 1 with the parameters of another, its secrets included.</summary>
    /// <exception cref="OrbitException">PARAMETER_SET_NOT_FOUND, PARAMETER_SET_VERSION_NOT_FOUND, NAME_INVALID, PARAMETER_SET_EXISTS.</exception>
    public async Task<ParameterSetSnapshot> CopyAsync(long id, int version, string name, Caller by, CancellationToken ct)
    {
        ParameterSetSnapshot from = await store.ReadAsync((database, token) => database.ParameterSetVersionAsync(id, version, token), ct);
        return await AddAsync(name, from.Content.Parameters, isDefault: false, by, ct);
    }

    private async Task<ParameterSetSnapshot> AddAsync(string name, string parameters, bool isDefault, Caller by, CancellationToken ct)
    {
        ParameterSetSnapshot made = await RefusingTakenNames(
            name,
            store.WriteAsync(
                async (database, token) =>
                {
                    var set = new ParameterSet(name);
                    database.ParameterSets.Add(set);
                    await database.SaveChangesAsync(token); // gives the id
                    if (isDefault)
                    {
                        await MakeDefaultAsync(database, set, token);
                    }

                    var snapshot = new ParameterSetSnapshot(set, AddVersion(database, set, parameters, by));
                    database.Audit(by, time.GetUtcNow(), "parameter_set.created", Subject(set.Id), null, Audited(snapshot));
                    return snapshot;
                },
                ct));
        log.SetCreated(made.Set.Id, name, by.Name);
        return made;
    }

    /// <summary>Changes a set; its version rises when its parameters differ.</summary>
    /// <exception cref="OrbitException">As <see cref="CreateAsync"/>; PARAMETER_SET_NOT_FOUND, VERSION_CONFLICT, PARAMETER_SET_IS_DEFAULT.</exception>
    public async Task<ParameterSetSnapshot> UpdateAsync(ParameterSetEdit edit, Caller by, CancellationToken ct)
    {
        if (edit.Parameters is not null)
        {
            DeployParameters.Parse(edit.Parameters);
        }

        ParameterSetSnapshot changed = await RefusingTakenNames(
            edit.Name ?? "", store.WriteAsync((database, token) => UpdateAsync(database, edit, by, token), ct));
        log.SetChanged(changed.Set.Id, changed.Set.Version, by.Name);
        return changed;
    }

    /// <summary>Deletes a set with its versions.</summary>
    /// <exception cref="OrbitException">PARAMETER_SET_NOT_FOUND, PARAMETER_SET_IS_DEFAULT, PARAMETER_SET_IN_USE.</exception>
    public async Task DeleteAsync(long id, Caller by, CancellationToken ct)
    {
        try
        {
            await store.WriteAsync(
                async (database, token) =>
                {
                    ParameterSet set = await database.ParameterSets.AsTracking().FirstOrDefaultAsync(s => s.Id == id, token)
                        ?? throw ParameterSetQueries.Missing(id);
                    if (set.IsDefault)
                    {
                        throw OrbitException.Conflict("PARAMETER_SET_IS_DEFAULT", $"'{set.Name}' is the default parameter set and cannot be deleted.");
                    }

                    database.ParameterSets.Remove(set);
                    database.Audit(by, time.GetUtcNow(), "parameter_set.deleted", Subject(id), new { set.Name, set.Version });
                    await database.SaveChangesAsync(token);
                },
                ct);
        }
        catch (Exception used) when (used.IsReference())
        {
            // The database's own rule, so that a test item made at this moment is not left without its set.
            throw OrbitException.Conflict("PARAMETER_SET_IN_USE", $"Parameter set {id} cannot be deleted: a test item uses it.");
        }

        log.SetDeleted(id, by.Name);
    }

    /// <summary>Makes the default set where there is none. Replicas that start together make one.</summary>
    public Task EnsureDefaultAsync(CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                if (await database.ParameterSets.AnyAsync(s => s.IsDefault, token))
                {
                    return;
                }

                List<long> made = await database.QueryAsync(
                    "INSERT INTO parameter_sets (name, is_default, version, revision) VALUES (@p0, @p1, 1, 0) ON CONFLICT DO NOTHING RETURNING id",
                    [FirstName, true],
                    row => row.Long(0),
                    token);
                if (made.Count == 1)
                {
                    database.ParameterSetVersions.Add(new() { SetId = made[0], Version = 1, Parameters = FirstParameters, UpdatedAt = time.GetUtcNow(), UpdatedBy = "orbit" });
                }
            },
            ct);

    private async Task<ParameterSetSnapshot> UpdateAsync(OrbitDbContext database, ParameterSetEdit edit, Caller by, CancellationToken ct)
    {
        // Locks the row, so that of two edits at once the second sees what the first saved.
        await database.RunAsync("UPDATE parameter_sets SET revision = revision + 1 WHERE id = @p0", [edit.Id], ct);
        ParameterSet set = await database.ParameterSets.AsTracking().FirstOrDefaultAsync(s => s.Id == edit.Id, ct)
            ?? throw ParameterSetQueries.Missing(edit.Id);
        set.RequireVersion(edit.Version);
        ParameterSetVersion newest = await database.ParameterSetVersions.AsNoTracking().SingleAsync(v => v.SetId == set.Id && v.Version == set.Version, ct);
        object before = Audited(new(set, newest));
        if (edit.Name is not null && edit.Name != set.Name)
        {
            set.Rename(edit.Name);
        }

        if (edit.IsDefault is false && set.IsDefault)
        {
            throw OrbitException.Conflict("PARAMETER_SET_IS_DEFAULT", $"'{set.Name}' is the default; make another set the default instead.");
        }

        if (edit.IsDefault is true && !set.IsDefault)
        {
            await MakeDefaultAsync(database, set, ct);
        }

        string? wanted = edit.Parameters is null ? null : secrets.Seal(edit.Parameters, newest.Parameters);
        if (wanted is not null && !JsonNode.DeepEquals(secrets.Reveal(wanted), secrets.Reveal(newest.Parameters)))
        {
            set.NextVersion();
            newest = AddVersion(database, set, wanted, by);
        }

        var changed = new ParameterSetSnapshot(set, newest);
        database.Audit(by, time.GetUtcNow(), "parameter_set.changed", Subject(set.Id), before, Audited(changed));
        return changed;
    }

    private static async Task MakeDefaultAsync(OrbitDbContext database, ParameterSet set, CancellationToken ct)
    {
        // At most one row may say so at any time, so the one before lets go first. None found: another replica moved it while this one
        // waited for its row, and a second look sees where it is now.
        int freed = 0;
        for (int look = 0; look < 3 && freed == 0; look++)
        {
            freed = await database.RunAsync("UPDATE parameter_sets SET is_default = @p0, revision = revision + 1 WHERE is_default", [false], ct);
        }

        set.BecomeDefault();
    }

    private ParameterSetVersion AddVersion(OrbitDbContext database, ParameterSet set, string parameters, Caller by)
    {
        var version = new ParameterSetVersion { SetId = set.Id, Version = set.Version, Parameters = parameters, UpdatedAt = time.GetUtcNow(), UpdatedBy = by.Name };
        database.ParameterSetVersions.Add(version);
        return version;
    }

    private static string Subject(long id) => $"parameter_set:{id}";

    private static object Audited(ParameterSetSnapshot snapshot) => new
    {
        snapshot.Set.Name,
        snapshot.Set.IsDefault,
        snapshot.Set.Version,
        Parameters = JsonNode.Parse(SecretForm.Masked(snapshot.Content.Parameters)),
    };

    private static async Task<T> RefusingTakenNames<T>(string name, Task<T> work)
    {
        try
        {
            return await work;
        }
        catch (Exception taken) when (taken.IsUnique())
        {
            throw new OrbitException(Refusal.Exists, "PARAMETER_SET_EXISTS", $"There is a parameter set '{name}' already.");
        }
    }
}
