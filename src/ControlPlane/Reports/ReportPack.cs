using System.IO.Compression;
using System.Text;

namespace Orbit.ControlPlane.Reports;

/// <summary>Packs a built report into one file, and unpacks it where it is served.</summary>
internal static class ReportPack
{
    /// <summary>The page that the stable address leads to.</summary>
    public const string FirstPage = "awesome/index.html";

    private const int MostFiles = 2_000_000;
    private const long MostBytes = 16L * 1024 * 1024 * 1024;
    private static readonly string[] Parts = ["awesome", "allure2"];

    // A page in a sandbox of its own has no storage, and asking for it throws, which ends Allure's start. It then remembers in memory.
    private const string MemoryStorage = """
        <script>
        (function () {
          function memory() {
            var kept = new Map();
            return {
              get length() { return kept.size; },
              key: function (n) { var keys = Array.from(kept.keys()); return n < keys.length ? keys[n] : null; },
              getItem: function (k) { return kept.has(String(k)) ? kept.get(String(k)) : null; },
              setItem: function (k, v) { kept.set(String(k), String(v)); },
              removeItem: function (k) { kept.delete(String(k)); },
              clear: function () { kept.clear(); }
            };
          }
          ["localStorage", "sessionStorage"].forEach(function (name) {
            try { window[name].length; } catch (refused) { Object.defineProperty(window, name, { value: memory() }); }
          });
        })();
        </script>
        """;

    /// <summary>Packs the pages of <paramref name="output"/>. What Allure writes beside them is left out.</summary>
    public static async Task PackAsync(string output, string packed, CancellationToken ct)
    {
        foreach (string part in Parts)
        {
            await AddStorageAsync(Path.Combine(output, part, "index.html"), ct);
        }

        await using FileStream file = File.Create(packed);
        using var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true);
        foreach (string part in Parts)
        {
            foreach (string path in Directory.EnumerateFiles(Path.Combine(output, part), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            {
                ct.ThrowIfCancellationRequested();
                if (new FileInfo(path).LinkTarget is null)
                {
                    zip.CreateEntryFromFile(path, Path.GetRelativePath(output, path), CompressionLevel.Fastest);
                }
            }
        }
    }

    /// <summary>Unpacks into a fresh directory, whatever the names in the file say.</summary>
    /// <returns>Bytes unpacked.</returns>
    public static async Task<long> UnpackAsync(string packed, string directory, CancellationToken ct)
    {
        string below = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory)) + Path.DirectorySeparatorChar;
        using ZipArchive zip = ZipFile.OpenRead(packed);
        if (zip.Entries.Count > MostFiles || zip.Entries.Sum(e => e.Length) > MostBytes)
        {
            throw new InvalidDataException("The packed report has more files or bytes than a report may have.");
        }

        long bytes = 0;
        foreach (ZipArchiveEntry entry in zip.Entries)
        {
            string path = Path.GetFullPath(Path.Combine(directory, entry.FullName));
            if (!path.StartsWith(below, StringComparison.Ordinal))
            {
                throw new InvalidDataException($"The packed report names a file outside of it: {entry.FullName}");
            }

            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await using Stream from = entry.Open();
            await using FileStream to = new(path, FileMode.CreateNew, FileAccess.Write);
            await from.CopyToAsync(to, ct);
            bytes += to.Length;
            if (bytes > MostBytes)
            {
                throw new InvalidDataException("The packed report has more bytes than it says.");
            }
        }

        return bytes;
    }

    private static async Task AddStorageAsync(string page, CancellationToken ct)
    {
        if (!File.Exists(page))
        {
            return;
        }

        string html = await File.ReadAllTextAsync(page, ct);
        int head = html.IndexOf("<head>", StringComparison.Ordinal);
        if (head < 0)
        {
            throw new ReportBuildException("Allure's page has no head; this version of Allure is not supported.");
        }

        await File.WriteAllTextAsync(page, html.Insert(head + "<head>".Length, MemoryStorage), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), ct);
    }
}
