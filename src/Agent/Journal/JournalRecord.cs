namespace Orbit.Agent.Journal;

/// <summary>What is to be written: one fact of one assignment. The journal never looks into <paramref name="Payload"/>.</summary>
/// <param name="Assignment">The assignment that the fact belongs to.</param>
/// <param name="Type">What the payload means; chosen by the caller.</param>
/// <param name="Payload">The fact. Must not change until the append has completed.</param>
internal readonly record struct JournalEntry(Guid Assignment, byte Type, ReadOnlyMemory<byte> Payload);

/// <summary>A fact read back from disk.</summary>
/// <param name="Number">Order of writing; rises over the whole life of the journal, with gaps.</param>
/// <param name="Assignment">The assignment that the fact belongs to.</param>
/// <param name="Type">As given to the append.</param>
/// <param name="Payload">As given to the append.</param>
internal sealed record JournalRecord(long Number, Guid Assignment, byte Type, ReadOnlyMemory<byte> Payload);

/// <summary>An opened journal, and every record of the assignments that are still open, in the order of writing.</summary>
internal sealed record OpenedJournal(AgentJournal Journal, IReadOnlyList<JournalRecord> Records);
