using System.Globalization;
using Orbit.Agent.Journal;

namespace Orbit.Agent.Tests.Journal;

/// <summary>Appends for as long as it lives, and prints each number only when its append was acknowledged.</summary>
internal static class JournalLoop
{
    public static readonly JournalOptions Options = new() { SegmentBytes = 64 * 1024 };

    public static async Task RunAsync(string directory)
    {
        OpenedJournal opened = AgentJournal.Open(directory, Options);
        await Task.WhenAll(Enumerable.Range(1, 4).Select(lane => AppendAsync(opened.Journal, lane)));
    }

    /// <summary>The counters of one lane found in the journal.</summary>
    public static HashSet<long> CountersOf(int lane, IEnumerable<JournalRecord> records) =>
        [.. records.Where(record => record.Assignment == Lane(lane)).Select(record => BitConverter.ToInt64(record.Payload.Span))];

    private static Guid Lane(int lane) => new(lane, 0, 0, new byte[8]);

    private static async Task AppendAsync(AgentJournal journal, int lane)
    {
        for (long counter = 0; ; counter++)
        {
            await journal.AppendAsync(Lane(lane), 1, BitConverter.GetBytes(counter));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{lane} {counter}"));
        }
    }
}
