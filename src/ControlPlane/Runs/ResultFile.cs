using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Orbit.ControlPlane.Storage;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Runs;

/// <summary>A file that an attempt produced: announced by the agent in its list, stored as its bytes come.</summary>
internal sealed class ResultFile
{
    public int RunDay { get; init; }
    public long RunId { get; init; }
    public int Attempt { get; init; }

    /// <summary>Path below the results directory, as the agent told it and the server checked it.</summary>
    public string Path { get; init; } = "";

    public long Size { get; init; }

    /// <summary>SHA-256 in lower-case hex.</summary>
    public string Sha256 { get; init; } = "";

    /// <summary>True for Allure results, false for other artifacts.</summary>
    public bool IsAllure { get; init; }

    /// <summary>True once all bytes are stored and the hash is right.</summary>
    public bool Stored { get; set; }

    /// <summary>The bytes of a small file; null while they are not there, and for a large one.</summary>
    public byte[]? Content { get; set; }

    /// <summary>The blob that holds a large file's bytes.</summary>
    public Guid? BlobId { get; set; }
}

internal sealed class ResultFileConfiguration : IEntityTypeConfiguration<ResultFile>
{
    public void Configure(EntityTypeBuilder<ResultFile> file)
    {
        file.ToTable("result_files");
        file.HasKey(f => new { f.RunDay, f.RunId, f.Attempt, f.Path });
        file.Property(f => f.Path).HasMaxLength(512);
        file.Property(f => f.Sha256).HasMaxLength(64);
        file.PartitionByDay("run_day");
    }
}

/// <summary>Stores the list of an attempt's files.</summary>
internal static class ResultListIngest
{
    private const int LongestPath = 512;

    /// <summary>Adds files that are not listed yet; those with an unusable path are left out.</summary>
    public static async Task StoreAsync(OrbitDbContext database, Run run, Wire.ResultsListed listed, CancellationToken ct)
    {
        Wire.ResultFile[] files = [.. listed.Files.Where(f => IsUsable(f.Path)).DistinctBy(f => f.Path)];
        if (files.Length == 0)
        {
            return;
        }

        await database.InsertAsync(
            "result_files",
            [
                new("run_day", "integer", Array.ConvertAll(files, _ => run.Day)),
                new("run_id", "bigint", Array.ConvertAll(files, _ => run.Id)),
                new("attempt", "integer", Array.ConvertAll(files, _ => run.Attempt)),
                new("path", "text", Array.ConvertAll(files, f => f.Path)),
                new("size", "bigint", Array.ConvertAll(files, f => f.Size)),
                new("sha256", "text", Array.ConvertAll(files, f => Convert.ToHexStringLower(f.Sha256.Span))),
                new("is_allure", "boolean", Array.ConvertAll(files, f => f.Kind is Wire.ResultKind.Allure)),
                new("stored", "boolean", new bool[files.Length]),
            ],
            "(run_day, run_id, attempt, path) DO NOTHING",
            ct);
    }

    /// <summary>True for a relative path without steps upwards, control characters or backslashes.</summary>
    public static bool IsUsable(string path) =>
        path.Length is > 0 and <= LongestPath && path[0] != '/' && !path.Contains('\\', StringComparison.Ordinal)
        && !path.Any(char.IsControl) && path.Split('/').All(part => part is not ("" or "." or ".."));
}
