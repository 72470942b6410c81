using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using Orbit.Agent.Files;

namespace Orbit.Agent.Upgrades;

/// <summary>The program to follow this one, unpacked beside it and tried.</summary>
internal static class NextProgram
{
    private const string Work = ".upgrade";
    private const int MostWords = 300;
    private static readonly TimeSpan TryLimit = TimeSpan.FromMinutes(1);

    /// <summary>An empty directory beside the program, on the same file system.</summary>
    public static string MakeRoom(InstalledProgram program, long archiveSize)
    {
        string work = Path.Combine(program.Parent, Work);
        if (Directory.Exists(work))
        {
            Directory.Delete(work, recursive: true);
        }

        long needed = archiveSize * 5; // the archive, and what comes out of it
        long free = new DriveInfo(program.Parent).AvailableFreeSpace;
        if (free < needed)
        {
            throw new UpgradeException($"{program.Parent} has {free / 1_000_000} MB free; {needed / 1_000_000} MB are needed.");
        }

        return Directory.CreateDirectory(work, (UnixFileMode)0b111_101_101).FullName;
    }

    /// <summary>Unpacks an archive whose checksum was compared, and starts the program with <c>--version</c>.</summary>
    /// <returns>The directory that is to take the present one's place.</returns>
    public static async Task<string> UnpackAsync(string archive, string sha256, string work, CancellationToken ct)
    {
        string to = Directory.CreateDirectory(Path.Combine(work, "content"), (UnixFileMode)0b111_101_101).FullName;
        try
        {
            await using FileStream packed = File.OpenRead(archive);
            await using GZipStream plain = new(packed, CompressionMode.Decompress);
            await TarFile.ExtractToDirectoryAsync(plain, to, overwriteFiles: false, ct);
        }
        catch (Exception broken) when (broken is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new UpgradeException($"The package could not be unpacked: {broken.Message}");
        }

        string[] tops = Directory.GetDirectories(to);
        string next = tops.Length == 1 ? tops[0] : throw new UpgradeException("The package does not hold one directory.");
        string program = Path.Combine(next, InstalledProgram.Name);
        if (!File.Exists(program))
        {
            throw new UpgradeException("The package holds no agent.");
        }

        await TryAsync(program, ct);
        await File.WriteAllTextAsync(Path.Combine(next, InstalledProgram.SumFile), sha256 + "\n", ct);
        DurableFile.SyncTree(next); // it takes the place of a program that may be needed after a power cut
        return next;
    }

    private static async Task TryAsync(string program, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(TryLimit);
        ProcessStartInfo start = new(program, ["--version"]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        try
        {
            using Process process = Process.Start(start)!;
            process.StandardInput.Close();
            try
            {
                Task<string> output = process.StandardOutput.ReadToEndAsync(limit.Token);
                Task<string> error = process.StandardError.ReadToEndAsync(limit.Token);
                await process.WaitForExitAsync(limit.Token);
                string words = $"{await output} {await error}".ReplaceLineEndings(" ").Trim();
                if (process.ExitCode != 0)
                {
                    throw new UpgradeException($"The new agent does not run on this host (exit code {process.ExitCode}): {words[..Math.Min(words.Length, MostWords)]}");
                }
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                process.Kill(entireProcessTree: true);
                throw new UpgradeException($"The new agent did not say its version within {TryLimit.TotalSeconds:0} s.");
            }
        }
        catch (System.ComponentModel.Win32Exception cannot)
        {
            throw new UpgradeException($"The new agent does not run on this host: {cannot.Message}");
        }
    }
}
