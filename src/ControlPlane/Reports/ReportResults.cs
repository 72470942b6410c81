using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Runs;
using Orbit.ControlPlane.Storage;
using Orbit.ControlPlane.Storage.Blobs;

namespace Orbit.ControlPlane.Reports;

/// <summary>What of an attempt's results went into a report.</summary>
/// <param name="Results">Test results that can be read.</param>
/// <param name="Unreadable">Names of result and container files that are no JSON: Allure leaves them out without a word.</param>
/// <param name="LeftOut">Number of files whose names Allure would not take.</param>
internal sealed record WrittenResults(int Results, IReadOnlyList<string> Unreadable, int LeftOut);

/// <summary>Puts the Allure results of a run into a directory, as the agent had them.</summary>
internal sealed class ReportResults(OrbitStore store, IBlobStore blobs)
{
    private static readonly JsonDocumentOptions Lenient = new() { MaxDepth = 512 };

    /// <summary>
    /// Writes the files of an attempt. A rerun of failed tests is reported together with the attempts it continues, so that a test shows
    /// its earlier tries and every test of the run is there; a whole rerun stands alone.
    /// </summary>
    public async Task<WrittenResults> WriteAsync(long runId, int attempt, string directory, CancellationToken ct)
    {
        (int day, int first) = await store.ReadAsync((database, cancel) => ChainAsync(database, runId, attempt, cancel), ct);
        List<(int Attempt, string Path)> files = await store.ReadAsync(
            (database, cancel) => database.QueryAsync(
                """
                SELECT attempt, path FROM result_files
                WHERE run_day = @p0 AND run_id = @p1 AND attempt BETWEEN @p2 AND @p3 AND is_allure AND stored ORDER BY attempt, path
                """,
                [day, runId, first, attempt], static row => (row.Int(0), row.Text(1)), cancel),
            ct);
        var unreadable = new SortedSet<string>(StringComparer.Ordinal);
        var results = new HashSet<string>(StringComparer.Ordinal);
        int leftOut = 0;
        foreach ((int of, string path) in files)
        {
            string name = path[(path.LastIndexOf('/') + 1)..];
            if (!IsTaken(name))
            {
                leftOut++;
                continue;
            }

            byte[] content = await ContentAsync(day, runId, of, path, ct);
            await File.WriteAllBytesAsync(Path.Combine(directory, name), content, ct);
            bool isResult = name.EndsWith("-result.json", StringComparison.Ordinal);
            if ((isResult || name.EndsWith("-container.json", StringComparison.Ordinal)) && !IsJsonObject(content))
            {
                unreadable.Add(name);
            }
            else if (isResult)
            {
                results.Add(name);
            }
        }

        return new WrittenResults(results.Count, [.. unreadable], leftOut);
    }

    /// <summary>
    /// True for names that Allure gives its files. XML that is neither an attachment nor the environment is left out: Allure would read
    /// a JUnit file and count its tests a second time.
    /// </summary>
    public static bool IsTaken(string name) =>
        name.Length is > 0 and <= 255 && name[0] != '.' && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-')
        && (!name.EndsWith(".xml", StringComparison.OrdinalIgnoreCase) || name.Contains("-attachment", StringComparison.Ordinal) || name == "environment.xml");

    private static async Task<(int Day, int First)> ChainAsync(OrbitDbContext database, long runId, int attempt, CancellationToken ct)
    {
        int day = await database.Runs.Where(r => r.Id == runId).Select(r => r.Day).SingleOrDefaultAsync(ct);
        int first = await database.RunAttempts
            .Where(a => a.RunId == runId && a.Number <= attempt && (a.Kind == "deploy" || a.Kind == "rerun"))
            .MaxAsync(a => (int?)a.Number, ct) ?? attempt;
        return (day, first);
    }

    private async Task<byte[]> ContentAsync(int day, long runId, int attempt, string path, CancellationToken ct)
    {
        ResultFile file = await store.ReadAsync(
            (database, cancel) => database.Set<ResultFile>().AsNoTracking()
                .SingleAsync(f => f.RunDay == day && f.RunId == runId && f.Attempt == attempt && f.Path == path, cancel),
            ct);
        if (file.Content is { } content)
        {
            return content;
        }

        using var whole = new MemoryStream();
        if (file.BlobId is not { } blob || !await blobs.CopyToAsync(blob, whole, ct))
        {
            throw new ReportBuildException($"The bytes of {path} are gone.");
        }

        return whole.ToArray();
    }

    private static bool IsJsonObject(byte[] content)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(content, Lenient);
            return document.RootElement.ValueKind is JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
