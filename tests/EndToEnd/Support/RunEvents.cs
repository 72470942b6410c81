using System.Text.Json.Nodes;

namespace Orbit.EndToEnd.Support;

/// <summary>Reads lines of a run's event stream.</summary>
internal static class RunEvents
{
    /// <summary>False for what is sent but not stored: the description of the run at the beginning, and heartbeats.</summary>
    public static bool IsStored(JsonObject line) => (string)line["type"]! is not ("SNAPSHOT" or "HEARTBEAT");

    public static long Seq(JsonObject line) => (long)line["seq"]!;

    public static string Type(JsonObject line) => (string)line["type"]!;

    /// <summary>Node ids of the tests that an event type came for, in order.</summary>
    public static List<string> Tests(IEnumerable<JsonObject> events, string type) =>
        [.. events.Where(line => Type(line) == type).Select(line => (string)line["test"]!["id"]!)];

    /// <summary>Wants 2, 3, 4 … without a gap up to the end: all after the first.</summary>
    public static void AssertWhole(List<JsonObject> events)
    {
        long[] numbers = [.. events.Select(Seq)];
        Assert.Equal(Enumerable.Range(2, numbers.Length).Select(n => (long)n), numbers);
        Assert.Equal("FINISHED", Type(events[^1]));
    }
}
