using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Runs;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Doctor;

/// <summary>Mends what a check finds.</summary>
internal sealed class DoctorCommands(OrbitStore store, DoctorQueries queries, TimeProvider time)
{
    /// <summary>Mends all that one check finds, in one transaction.</summary>
    /// <returns>How many objects were mended.</returns>
    /// <exception cref="OrbitException">CHECK_NOT_FOUND, CHECK_NOT_MENDABLE.</exception>
    public Task<int> MendAsync(string name, Caller by, CancellationToken ct)
    {
        DoctorCheck check = DoctorCatalog.All.FirstOrDefault(c => c.Name == name)
            ?? throw OrbitException.NotFound("CHECK_NOT_FOUND", $"There is no check '{name}'.");
        return check.IsMendable
            ? store.WriteAsync((database, cancel) => MendAsync(database, check, by, cancel), ct)
            : throw OrbitException.Conflict("CHECK_NOT_MENDABLE", $"What {name} finds needs a decision: {check.Remedy}");
    }

    private async Task<int> MendAsync(OrbitDbContext database, DoctorCheck check, Caller by, CancellationToken ct)
    {
        IReadOnlyList<string> found = await queries.FindAsync(database, check, ct);
        if (found.Count == 0)
        {
            return 0;
        }

        DateTimeOffset now = time.GetUtcNow();
        if (check.EndsRuns)
        {
            foreach (string what in found)
            {
                long id = long.Parse(what.Split(':', ' ')[1], CultureInfo.InvariantCulture);
                Run run = await RunCommands.RequireAsync(database, id, ct);
                await EnsureAttemptAsync(database, run, ct);
                await RunCommands.EndUnknownAsync(database, run, $"ended by {by.Name}: {check.Meaning}", now, ct);
            }
        }

        foreach (string statement in check.Mending)
        {
            await database.RunAsync(statement, queries.Times(), ct);
        }

        database.Audit(by, now, "doctor.mended", $"check:{check.Name}", found);
        database.RaiseAfterCommit(Topics.Queue);
        database.RaiseAfterCommit(Topics.Batches);
        return found.Count;
    }

    /// <summary>A run ends with its attempt, so there must be one to end.</summary>
    private static async Task EnsureAttemptAsync(OrbitDbContext database, Run run, CancellationToken ct)
    {
        if (!await database.RunAttempts.AnyAsync(a => a.RunId == run.Id && a.Number == run.Attempt, ct))
        {
            database.RunAttempts.Add(new RunAttempt { RunId = run.Id, Number = run.Attempt, AssignmentId = Guid.CreateVersion7() });
            await database.SaveChangesAsync(ct);
        }
    }
}
