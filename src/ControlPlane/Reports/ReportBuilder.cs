using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Orbit.ControlPlane.Runs;
using Orbit.ControlPlane.Settings;
using Orbit.ControlPlane.Storage;
using Orbit.ControlPlane.Storage.Blobs;

namespace Orbit.ControlPlane.Reports;

/// <summary>Builds one report in a directory of its own, which is removed afterwards, and stores it whole.</summary>
internal sealed class ReportBuilder(
    ReportResults results, OrbitStore store, IBlobStore blobs, DataDirectory data, SettingsSnapshot settings,
    IOptions<ReportOptions> options, ILogger<ReportBuilder> log)
{
    private const int NamedFiles = 5;

    /// <summary>Where builds happen: a directory a build.</summary>
    public static string WorkOf(DataDirectory data) => Path.GetDirectoryName(data.At("work", "reports", "x"))!;

    /// <summary>Builds the report of a claim.</summary>
    /// <exception cref="ReportBuildException">It cannot be built; the message says why.</exception>
    public async Task<BuiltReport> BuildAsync(ReportClaim claim, AllureFiles allure, CancellationToken ct)
    {
        string directory = Directory.CreateDirectory(
            Path.Combine(WorkOf(data), $"{claim.RunId}-{claim.Attempt}-{Guid.NewGuid():N}"),
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;
        try
        {
            WrittenResults written = await results.WriteAsync(claim.RunId, claim.Attempt, Directory.CreateDirectory(Path.Combine(directory, "results")).FullName, ct);
            string history = Path.Combine(directory, "history.jsonl");
            await ReadHistoryAsync(claim, history, ct);
            await File.WriteAllBytesAsync(Path.Combine(directory, "allurerc.json"), await ConfigurationAsync(claim, ct), ct);
            await AllureProcess.GenerateAsync(allure, directory, options.Value.MemoryMegabytes, options.Value.BuildLimit, ct);
            string output = Path.Combine(directory, "out");
            RequireWhole(output, written.Results);
            string packed = Path.Combine(directory, "report.zip");
            await ReportPack.PackAsync(output, packed, ct);
            return await StoreAsync(claim, packed, history, NoteOf(claim, written), ct);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private async Task<BuiltReport> StoreAsync(ReportClaim claim, string packed, string history, string note, CancellationToken ct)
    {
        await using FileStream report = File.OpenRead(packed);
        long size = report.Length;
        Guid blob = await blobs.WriteAsync(report, ct);
        try
        {
            return new BuiltReport(blob, size, claim.TestItemId == 0 ? null : await StoreHistoryAsync(history, ct), note);
        }
        catch
        {
            await blobs.RemoveAsync(blob, CancellationToken.None);
            throw;
        }
    }

    private async Task<Guid?> StoreHistoryAsync(string history, CancellationToken ct)
    {
        if (!File.Exists(history))
        {
            return null;
        }

        string packed = history + ".gz";
        await using (FileStream to = File.Create(packed))
        await using (var zipped = new GZipStream(to, CompressionLevel.Optimal))
        await using (FileStream from = File.OpenRead(history))
        {
            await from.CopyToAsync(zipped, ct);
        }

        await using FileStream whole = File.OpenRead(packed);
        return await blobs.WriteAsync(whole, ct);
    }

    /// <summary>Writes the item's history. One broken line would end Allure, so such lines are left out.</summary>
    private async Task ReadHistoryAsync(ReportClaim claim, string path, CancellationToken ct)
    {
        ReportHistory? history = await store.ReadAsync(
            (database, cancel) => database.ReportHistories.SingleOrDefaultAsync(h => h.TestItemId == claim.TestItemId, cancel), ct);
        using var packed = new MemoryStream();
        if (history is null || !await blobs.CopyToAsync(history.BlobId, packed, ct))
        {
            return;
        }

        packed.Position = 0;
        int broken = 0;
        await using (var writer = new StreamWriter(path, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)))
        {
            using var reader = new StreamReader(new GZipStream(packed, CompressionMode.Decompress));
            while (await reader.ReadLineAsync(ct) is { } line)
            {
                if (IsHistoryLine(line))
                {
                    await writer.WriteAsync(line);
                    await writer.WriteAsync('\n');
                }
                else
                {
                    broken++;
                }
            }
        }

        if (broken > 0)
        {
            log.HistoryDamaged(claim.TestItemId, broken);
        }
    }

    private static bool IsHistoryLine(string line)
    {
        try
        {
            using JsonDocument entry = JsonDocument.Parse(line);
            return entry.RootElement.TryGetProperty("testResults", out _);
        }
        catch (Exception notJson) when (notJson is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private async Task<byte[]> ConfigurationAsync(ReportClaim claim, CancellationToken ct)
    {
        Run run = await store.ReadAsync((database, cancel) => database.Runs.SingleOrDefaultAsync(r => r.Id == claim.RunId, cancel), ct)
            ?? throw new ReportBuildException($"Run {claim.RunId} is gone.");
        string build = run.BuildNumber.Length > 0 ? $" · {run.BuildNumber}" : "";
        string rerun = claim.Attempt > 1 ? $" ({claim.Attempt})" : "";
        string name = $"{settings.Get(SettingCatalog.ProjectName)} · {run.TestItemName}{build}{rerun}";
        var plugin = new { options = new { reportName = name, singleFile = false, reportLanguage = options.Value.Language } };
        return JsonSerializer.SerializeToUtf8Bytes(new
        {
            name,
            output = "./out",
            historyPath = "./history.jsonl",
            appendHistory = true,
            historyLimit = settings.Get(SettingCatalog.ReportHistoryLimit),
            plugins = new { awesome = plugin, allure2 = plugin },
        });
    }

    /// <summary>Allure ends with 0 although it dropped what it could not read; a report without its pages or its tests is none.</summary>
    private static void RequireWhole(string output, int results)
    {
        string summary = Path.Combine(output, "allure2", "widgets", "summary.json");
        if (!File.Exists(Path.Combine(output, "awesome", "index.html")) || !File.Exists(summary))
        {
            throw new ReportBuildException("Allure ended well and wrote no report.");
        }

        if (TotalOf(summary) == 0 && results > 0)
        {
            throw new ReportBuildException($"Allure's report shows no test, but there are {results} results.");
        }
    }

    private static int TotalOf(string summary)
    {
        try
        {
            using JsonDocument numbers = JsonDocument.Parse(File.ReadAllBytes(summary));
            return numbers.RootElement.GetProperty("statistic").GetProperty("total").GetInt32();
        }
        catch (Exception other) when (other is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new ReportBuildException("Allure's summary is not of the known form; this version of Allure is not supported.");
        }
    }

    private static string NoteOf(ReportClaim claim, WrittenResults written)
    {
        List<string> notes = [];
        if (claim.Note.Length > 0)
        {
            notes.Add(claim.Note);
        }

        if (written.Unreadable.Count > 0)
        {
            string more = written.Unreadable.Count > NamedFiles ? " …" : "";
            notes.Add($"{written.Unreadable.Count} result files could not be read: {string.Join(", ", written.Unreadable.Take(NamedFiles))}{more}");
        }

        if (written.LeftOut > 0)
        {
            notes.Add($"{written.LeftOut} files with names that Allure does not use were left out");
        }

        return string.Join("; ", notes);
    }
}
