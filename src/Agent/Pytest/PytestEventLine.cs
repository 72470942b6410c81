using System.Text.Json;

namespace Orbit.Agent.Pytest;

/// <summary>Reads one line of the events file. Whatever is no event becomes a fact about the line, never an exception.</summary>
internal static class PytestEventLine
{
    private const int Format = 1;

    public static PytestEvent Read(ReadOnlyMemory<byte> line, long offset)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement root = document.RootElement;
            return root.GetProperty("v").GetInt32() == Format
                ? Parse(root) with
                {
                    Session = Text(root, "session"),
                    Sequence = root.GetProperty("seq").GetInt64(),
                    Time = DateTimeOffset.FromUnixTimeMilliseconds(root.GetProperty("time_ms").GetInt64()),
                    Steady = TimeSpan.FromMicroseconds(root.GetProperty("mono_us").GetInt64()),
                }
                : new PytestUnreadable(offset, line.Length, "it is of another format version");
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException
            or FormatException or ArgumentException or OverflowException)
        {
            return new PytestUnreadable(offset, line.Length, error.Message);
        }
    }

    private static PytestEvent Parse(JsonElement root) => Text(root, "event") switch
    {
        "session_start" => new PytestSessionStarted(
            Number(root, "pid"), Number(root, "pgid"), Text(root, "python"), Text(root, "pytest"), Text(root, "rootdir"),
            Number(root, "workers"), Text(root, "allure"), Maybe(root, "results_dir")),
        "collect_error" => new PytestCollectionError(Text(root, "id"), Text(root, "message"), Text(root, "longrepr")),
        "collected_ids" => new PytestIdsCollected(Number(root, "first"), Texts(root, "ids")),
        "collected" => new PytestCollected(
            Number(root, "total"), Number(root, "errors"), Number(root, "deselected"), Selection(root)),
        "test_start" => new PytestTestStarted(Text(root, "id"), Text(root, "file"), Number(root, "line")),
        "test_finish" => Finished(root),
        "interrupted" => new PytestInterrupted(Text(root, "kind"), Text(root, "message"), MaybeNumber(root, "returncode")),
        "internal_error" => new PytestInternalError(Text(root, "message"), Text(root, "longrepr")),
        "worker_lost" => new PytestWorkerLost(Text(root, "worker"), Text(root, "message")),
        "plugin_error" => new PytestPluginError(Text(root, "where"), Text(root, "message")),
        "session_finish" => new PytestSessionFinished(
            Number(root, "exit"), TimeSpan.FromMilliseconds(root.GetProperty("duration_ms").GetDouble())),
        string other => throw new FormatException($"it tells of '{other}', which is unknown"),
    };

    private static PytestTestFinished Finished(JsonElement root) => new(
        Text(root, "id"),
        Word<PytestOutcome>(root, "outcome"),
        Word<PytestStatus>(root, "status"),
        Text(root, "phase"),
        TimeSpan.FromMilliseconds(root.GetProperty("duration_ms").GetDouble()))
    {
        Worker = Maybe(root, "worker"),
        Message = Maybe(root, "message"),
        Trace = Maybe(root, "longrepr"),
        Stdout = Maybe(root, "stdout"),
        Stderr = Maybe(root, "stderr"),
        Log = Maybe(root, "log"),
        ResultFile = Maybe(root, "result"),
    };

    private static PytestSelection? Selection(JsonElement root) => root.TryGetProperty("select", out JsonElement select)
        ? new(Number(select, "wanted"), Number(select, "missing"), Texts(select, "missing_ids"))
        : null;

    /// <summary>The plugin's words are the enum's names in lower case; numbers, which Enum.Parse would take, are refused.</summary>
    private static T Word<T>(JsonElement root, string name)
        where T : struct, Enum
    {
        string word = Text(root, name);
        return word.All(char.IsAsciiLetterLower) && Enum.TryParse(word, ignoreCase: true, out T value)
            ? value
            : throw new FormatException($"its {name} is '{word}', which is unknown");
    }

    private static string Text(JsonElement root, string name) =>
        root.GetProperty(name).GetString() ?? throw new FormatException($"its {name} is null");

    private static string? Maybe(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    private static int Number(JsonElement root, string name) => root.GetProperty(name).GetInt32();

    private static int? MaybeNumber(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind is not JsonValueKind.Null ? value.GetInt32() : null;

    private static string[] Texts(JsonElement root, string name) =>
        [.. root.GetProperty(name).EnumerateArray().Select(each => each.GetString() ?? throw new FormatException($"its {name} holds null"))];
}
