using System.Security.Cryptography;
using Google.Protobuf;
using Orbit.Agent.Link;
using Orbit.Agent.Secrets;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Steps;

/// <summary>
/// Lists what the tests left, with sizes and hashes, and hands it to the upload. Links and anything that is no plain file are left out and
/// named; values of secret variables are hidden. Safe to repeat: the list is final once its last part is recorded.
/// </summary>
internal sealed class ReportRun(ReportStep step, UploadBook uploads) : IStep
{
    private const long DefaultBytes = 2_147_483_648;
    private const int DefaultFiles = 100_000;
    private const int FilesPerPart = 1000;
    private const int LongestPath = 512;

    /// <inheritdoc/>
    public bool MayBeStopped => false;

    /// <inheritdoc/>
    public async Task<StepResult> RunAsync(StepContext context)
    {
        if (context.EventsBefore.Any(fact => fact.ResultsListed is { More: false }))
        {
            return StepResult.Succeeded(); // listed by an earlier process of this agent
        }

        int before = context.EventsBefore.Where(fact => fact.ResultsListed is not null).Sum(fact => fact.ResultsListed.Files.Count);
        List<string> leftOut = [];
        List<ResultFile> files = await ListAsync(context, leftOut);
        List<ResultFile> rest = files.Skip(before).ToList(); // the order is fixed, so a list that was cut short goes on
        do
        {
            ResultsListed part = new() { More = rest.Count > FilesPerPart };
            part.Files.AddRange(rest.Take(FilesPerPart));
            part.LeftOut = part.More ? "" : Words.Cut(string.Join("; ", leftOut), 2000);
            long seq = await context.Assignment.RecordAsync(new AgentEvent { ResultsListed = part });
            foreach (ResultFile file in part.Files)
            {
                uploads.AddFile(context.Assignment, file, context.Folder.FileOf(file), seq, ask: false);
            }

            rest = [.. rest.Skip(FilesPerPart)];
        }
        while (rest.Count > 0);
        context.Log.Remark($"{files.Count:N0} files, {files.Sum(file => file.Size):N0} bytes listed{(leftOut.Count > 0 ? $"; left out: {string.Join("; ", leftOut)}" : "")}");
        return StepResult.Succeeded();
    }

    private async Task<List<ResultFile>> ListAsync(StepContext context, List<string> leftOut)
    {
        long bytes = step.MaxBytes > 0 ? step.MaxBytes : DefaultBytes;
        int count = step.MaxFiles > 0 ? step.MaxFiles : DefaultFiles;
        List<ResultFile> files = [];
        int tooMany = 0;
        foreach ((string path, ResultKind kind) in Candidates(context, leftOut))
        {
            string name = Path.GetRelativePath(kind == ResultKind.Allure ? context.Folder.Allure : context.Folder.Results, path);
            long size = new FileInfo(path).Length;
            if (files.Count >= count || size > bytes || name.Length > LongestPath)
            {
                tooMany++;
                continue;
            }

            bytes -= size;
            SecretFile.Hide(path, context.Assignment.Secrets);
            files.Add(new ResultFile { Path = name, Size = size, Kind = kind, Sha256 = await HashAsync(path, size) });
        }

        if (tooMany > 0)
        {
            leftOut.Add($"{tooMany:N0} files beyond the limits of {count:N0} files, {(step.MaxBytes > 0 ? step.MaxBytes : DefaultBytes):N0} bytes and {LongestPath} characters of a path");
        }

        return files;
    }

    private static IEnumerable<(string Path, ResultKind Kind)> Candidates(StepContext context, List<string> leftOut)
    {
        (string, ResultKind)[] folders = [(context.Folder.Allure, ResultKind.Allure), (context.Folder.Artifacts, ResultKind.Artifact)];
        foreach ((string folder, ResultKind kind) in folders)
        {
            EnumerationOptions all = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true };
            IEnumerable<FileInfo> found = Directory.Exists(folder) ? new DirectoryInfo(folder).EnumerateFiles("*", all) : [];
            foreach (FileInfo file in found.OrderBy(file => file.FullName, StringComparer.Ordinal))
            {
                if (file.Name.StartsWith('.'))
                {
                    continue; // unfinished writes
                }

                if (PlainFile.Is(file.FullName))
                {
                    yield return (file.FullName, kind);
                }
                else
                {
                    leftOut.Add($"{Path.GetRelativePath(context.Folder.Results, file.FullName)} is no plain file");
                }
            }
        }
    }

    private static async Task<ByteString> HashAsync(string path, long size)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] block = new byte[256 * 1024];
        for (int read; size > 0 && (read = await file.ReadAsync(block.AsMemory(0, (int)Math.Min(block.Length, size)))) > 0; size -= read)
        {
            hash.AppendData(block, 0, read);
        }

        return ByteString.CopyFrom(hash.GetHashAndReset());
    }
}
