using System.Security.Cryptography;

namespace Orbit.Agent.Files;

/// <summary>Checksums of whole files, lower-case hex.</summary>
internal static class FileHash
{
    private const int BufferBytes = 128 * 1024;

    public static Task<string> Sha256Async(string path, CancellationToken ct) =>
        HashAsync(path, HashAlgorithmName.SHA256, ct);

    public static async Task<string> HashAsync(string path, HashAlgorithmName algorithm, CancellationToken ct)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(algorithm);
        FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1, FileOptions.SequentialScan);
        await using (file.ConfigureAwait(false))
        {
            byte[] buffer = new byte[BufferBytes];
            while (await file.ReadAsync(buffer, ct).ConfigureAwait(false) is > 0 and int count)
            {
                hash.AppendData(buffer.AsSpan(0, count));
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
