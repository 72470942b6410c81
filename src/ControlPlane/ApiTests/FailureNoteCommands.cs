using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>Changes what people note of causes of failures. A note is for those who may read the batch at which it was made.</summary>
internal sealed class FailureNoteCommands(OrbitStore store, TimeProvider time)
{
    private const int LongestText = 2000;

    /// <summary>Notes of a cause at a batch that shows it; without a number (0) the note stays at the batch where it is.</summary>
    /// <exception cref="OrbitException">FAILURE_NOTE_INVALID, BATCH_NOT_FOUND, BATCH_FORBIDDEN, FAILURE_CAUSE_NOT_FOUND, FAILURE_NOTE_FORBIDDEN.</exception>
    public Task<FailureNote> PutAsync(string fingerprint, string text, string issue, string assignedTo, long batchId, Caller by, CancellationToken ct)
    {
        string? problem = TextRule.NameProblem(fingerprint, 24) is { } mark ? $"The fingerprint {mark}."
            : text.Length > LongestText || !TextRule.IsStorable(text) ? $"The text must have at most {LongestText} characters and no NUL."
            : TextRule.LineProblem(issue, 500) is { } wrong ? $"The issue {wrong}."
            : TextRule.LineProblem(assignedTo, 254) is { } person ? $"assigned_to {person}." : null;
        return problem is not null
            ? throw OrbitException.Invalid("FAILURE_NOTE_INVALID", problem)
            : store.WriteAsync(
                async (database, token) =>
                {
                    ApiBatch? batch = await RequireCauseAsync(database, batchId, fingerprint, by, token);
                    FailureNote? known = await FindAsync(database, fingerprint, by, token);
                    object? before = known is null ? null : Audited(known);
                    FailureNote note = known ?? new() { Fingerprint = fingerprint };
                    (note.Text, note.Issue, note.AssignedTo, note.UpdatedAt, note.UpdatedBy) = (text, issue, assignedTo, time.GetUtcNow(), by.Name);
                    if (batch is not null)
                    {
                        note.ComeFrom(batch);
                    }

                    if (known is null)
                    {
                        database.FailureNotes.Add(batch is null ? throw NoCause($"Nothing is noted of the failure '{fingerprint}' yet: name in batch_id a batch that shows it.") : note);
                    }

                    database.Audit(by, note.UpdatedAt, "failure_note.put", $"failure:{fingerprint}", before, Audited(note));
                    return note;
                },
                ct);
    }

    /// <exception cref="OrbitException">FAILURE_NOTE_NOT_FOUND, FAILURE_NOTE_FORBIDDEN.</exception>
    public Task DeleteAsync(string fingerprint, Caller by, CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                FailureNote note = await FindAsync(database, fingerprint, by, token)
                    ?? throw OrbitException.NotFound("FAILURE_NOTE_NOT_FOUND", $"Nothing is noted of the failure '{fingerprint}'.");
                database.FailureNotes.Remove(note);
                database.Audit(by, time.GetUtcNow(), "failure_note.deleted", $"failure:{fingerprint}", Audited(note));
            },
            ct);

    /// <summary>The batch that shows a cause; null when none is named.</summary>
    private static async Task<ApiBatch?> RequireCauseAsync(OrbitDbContext database, long batchId, string fingerprint, Caller by, CancellationToken ct)
    {
        if (batchId == 0)
        {
            return null;
        }

        ApiBatch batch = await database.ApiBatches.AsNoTracking().RequireAsync(batchId, ct);
        await database.RequireReadableAsync(batch, by, ct);
        return await database.ApiBatchAttempts.AnyAsync(a => a.BatchId == batchId && a.Fingerprint == fingerprint, ct)
            ? batch : throw NoCause($"No row of batch {batchId} failed by '{fingerprint}'.");
    }

    private static async Task<FailureNote?> FindAsync(OrbitDbContext database, string fingerprint, Caller by, CancellationToken ct)
    {
        FailureNote? note = await database.FailureNotes.AsTracking().FirstOrDefaultAsync(n => n.Fingerprint == fingerprint, ct);
        return note is not null && (await database.HiddenAsync([note], static n => n.Scope, by, ct)).Count > 0
            ? throw new OrbitException(Refusal.Forbidden, "FAILURE_NOTE_FORBIDDEN", $"Of '{fingerprint}' something is noted at a batch that {by.Name} may not read.")
            : note;
    }

    private static OrbitException NoCause(string message) => OrbitException.NotFound("FAILURE_CAUSE_NOT_FOUND", message);

    private static object Audited(FailureNote note) => new { note.Text, note.Issue, note.AssignedTo, note.BatchId };
}
