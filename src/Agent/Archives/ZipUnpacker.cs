using System.Buffers.Binary;
using System.IO.Compression;

namespace Orbit.Agent.Archives;

/// <summary>Reads a zip by its central directory. Stored and deflated entries; the checksum of each is verified.</summary>
internal sealed class ZipUnpacker(FileStream zip, ArchiveLimits limits, TreeWriter writer, ArchiveMeter meter, EntryCopy copy)
{
    private const int LocalHeaderBytes = 30;
    private const int EncryptionFlags = 0x0001 | 0x0040 | 0x2000;
    private const int MaxLinkBytes = 4096;
    private const int KindBits = 0xF000;

    private long _packedSoFar;
    private long _unpackedSoFar;

    public void Run()
    {
        (List<ZipEntry> entries, long end) = ZipCentralDirectory.Read(zip, limits.MaxEntries);
        RequireApart(entries, end);
        foreach (ZipEntry entry in entries)
        {
            copy.ThrowIfCancelled();
            meter.CountEntry();
            Unpack(entry);
        }
    }

    /// <summary>Entries that share data unfold the same bytes many times; an honest archive has none.</summary>
    private static void RequireApart(List<ZipEntry> entries, long end)
    {
        long before = 0;
        foreach (ZipEntry entry in entries.OrderBy(e => e.HeaderOffset))
        {
            if (entry.HeaderOffset < before)
            {
                throw ArchiveRefusal.Broken("its entries overlap");
            }

            before = entry.HeaderOffset + LocalHeaderBytes + entry.Name.Length + entry.PackedSize;
        }

        if (before > end || before < 0)
        {
            throw ArchiveRefusal.Broken("its entries overlap");
        }
    }

    private void Unpack(ZipEntry entry)
    {
        string path = ArchiveName.Parse(entry.Name, limits.MaxDepth);
        RequireReadable(entry, path);
        bool endsLikeDirectory = entry.Name.AsSpan().EndsWith("/"u8);
        int kind = (entry.UnixMode ?? 0) & KindBits;
        switch (kind)
        {
            case 0x4000:
            case 0 when endsLikeDirectory:
                writer.AddDirectory(path, entry.UnixMode is { } mode && kind != 0 ? mode : 0b111_101_101, entry.Changed);
                break;
            case 0 or 0x8000 when !endsLikeDirectory:
                UnpackFile(entry, path, entry.UnixMode is { } fileMode && kind != 0 ? fileMode : 0b110_100_100);
                break;
            case 0xA000 when !endsLikeDirectory:
                UnpackLink(entry, path);
                break;
            default:
                throw new ArchiveRefusal(ArchiveRefusal.SpecialEntry, $"'{path}' in the archive is a device, pipe or socket, which a package may not hold.");
        }
    }

    private void UnpackFile(ZipEntry entry, string path, int mode)
    {
        using FileStream file = writer.CreateFile(path, mode);
        CopyContent(entry, path, file);
        TreeWriter.FinishFile(file, mode, entry.Changed);
    }

    private void UnpackLink(ZipEntry entry, string path)
    {
        if (entry.Size > MaxLinkBytes)
        {
            throw new ArchiveRefusal(ArchiveRefusal.LinkUnsafe, $"The symbolic link '{path}' in the archive has a target of {entry.Size:N0} bytes.");
        }

        using MemoryStream target = new();
        CopyContent(entry, path, target);
        writer.AddSymbolicLink(path, ArchiveName.Decode(target.ToArray()));
    }

    private void CopyContent(ZipEntry entry, string path, Stream target)
    {
        using SubStream packed = new(zip, DataStart(entry, path), entry.PackedSize);
        using Stream content = entry.Method == 0 ? packed : new DeflateStream(packed, CompressionMode.Decompress, leaveOpen: true);
        Crc32 crc = new();
        try
        {
            copy.Copy(content, target, entry.Size, path, piece =>
            {
                crc.Append(piece.Span);
                _unpackedSoFar += piece.Length;
                meter.CheckRatio(_unpackedSoFar, _packedSoFar + packed.Position);
            });
            Span<byte> beyond = stackalloc byte[1];
            if (content.Read(beyond) != 0)
            {
                throw ArchiveRefusal.Broken($"'{path}' is longer than it says");
            }
        }
        catch (InvalidDataException broken)
        {
            throw ArchiveRefusal.Broken($"the compressed data of '{path}' is not whole", broken);
        }

        _packedSoFar += entry.PackedSize;
        if (crc.Value != entry.Crc)
        {
            throw ArchiveRefusal.Broken($"the checksum of '{path}' does not hold");
        }
    }

    private long DataStart(ZipEntry entry, string path)
    {
        byte[] header = ZipCentralDirectory.ReadAt(zip, entry.HeaderOffset, LocalHeaderBytes);
        int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(26));
        int extraLength = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(28));
        bool agrees = header.AsSpan().StartsWith("PK\x03\x04"u8)
            && ZipCentralDirectory.ReadAt(zip, entry.HeaderOffset + LocalHeaderBytes, nameLength).AsSpan().SequenceEqual(entry.Name);
        return agrees
            ? entry.HeaderOffset + LocalHeaderBytes + nameLength + extraLength
            : throw ArchiveRefusal.Broken($"its directory and its content disagree about '{path}'");
    }

    private static void RequireReadable(ZipEntry entry, string path)
    {
        if ((entry.Flags & EncryptionFlags) != 0 || entry.Method == 99)
        {
            throw new ArchiveRefusal(ArchiveRefusal.Encrypted, $"'{path}' in the archive is encrypted, which is not supported.");
        }

        if (entry.Method is not (0 or 8))
        {
            throw new ArchiveRefusal(
                ArchiveRefusal.Unsupported, $"'{path}' in the archive is compressed by method {entry.Method}; only stored and deflated entries are supported.");
        }
    }

    /// <summary>A part of the file, read in order.</summary>
    private sealed class SubStream(FileStream file, long start, long length) : Stream
    {
        private long _position;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position
        {
            get => _position;
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            file.Position = start + _position;
            int count = file.Read(buffer[..(int)Math.Min(buffer.Length, length - _position)]);
            _position += count;
            return count;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
