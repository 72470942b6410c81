using Grpc.Core;
using Grpc.Net.Client;
using Orbit.Agent.Files;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Link;

/// <summary>A file that API tests send could not be had.</summary>
internal sealed class ApiFileException(string message, Exception? cause) : Exception(message, cause);

/// <summary>
/// Files that API tests send: fetched from the control plane when first needed, kept by their content, the longest unused deleted when they are
/// too many. Safe for any number of callers.
/// </summary>
internal sealed class ApiFileStore(ServerConnection connection, string dataDirectory, TimeProvider time)
{
    private const long MostBytes = 1024L * 1024 * 1024;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>A piece is far shorter: what was fetched for one is there until its end.</summary>
    private static readonly TimeSpan InUse = TimeSpan.FromHours(1);

    private Task _before = Task.CompletedTask; // callers take turns
    private volatile string? _token;

    private string Folder => Path.Combine(dataDirectory, "api-files");

    /// <summary>A session was welcomed, or (null) has ended.</summary>
    public void Admit(string? token) => _token = token;

    /// <summary>Paths of the files by their names. Waits for a control plane that is away for a while.</summary>
    /// <exception cref="ApiFileException">A file could not be had.</exception>
    public async Task<IReadOnlyDictionary<string, string>> FetchAsync(Guid assignment, IReadOnlyDictionary<string, ApiPieceFile> files, CancellationToken ct)
    {
        var paths = new Dictionary<string, string>(StringComparer.Ordinal);
        if (files.Count == 0)
        {
            return paths;
        }

        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task before = Interlocked.Exchange(ref _before, done.Task);
        try
        {
            await before.WaitAsync(ct);
            await FetchAllAsync(assignment, files, paths, ct);
            Trim();
            return paths;
        }
        finally
        {
            _ = before.ContinueWith(static (_, turn) => ((TaskCompletionSource)turn!).SetResult(), done, TaskScheduler.Default);
        }
    }

    private async Task FetchAllAsync(Guid assignment, IReadOnlyDictionary<string, ApiPieceFile> files, Dictionary<string, string> paths, CancellationToken ct)
    {
        _ = Directory.CreateDirectory(Folder, OwnerOnly);
        foreach ((string name, ApiPieceFile file) in files)
        {
            if (file.Sha256.Length != 64 || !file.Sha256.All(char.IsAsciiHexDigitLower))
            {
                throw new ApiFileException($"the file '{name}' has no checksum", null);
            }

            string path = Path.Combine(Folder, file.Sha256);
            if (!IsWhole(path, file.Size))
            {
                await PersistentlyAsync(assignment, name, file, path, ct);
            }

            File.SetLastAccessTimeUtc(path, time.GetUtcNow().UtcDateTime);
            paths[name] = path;
        }
    }

    private static bool IsWhole(string path, long size) => new FileInfo(path) is { Exists: true } known && known.Length == size;

    private async Task PersistentlyAsync(Guid assignment, string name, ApiPieceFile file, string path, CancellationToken ct)
    {
        long started = time.GetTimestamp();
        while (true)
        {
            string problem = "the control plane is out of reach";
            try
            {
                if (_token is { } token)
                {
                    await OnceAsync(token, assignment, file, path, ct);
                    return;
                }
            }
            catch (RpcException) when (ct.IsCancellationRequested)
            {
                throw new OperationCanceledException(ct);
            }
            catch (RpcException refused) when (refused.StatusCode is StatusCode.NotFound or StatusCode.Aborted)
            {
                throw new ApiFileException($"the file '{name}' could not be fetched: {refused.Status.Detail}", refused);
            }
            catch (Exception broken) when (!ct.IsCancellationRequested && broken is RpcException or IOException or OperationCanceledException)
            {
                problem = broken.Message;
            }

            ct.ThrowIfCancellationRequested();
            if (time.GetElapsedTime(started) > Patience)
            {
                throw new ApiFileException($"the file '{name}' could not be fetched: {problem}", null);
            }

            await Task.Delay(Pause, time, ct);
        }
    }

    /// <summary>What is there under its hash is whole, on the disk too: it is renamed when it was synced and hashed.</summary>
    private async Task OnceAsync(string token, Guid assignment, ApiPieceFile file, string path, CancellationToken ct)
    {
        string beside = path + ".part";
        using GrpcChannel channel = connection.Open();
        using (AsyncServerStreamingCall<FetchedPart> call = ServerConnection.Gateway(channel).FetchFile(
            new() { UploadToken = token, AssignmentId = assignment.ToString(), Sha256 = file.Sha256 }, cancellationToken: ct))
        await using (FileStream into = File.Create(beside))
        {
            while (await call.ResponseStream.MoveNext(ct))
            {
                if (into.Position + call.ResponseStream.Current.Data.Length > file.Size)
                {
                    throw new IOException("more bytes came than the file has");
                }

                await into.WriteAsync(call.ResponseStream.Current.Data.Memory, ct);
            }

            into.Flush(flushToDisk: true);
        }

        if (await FileHash.Sha256Async(beside, ct) != file.Sha256)
        {
            throw new IOException("what came has another checksum");
        }

        File.Move(beside, path, overwrite: true);
    }

    /// <summary>Deletes the longest unused; never what may still be sent.</summary>
    private void Trim()
    {
        DateTime free = (time.GetUtcNow() - InUse).UtcDateTime;
        long bytes = 0;
        foreach (FileInfo file in new DirectoryInfo(Folder).EnumerateFiles().OrderByDescending(f => f.LastAccessTimeUtc))
        {
            bytes += file.Length;
            if (bytes > MostBytes && file.LastAccessTimeUtc < free)
            {
                file.Delete();
            }
        }
    }
}
