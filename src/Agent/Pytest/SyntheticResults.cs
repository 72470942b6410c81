using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Orbit.Agent.Pytest;

/// <summary>
/// Writes the Allure results that nobody else could: of tests that were running when pytest was killed or its worker
/// crashed, and of modules that could not be collected. Tests that were never reached get none.
/// </summary>
internal static class SyntheticResults
{
    /// <summary>Writes into <paramref name="directory"/>. The same session always gives the same file names, so a repeat overwrites.</summary>
    /// <param name="session">After its end.</param>
    /// <param name="reason">What ended the tests, in plain words: a verdict's reason.</param>
    /// <param name="directory">Where the other results are; made if need be.</param>
    /// <returns>The names of the files.</returns>
    public static IReadOnlyList<string> Write(PytestSession session, string reason, string directory)
    {
        Directory.CreateDirectory(directory);
        List<string> written = [];
        foreach (PytestTest test in session.Tests)
        {
            if (test.Progress is PytestProgress.Running)
            {
                DateTimeOffset began = test.StartedAt ?? default;
                DateTimeOffset ended = session.LastWord > began ? session.LastWord : began;
                written.Add(Write(directory, test.Id, Name(test.Id), began, ended, $"interrupted: {reason}", ""));
            }
            else if (test.Result is { Outcome: PytestOutcome.Crash, ResultFile: null } crash)
            {
                written.Add(Write(directory, test.Id, Name(test.Id), test.StartedAt ?? crash.Time, crash.Time, crash.Message ?? "", crash.Trace ?? ""));
            }
        }

        foreach (PytestCollectionError error in session.CollectionErrors)
        {
            written.Add(Write(directory, error.Id, error.Id, error.Time, error.Time, error.Message, error.Trace));
        }

        return written;
    }

    private static string Write(
        string directory, string id, string name, DateTimeOffset began, DateTimeOffset ended, string message, string trace)
    {
        string[] parts = WithoutParameters(id).Split("::");
        string[] folders = parts[0].Split('/');
        string module = Path.GetFileNameWithoutExtension(folders[^1]);
        string package = string.Join('.', [.. folders[..^1], module]);
        string[] classes = parts.Length > 2 ? parts[1..^1] : [];
        string fullName = $"{string.Join('.', [package, .. classes])}#{(parts.Length > 1 ? parts[^1] : "collection")}";
        string uuid = new Guid(Md5($"orbit synthetic {id}")).ToString();
        string file = $"{uuid}-result.json";
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(new
        {
            uuid,
            name,
            fullName,
            status = "broken",
            stage = "finished",
            start = began.ToUnixTimeMilliseconds(),
            stop = ended.ToUnixTimeMilliseconds(),
            testCaseId = Convert.ToHexStringLower(Md5(fullName)),
            historyId = Convert.ToHexStringLower(Md5(id)),
            titlePath = folders.Concat(classes),
            statusDetails = new { message, trace },
            labels = Labels(string.Join('.', folders[..^1]), module, string.Join(" > ", classes), package),
            parameters = new[] { new { name = "id", value = id, mode = "hidden" } },
        });
        File.WriteAllBytes(Path.Combine(directory, $".{file}"), json);
        File.Move(Path.Combine(directory, $".{file}"), Path.Combine(directory, file), overwrite: true);
        return file;
    }

    private static object[] Labels(string parent, string suite, string sub, string package) =>
    [
        .. new[] { ("parentSuite", parent), ("suite", suite), ("subSuite", sub), ("package", package), ("framework", "pytest") }
            .Where(label => label.Item2.Length > 0)
            .Select(label => new { name = label.Item1, value = label.Item2 }),
    ];

    /// <summary>The last part, parameters included, which may hold "::" themselves.</summary>
    private static string Name(string id)
    {
        int at = WithoutParameters(id).LastIndexOf("::", StringComparison.Ordinal);
        return at < 0 ? id : id[(at + 2)..];
    }

    private static string WithoutParameters(string id)
    {
        int function = id.IndexOf(".py::", StringComparison.Ordinal);
        int bracket = id.EndsWith(']') ? id.IndexOf('[', Math.Max(function, 0)) : -1;
        return bracket < 0 ? id : id[..bracket];
    }

#pragma warning disable CA5351 // Allure's own adapters make their ids with it; nothing is protected by it.
    private static byte[] Md5(string text) => MD5.HashData(Encoding.UTF8.GetBytes(text));
#pragma warning restore CA5351
}
