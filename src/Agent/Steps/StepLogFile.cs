using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Orbit.Agent.Secrets;

namespace Orbit.Agent.Steps;

/// <summary>
/// The log of one step as the control plane will have it: what its commands wrote, as bytes, and Orbit's own remarks between them, each on
/// a line that begins with <c>[orbit] </c>. It only ever grows, up to a limit; what comes after that is counted and dropped.
/// </summary>
internal sealed class StepLogFile : IDisposable
{
    private const int HashBlock = 1024 * 1024;
    private readonly Lock _gate = new();
    private readonly SafeFileHandle _file;
    private readonly long _keep;
    private readonly Action _changed;
    private readonly SecretMask _secrets;
    private long _length;
    private long _dropped;

    /// <param name="path">Absolute path; what is there already stays.</param>
    /// <param name="keep">Bytes that are kept.</param>
    /// <param name="secrets">What Orbit's own remarks must not say; output comes without it already.</param>
    /// <param name="changed">Called after something was added.</param>
    public StepLogFile(string path, long keep, SecretMask secrets, Action changed)
    {
        (_keep, _secrets, _changed) = (keep, secrets, changed);
        _file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        _length = RandomAccess.GetLength(_file);
    }

    /// <summary>Bytes in the log.</summary>
    public long Length
    {
        get
        {
            lock (_gate)
            {
                return _length;
            }
        }
    }

    /// <summary>Bytes that it still takes.</summary>
    public long Room => Math.Max(0, _keep - Length);

    /// <summary>Adds a remark of Orbit's own.</summary>
    public void Remark(string text) => Append(Encoding.UTF8.GetBytes($"[orbit] {_secrets.Hide(text).ReplaceLineEndings(" ")}\n"));

    /// <summary>Adds output.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            int kept = (int)Math.Min(bytes.Length, Math.Max(0, _keep - _length));
            RandomAccess.Write(_file, bytes[..kept], _length);
            _length += kept;
            _dropped += bytes.Length - kept;
        }

        _changed();
    }

    /// <summary>Counts output that is lost.</summary>
    public void Drop(long count)
    {
        lock (_gate)
        {
            _dropped += count;
        }
    }

    /// <summary>Length, hash and loss; nothing may be added any more.</summary>
    public async Task<LogSeal> SealAsync()
    {
        if (_length == 0)
        {
            return new LogSeal(0, [], _dropped);
        }

        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] block = new byte[(int)Math.Min(HashBlock, _length)];
        for (long position = 0; position < _length;)
        {
            int read = await RandomAccess.ReadAsync(_file, block.AsMemory(0, (int)Math.Min(block.Length, _length - position)), position);
            if (read == 0)
            {
                throw new IOException("A log became shorter while it was read.");
            }

            hash.AppendData(block, 0, read);
            position += read;
        }

        return new LogSeal(_length, hash.GetHashAndReset(), _dropped);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}

/// <summary>The final state of a step's log.</summary>
/// <param name="Length">Bytes kept.</param>
/// <param name="Sha256">Hash of them; empty when there are none.</param>
/// <param name="Dropped">Bytes that are lost.</param>
internal sealed record LogSeal(long Length, byte[] Sha256, long Dropped);
