namespace Orbit.Agent.Archives;

/// <summary>How much an archive may unfold into.</summary>
internal sealed record ArchiveLimits
{
    /// <summary>Entries of any kind; 200,000 unless set.</summary>
    public int MaxEntries { get; init; } = 200_000;

    /// <summary>Bytes of all files together, copies made for hard links included; 20 GB unless set.</summary>
    public long MaxTotalBytes { get; init; } = 20L * 1000 * 1000 * 1000;

    /// <summary>Unpacked bytes for each packed one; 200 unless set.</summary>
    public int MaxRatio { get; init; } = 200;

    /// <summary>Unpacked bytes below which the ratio is not judged, so that a small text file does not look like a bomb; 10 MB unless set.</summary>
    public long RatioFloorBytes { get; init; } = 10L * 1000 * 1000;

    /// <summary>Directories inside each other; 64 unless set.</summary>
    public int MaxDepth { get; init; } = 64;
}

/// <summary>What the caller decides about an extraction.</summary>
internal sealed record ExtractionOptions
{
    public ArchiveLimits Limits { get; init; } = new();

    /// <summary>False refuses every symbolic link; true, the default, accepts those that stay inside the tree. None is ever followed while extracting.</summary>
    public bool AllowLinksInside { get; init; } = true;

    /// <summary>
    /// A single top folder is taken off unless it has one of these names. A package that holds nothing but <c>bin/</c> means
    /// that folder, so the first segments of the patterns it is deployed by belong here.
    /// </summary>
    public IReadOnlyCollection<string> KeepTopFolders { get; init; } = [];
}

/// <summary>An archive's content on disk.</summary>
/// <param name="Directory">The fresh directory that was made for it; the caller removes it when done.</param>
/// <param name="Root">Where the content begins: <paramref name="Directory"/>, or the single top folder in it.</param>
/// <param name="Entries">How many entries the archive had.</param>
/// <param name="Bytes">Size of all files together.</param>
internal sealed record ExtractedTree(string Directory, string Root, int Entries, long Bytes);

/// <summary>Counts what comes out of an archive and stops at the limits.</summary>
internal sealed class ArchiveMeter(ArchiveLimits limits)
{
    public int Entries { get; private set; }

    public long Bytes { get; private set; }

    public void CountEntry()
    {
        if (++Entries > limits.MaxEntries)
        {
            throw new ArchiveRefusal(
                ArchiveRefusal.TooManyEntries, $"The archive has more than {limits.MaxEntries:N0} entries.");
        }
    }

    /// <summary>Counts bytes that go to disk.</summary>
    public void CountBytes(long count)
    {
        Bytes += count;
        if (Bytes > limits.MaxTotalBytes)
        {
            throw new ArchiveRefusal(
                ArchiveRefusal.TooLarge, $"The archive unpacks to more than {limits.MaxTotalBytes:N0} bytes.");
        }
    }

    /// <summary>Judges how far the packed bytes read so far have unfolded.</summary>
    public void CheckRatio(long unpacked, long packed)
    {
        if (unpacked > limits.RatioFloorBytes && unpacked / limits.MaxRatio > packed)
        {
            throw new ArchiveRefusal(
                ArchiveRefusal.RatioTooHigh,
                $"The archive unfolds {unpacked / Math.Max(packed, 1):N0}-fold; {limits.MaxRatio}-fold is allowed.");
        }
    }
}
