using System.Runtime.CompilerServices;

namespace Orbit.Agent.Pytest;

/// <summary>
/// Reads the events file while it grows. Only whole lines are taken, so a write that is under way, or one that a kill
/// cut off, is never half an event. Not safe for two readers at once.
/// </summary>
/// <param name="path">The file that ORBIT_PYTEST_EVENTS names; it need not exist yet.</param>
/// <param name="offset">Where an earlier reader stopped, see <see cref="Offset"/>.</param>
internal sealed class PytestEvents(string path, long offset = 0)
{
    /// <summary>Bytes. The plugin's caps keep a line below a quarter of it; a longer one is skipped and reported.</summary>
    internal const int LongestLine = 8 * 1024 * 1024;

    private const int FirstBuffer = 64 * 1024;
    private bool _skipping;

    /// <summary>Bytes up to the end of the last line that was taken: a later reader can go on from here.</summary>
    public long Offset { get; private set; } = offset;

    /// <summary>The events of all lines that were completed since the last call.</summary>
    public IEnumerable<PytestEvent> Read()
    {
        using FileStream? file = Open();
        if (file is null)
        {
            yield break;
        }

        if (file.Length < Offset)
        {
            yield return new PytestUnreadable(file.Length, Offset - file.Length, "the file has become shorter");
            Offset = file.Length;
        }

        file.Position = Offset;
        byte[] buffer = new byte[FirstBuffer];
        int filled = 0;
        for (int read; (read = file.Read(buffer, filled, buffer.Length - filled)) > 0;)
        {
            filled += read;
            int start = 0;
            for (int length; (length = buffer.AsSpan(start, filled - start).IndexOf((byte)'\n')) >= 0; start += length + 1)
            {
                if (Take(buffer.AsMemory(start, length)) is { } found)
                {
                    yield return found;
                }
            }

            buffer.AsSpan(start, filled - start).CopyTo(buffer);
            filled -= start;
            if (filled == LongestLine || (_skipping && filled > 0))
            {
                if (!_skipping)
                {
                    yield return new PytestUnreadable(Offset, filled, $"a line is longer than {LongestLine} bytes");
                }

                (_skipping, Offset, filled) = (true, Offset + filled, 0);
            }
            else if (filled == buffer.Length)
            {
                Array.Resize(ref buffer, Math.Min(buffer.Length * 2, LongestLine));
            }
        }
    }

    /// <summary>
    /// What <see cref="Read"/> gives, and then a last line that has no end, as a fact. For when the process is gone and
    /// nothing more can come.
    /// </summary>
    public IEnumerable<PytestEvent> ReadRest()
    {
        foreach (PytestEvent found in Read())
        {
            yield return found;
        }

        using FileStream? file = Open();
        if (file is not null && file.Length > Offset)
        {
            yield return new PytestUnreadable(Offset, file.Length - Offset, "the last line was cut off");
            Offset = file.Length;
        }
    }

    /// <summary>Gives events as they come, until <paramref name="ended"/> is complete and all has been read.</summary>
    /// <param name="lookEvery">Pause between two looks at the file.</param>
    /// <param name="ended">Completes when no process can write any more; how it completes does not matter here.</param>
    /// <param name="time">The clock of the pauses.</param>
    /// <param name="ct">Ends the reading at once.</param>
    public async IAsyncEnumerable<PytestEvent> FollowAsync(
        TimeSpan lookEvery, Task ended, TimeProvider time, [EnumeratorCancellation] CancellationToken ct)
    {
        while (!ended.IsCompleted)
        {
            foreach (PytestEvent found in Read())
            {
                yield return found;
            }

            await Task.WhenAny(ended, Task.Delay(lookEvery, time, ct));
            ct.ThrowIfCancellationRequested();
        }

        foreach (PytestEvent found in ReadRest())
        {
            yield return found;
        }
    }

    private PytestEvent? Take(ReadOnlyMemory<byte> line)
    {
        long begins = Offset;
        Offset += line.Length + 1;
        if (_skipping)
        {
            _skipping = false;
            return null;
        }

        // An empty line is the plugin's way to end one that a full disk cut off.
        return line.IsEmpty ? null : PytestEventLine.Read(line, begins);
    }

    private FileStream? Open() => File.Exists(path)
        ? new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0)
        : null;
}
