using Orbit.Agent.Files;
using Orbit.Agent.Packages;

namespace Orbit.Agent.Archives;

/// <summary>Unpacks tar, tar.gz and zip, entry by entry, trusting nothing in them.</summary>
internal static class ArchiveExtraction
{
    /// <summary>Unpacks on a thread of its own, for it is long and blocking.</summary>
    /// <param name="archivePath">A whole, checked file; its content, not its name, says what it is.</param>
    /// <param name="destination">Must not exist; it is made readable for its owner alone, and removed again when the archive is refused.</param>
    /// <param name="options">Limits and choices.</param>
    /// <param name="progress">Told the bytes unpacked so far, now and then.</param>
    /// <param name="ct">Ends the work; the destination is removed.</param>
    /// <exception cref="ArchiveRefusal">The archive is not acceptable.</exception>
    /// <exception cref="NoSpaceRefusal">The disk is full.</exception>
    public static Task<ExtractedTree> ExtractAsync(
        string archivePath, string destination, ExtractionOptions options, Action<long>? progress, CancellationToken ct) =>
        Task.Factory.StartNew(
            () => Extract(archivePath, destination, options, progress, ct),
            ct,
            TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach,
            TaskScheduler.Default);

    private static ExtractedTree Extract(
        string archivePath, string destination, ExtractionOptions options, Action<long>? progress, CancellationToken ct)
    {
        if (Path.Exists(destination))
        {
            throw new InvalidOperationException($"'{destination}' exists already; an archive is unpacked into a fresh directory.");
        }

        Directory.CreateDirectory(destination, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        bool finished = false;
        try
        {
            ArchiveMeter meter = new(options.Limits);
            TreeWriter writer = new(destination, options, meter);
            EntryCopy copy = new(meter, progress, ct);
            Unpack(archivePath, options.Limits, writer, meter, copy);
            string root = writer.Finish();
            finished = true;
            return new(destination, root, meter.Entries, meter.Bytes);
        }
        catch (IOException full) when (NoSpaceRefusal.IsFull(full))
        {
            throw new NoSpaceRefusal(destination, null, full);
        }
        finally
        {
            if (!finished)
            {
                Directory.Delete(destination, recursive: true);
            }
        }
    }

    private static void Unpack(string archivePath, ArchiveLimits limits, TreeWriter writer, ArchiveMeter meter, EntryCopy copy)
    {
        using FileStream file = new(archivePath, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        byte[] head = new byte[PackageSignature.Length];
        int count = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        file.Position = 0;
        ReadOnlySpan<byte> start = head.AsSpan(0, count);
        if (PackageSignature.IsZip(start))
        {
            new ZipUnpacker(file, limits, writer, meter, copy).Run();
        }
        else if (PackageSignature.IsGzip(start))
        {
            using UnpackedStream unpacked = new(file, meter);
            new TarUnpacker(unpacked, limits, writer, meter, copy).Run();
        }
        else if (PackageSignature.IsTar(start))
        {
            new TarUnpacker(file, limits, writer, meter, copy).Run();
        }
        else
        {
            throw new ArchiveRefusal(ArchiveRefusal.Unsupported, "The file is no tar, tar.gz or zip archive.");
        }
    }
}

/// <summary>Copies the content of entries to disk, counted and cancellable.</summary>
internal sealed class EntryCopy(ArchiveMeter meter, Action<long>? progress, CancellationToken ct)
{
    private readonly byte[] _buffer = new byte[128 * 1024];

    /// <summary>Copies exactly <paramref name="length"/> bytes.</summary>
    /// <param name="source">Positioned at the first byte.</param>
    /// <param name="target">Where they go.</param>
    /// <param name="length">How many the entry announced.</param>
    /// <param name="name">For the message when fewer come.</param>
    /// <param name="seen">Told each piece that was copied.</param>
    public void Copy(Stream source, Stream target, long length, string name, Action<ReadOnlyMemory<byte>>? seen = null)
    {
        for (long left = length; left > 0;)
        {
            ct.ThrowIfCancellationRequested();
            int count = source.Read(_buffer, 0, (int)Math.Min(_buffer.Length, left));
            if (count == 0)
            {
                throw ArchiveRefusal.Broken($"'{name}' ends {left:N0} bytes early");
            }

            meter.CountBytes(count);
            target.Write(_buffer, 0, count);
            seen?.Invoke(_buffer.AsMemory(0, count));
            left -= count;
            progress?.Invoke(meter.Bytes);
        }
    }

    /// <summary>Called once for each entry, so that a million empty ones can be cancelled too.</summary>
    public void ThrowIfCancelled() => ct.ThrowIfCancellationRequested();
}
