using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>Changes what people note of causes of failures.</summary>
internal sealed class FailureNoteCommands(OrbitStore store, TimeProvider time)
{
    private const int LongestText = 2000;

    public Task<FailureNote> PutAsync(string fingerprint, string text, string issue, string assignedTo, Caller by, CancellationToken ct)
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
                    FailureNote? known = await database.FailureNotes.AsTracking().FirstOrDefaultAsync(n => n.Fingerprint == fingerprint, token);
                    object? before = known is null ? null : Audited(known);
                    FailureNote note = known ?? new() { Fingerprint = fingerprint };
                    (note.Text, note.Issue, note.AssignedTo, note.UpdatedAt, note.UpdatedBy) = (text, issue, assignedTo, time.GetUtcNow(), by.Name);
                    if (known is null)
                    {
                        database.FailureNotes.Add(note);
                    }

                    database.Audit(by, note.UpdatedAt, "failure_note.put", $"failure:{fingerprint}", before, Audited(note));
                    return note;
                },
                ct);
    }

    /// <exception cref="OrbitException">FAILURE_NOTE_NOT_FOUND.</exception>
    public Task DeleteAsync(string fingerprint, Caller by, CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                FailureNote note = await database.FailureNotes.AsTracking().FirstOrDefaultAsync(n => n.Fingerprint == fingerprint, token)
                    ?? throw OrbitException.NotFound("FAILURE_NOTE_NOT_FOUND", $"Nothing is noted of the failure '{fingerprint}'.");
                database.FailureNotes.Remove(note);
                database.Audit(by, time.GetUtcNow(), "failure_note.deleted", $"failure:{fingerprint}", Audited(note));
            },
            ct);

    private static object Audited(FailureNote note) => new { note.Text, note.Issue, note.AssignedTo };
}
