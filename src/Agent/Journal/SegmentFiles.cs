using System.Globalization;

namespace Orbit.Agent.Journal;

/// <summary>A segment on disk and what in it still counts.</summary>
internal sealed class Segment(long number, string path)
{
    /// <summary>Bytes of records by assignment that is not forgotten.</summary>
    private readonly Dictionary<Guid, long> _live = [];

    /// <summary>Position in the order of segments; the name of the file holds it too.</summary>
    public long Number { get; } = number;

    /// <summary>The file.</summary>
    public string Path { get; } = path;

    /// <summary>Bytes that cannot be dropped.</summary>
    public long LiveBytes => _live.Values.Sum();

    /// <summary>Nothing in it counts any more.</summary>
    public bool IsDead => _live.Count == 0;

    public bool Holds(Guid assignment) => _live.ContainsKey(assignment);

    public void Count(Guid assignment, int bytes) => _live[assignment] = _live.GetValueOrDefault(assignment) + bytes;

    public bool Forget(Guid assignment) => _live.Remove(assignment);

    public void ForgetAll() => _live.Clear();
}

/// <summary>
/// The files of a journal directory: <c>journal-N.seg</c> in order, and <c>spare.seg</c>, a whole segment whose blocks are already
/// allocated. The spare is what lets results be recorded on a disk that has become full.
/// </summary>
internal sealed class SegmentFiles(string directory, JournalOptions options, JournalDisk disk)
{
    private const int SliceBytes = 1024 * 1024;
    private readonly string _spare = Path.Combine(directory, "spare.seg");
    private readonly string _unfinished = Path.Combine(directory, "spare.tmp");
    private int _sliced;

    /// <summary>Oldest first; the last one is written to.</summary>
    public List<Segment> Segments { get; } = [];

    /// <summary>A whole spare segment lies ready.</summary>
    public bool HasSpare { get; private set; }

    /// <summary>Finds what is there. Refuses a gap in the numbers.</summary>
    public void Scan()
    {
        disk.Delete(_unfinished);
        HasSpare = File.Exists(_spare) && new FileInfo(_spare).Length == options.SegmentBytes;
        foreach (string path in Directory.EnumerateFiles(directory, "journal-*.seg"))
        {
            string name = Path.GetFileNameWithoutExtension(path)["journal-".Length..];
            if (long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out long number))
            {
                Segments.Add(new Segment(number, path));
            }
        }

        Segments.Sort((left, right) => left.Number.CompareTo(right.Number));
        for (int i = 1; i < Segments.Count; i++)
        {
            if (Segments[i].Number != Segments[i - 1].Number + 1)
            {
                throw new JournalDamagedException(Segments[i].Path, 0, $"segment {Segments[i - 1].Number + 1} before it is missing");
            }
        }
    }

    /// <summary>Turns the spare into the next segment, making one first where there is none.</summary>
    /// <exception cref="JournalException"><see cref="JournalException.Full"/>: there is no spare and no room to make one.</exception>
    public Segment Activate()
    {
        while (!HasSpare)
        {
            PrepareSlice();
        }

        long number = Segments.Count == 0 ? 1 : Segments[^1].Number + 1;
        Segment next = new(number, Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"journal-{number:D10}.seg")));
        using (var file = disk.Open(_spare))
        {
            disk.Write(file, SegmentFormat.Header(number), 0);
            disk.Sync(file);
        }

        HasSpare = false;
        disk.Rename(_spare, next.Path);
        disk.SyncDirectory(directory);
        Segments.Add(next);
        return next;
    }

    /// <summary>
    /// Does about a millisecond of the work of making a spare: a new file is written with zeros, not only allocated, because the first
    /// write to a merely allocated block changes the file's metadata and makes its sync slower.
    /// </summary>
    public void PrepareSlice()
    {
        try
        {
            using (var file = _sliced == 0 ? disk.Create(_unfinished) : disk.Open(_unfinished))
            {
                byte[] zeros = new byte[Math.Min(SliceBytes, options.SegmentBytes - _sliced)];
                disk.Write(file, zeros, _sliced);
                disk.Sync(file);
                _sliced += zeros.Length;
            }

            if (_sliced == options.SegmentBytes)
            {
                _sliced = 0;
                disk.Delete(_spare);
                disk.Rename(_unfinished, _spare);
                disk.SyncDirectory(directory);
                HasSpare = true;
            }
        }
        catch (IOException cause) when (IsOutOfSpace(cause))
        {
            _sliced = 0;
            disk.Delete(_unfinished);
            throw new JournalException(JournalException.Full, $"There is no room in {directory} for a journal segment of {options.SegmentBytes} bytes. Free some space; nothing that was acknowledged is lost.", cause);
        }
    }

    /// <summary>Drops dead segments from the oldest on, which is what makes their tombstones superfluous too. The last segment stays.</summary>
    public void Retire()
    {
        while (Segments.Count > 1 && Segments[0].IsDead)
        {
            Segment dead = Segments[0];
            if (!HasSpare && new FileInfo(dead.Path).Length == options.SegmentBytes)
            {
                disk.Delete(_spare);
                disk.Rename(dead.Path, _spare);
            }
            else
            {
                disk.Delete(dead.Path);
            }

            // One at a time and in order: a gap would look like damage.
            disk.SyncDirectory(directory);
            HasSpare = HasSpare || File.Exists(_spare);
            Segments.RemoveAt(0);
        }
    }

    private static bool IsOutOfSpace(IOException cause) =>
        (cause.HResult & 0xFFFF) is 28 /* ENOSPC */ or 122 /* EDQUOT */ || cause.Message.Contains("No space left", StringComparison.Ordinal);
}
