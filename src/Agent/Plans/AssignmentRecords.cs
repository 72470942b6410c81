using System.Text.Json;
using System.Text.Json.Serialization;
using Google.Protobuf;
using Orbit.Agent.Journal;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Plans;

/// <summary>What the journal holds of an assignment. The numbers are on disk: never reuse one.</summary>
internal enum RecordType : byte
{
    /// <summary>A further piece of an offer that is longer than one record; pieces come before their <see cref="Offer"/>.</summary>
    OfferPiece = 1,

    /// <summary>The offer as it came (its last piece). A later offer of the same assignment replaces an earlier one.</summary>
    Offer = 2,

    /// <summary>A numbered fact for the control plane.</summary>
    Event = 3,

    /// <summary>A fact for the agent itself: what a step is about to do, or has begun.</summary>
    Fact = 4,
}

/// <summary>
/// What the agent must know after a restart about a step it had begun. An intent is written before the deed, so its absence proves that
/// the deed was not done.
/// </summary>
/// <param name="Step">Name of the step.</param>
/// <param name="Kind">What it is, e.g. <c>intent</c>, <c>process</c>, <c>folder</c>; each step kind has its own.</param>
/// <param name="Values">Details.</param>
internal sealed record StepFact(string Step, string Kind, IReadOnlyDictionary<string, string> Values)
{
    /// <summary>The step is about to have its first effect.</summary>
    public const string Intent = "intent";

    /// <summary>A process of the step runs; the values say which.</summary>
    public const string Process = "process";
}

/// <summary>JSON of this folder.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StepFact))]
[JsonSerializable(typeof(InstalledBuild))]
internal sealed partial class PlansJson : JsonSerializerContext;

/// <summary>Between assignments and the journal's bytes.</summary>
internal static class AssignmentRecords
{
    /// <summary>Bytes of one record at most; the journal takes up to 1 MiB.</summary>
    private const int PieceBytes = 512 * 1024;

    /// <summary>The records that make an offer durable.</summary>
    public static List<JournalEntry> ForOffer(Guid id, Offer offer)
    {
        byte[] whole = offer.ToByteArray();
        List<JournalEntry> entries = [];
        int position = 0;
        for (; whole.Length - position > PieceBytes; position += PieceBytes)
        {
            entries.Add(new JournalEntry(id, (byte)RecordType.OfferPiece, whole.AsMemory(position, PieceBytes)));
        }

        entries.Add(new JournalEntry(id, (byte)RecordType.Offer, whole.AsMemory(position)));
        return entries;
    }

    /// <summary>The record of a fact that only the agent needs.</summary>
    public static JournalEntry ForFact(Guid id, StepFact fact) =>
        new(id, (byte)RecordType.Fact, JsonSerializer.SerializeToUtf8Bytes(fact, PlansJson.Default.StepFact));

    /// <summary>The record of a fact for the control plane.</summary>
    public static JournalEntry ForEvent(Guid id, AgentEvent fact) => new(id, (byte)RecordType.Event, fact.ToByteArray());

    /// <summary>Reads the records of one assignment back, in the order of writing.</summary>
    /// <returns><see langword="null"/> when there is no whole offer among them: it was never accepted.</returns>
    public static RestoredAssignment? Read(IEnumerable<JournalRecord> records)
    {
        using MemoryStream pieces = new();
        Offer? offer = null;
        List<AgentEvent> events = [];
        List<StepFact> facts = [];
        foreach (JournalRecord record in records)
        {
            switch ((RecordType)record.Type)
            {
                case RecordType.OfferPiece:
                    pieces.Write(record.Payload.Span);
                    break;
                case RecordType.Offer:
                    pieces.Write(record.Payload.Span);
                    offer = Offer.Parser.ParseFrom(pieces.ToArray());
                    pieces.SetLength(0);
                    break;
                case RecordType.Event:
                    events.Add(AgentEvent.Parser.ParseFrom(record.Payload.Span));
                    break;
                case RecordType.Fact:
                    facts.Add(JsonSerializer.Deserialize(record.Payload.Span, PlansJson.Default.StepFact)!);
                    break;
                default:
                    throw new JournalException(JournalException.TooNew, $"The journal holds a record of type {record.Type}, which a newer version wrote.");
            }
        }

        events.Sort((a, b) => a.Seq.CompareTo(b.Seq));
        return offer is null ? null : new RestoredAssignment(offer, events, facts);
    }
}

/// <summary>An assignment as the journal knows it.</summary>
internal sealed record RestoredAssignment(Offer Offer, List<AgentEvent> Events, List<StepFact> Facts);
