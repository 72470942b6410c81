using System.Security.Cryptography;
using System.Text;

namespace Orbit.Agent.Steps;

/// <summary>
/// The log of one step: what its commands write, as bytes, and Orbit's own remarks between them, each on a line that begins with
/// <c>[orbit] </c>.
/// </summary>
internal sealed class StepLogFile(string path, long keep)
{
    private const int HashBlock = 1024 * 1024;

    /// <summary>Absolute path.</summary>
    public string Path => path;

    /// <summary>Bytes that are kept; the rest is dropped and counted.</summary>
    public long Keep => keep;

    /// <summary>Adds a remark of Orbit's own.</summary>
    public void Remark(string text)
    {
        byte[] line = Encoding.UTF8.GetBytes($"[orbit] {text.ReplaceLineEndings(" ")}\n");
        using FileStream file = new(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        file.Write(line);
    }

    /// <summary>Length, hash and loss as they are now; nothing may write any more.</summary>
    public async Task<LogSeal> SealAsync()
    {
        FileInfo found = new(path);
        if (!found.Exists || found.Length == 0)
        {
            return new LogSeal(0, [], 0);
        }

        long length = Math.Min(found.Length, keep);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] block = new byte[(int)Math.Min(HashBlock, length)];
        using Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
        for (long position = 0; position < length;)
        {
            int read = await RandomAccess.ReadAsync(file, block.AsMemory(0, (int)Math.Min(block.Length, length - position)), position);
            if (read == 0)
            {
                throw new IOException($"{path} became shorter while it was read.");
            }

            hash.AppendData(block, 0, read);
            position += read;
        }

        return new LogSeal(length, hash.GetHashAndReset(), found.Length - length);
    }
}

/// <summary>The final state of a step's log.</summary>
/// <param name="Length">Bytes kept.</param>
/// <param name="Sha256">Hash of them; empty when there are none.</param>
/// <param name="Dropped">Bytes beyond the limit.</param>
internal sealed record LogSeal(long Length, byte[] Sha256, long Dropped);
