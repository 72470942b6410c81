using System.Buffers.Binary;

namespace Orbit.Agent.Archives;

/// <summary>What the central directory of a zip says about one entry.</summary>
internal sealed record ZipEntry(
    byte[] Name, int Flags, int Method, uint Crc, long PackedSize, long Size, long HeaderOffset, int? UnixMode, DateTime Changed);

/// <summary>
/// Finds and reads the central directory of a zip, zip64 included, within fixed bounds: what it claims about counts and
/// offsets is checked against the file before it is believed.
/// </summary>
internal static class ZipCentralDirectory
{
    private const int EndBytes = 22;
    private const int MaxCommentBytes = 65_535;
    private const int HeaderBytes = 46;
    private const int MaxBytesAnEntry = 8192;

    /// <returns>All entries, and where the directory begins, which no entry's data may reach into.</returns>
    public static (List<ZipEntry> Entries, long Start) Read(FileStream zip, int maxEntries)
    {
        (long count, long size, long start) = FindEnd(zip);
        if (count > maxEntries)
        {
            throw new ArchiveRefusal(ArchiveRefusal.TooManyEntries, $"The archive has {count:N0} entries; {maxEntries:N0} are allowed.");
        }

        if (size > Math.Max(count, 1) * MaxBytesAnEntry || size > int.MaxValue)
        {
            throw ArchiveRefusal.Broken("its directory is larger than its entries need");
        }

        byte[] directory = ReadAt(zip, start, (int)size);
        List<ZipEntry> entries = new((int)count);
        int position = 0;
        while (position < directory.Length)
        {
            (ZipEntry entry, int length) = ReadEntry(directory.AsSpan(position));
            entries.Add(entry);
            position += length;
        }

        return entries.Count == count ? (entries, start) : throw ArchiveRefusal.Broken("its directory does not hold as many entries as it says");
    }

    public static byte[] ReadAt(FileStream zip, long offset, int length)
    {
        if (offset < 0 || offset > zip.Length - length)
        {
            throw ArchiveRefusal.Broken("it points outside itself");
        }

        byte[] bytes = new byte[length];
        zip.Position = offset;
        zip.ReadExactly(bytes);
        return bytes;
    }

    private static (long Count, long Size, long Start) FindEnd(FileStream zip)
    {
        int length = (int)Math.Min(zip.Length, EndBytes + MaxCommentBytes);
        long tailStart = zip.Length - length;
        byte[] tail = ReadAt(zip, tailStart, length);
        for (int i = length - EndBytes; i >= 0; i--)
        {
            ReadOnlySpan<byte> end = tail.AsSpan(i);
            if (!end.StartsWith("PK\x05\x06"u8) || U16(end, 20) != length - i - EndBytes)
            {
                continue;
            }

            if (U16(end, 4) is not (0 or 0xFFFF) || U16(end, 6) is not (0 or 0xFFFF))
            {
                throw new ArchiveRefusal(ArchiveRefusal.Unsupported, "The zip is one part of several, which is not supported.");
            }

            (long count, long size, long start, long at) = Zip64End(zip, tailStart + i)
                ?? (U16(end, 10), U32(end, 12), U32(end, 16), tailStart + i);
            return start >= 0 && size >= 0 && count >= 0 && start + size == at
                ? (count, size, start)
                : throw ArchiveRefusal.Broken("its directory is not where it says");
        }

        throw ArchiveRefusal.Broken("it has no directory at its end");
    }

    private static (long Count, long Size, long Start, long At)? Zip64End(FileStream zip, long end)
    {
        const int LocatorBytes = 20;
        if (end < LocatorBytes || ReadAt(zip, end - LocatorBytes, LocatorBytes) is not { } locator || !locator.AsSpan().StartsWith("PK\x06\x07"u8))
        {
            return null;
        }

        long at = (long)U64(locator, 8);
        byte[] record = ReadAt(zip, at, 56);
        return record.AsSpan().StartsWith("PK\x06\x06"u8)
            ? ((long)U64(record, 32), (long)U64(record, 40), (long)U64(record, 48), at)
            : throw ArchiveRefusal.Broken("its 64-bit directory is not where it says");
    }

    private static (ZipEntry Entry, int Length) ReadEntry(ReadOnlySpan<byte> header)
    {
        if (header.Length < HeaderBytes || !header.StartsWith("PK\x01\x02"u8))
        {
            throw ArchiveRefusal.Broken("its directory holds something that is no entry");
        }

        int nameLength = U16(header, 28);
        int extraLength = U16(header, 30);
        int length = HeaderBytes + nameLength + extraLength + U16(header, 32);
        if (length > header.Length)
        {
            throw ArchiveRefusal.Broken("its directory is cut off");
        }

        ZipExtra extra = ZipExtra.Read(header.Slice(HeaderBytes + nameLength, extraLength), U32(header, 24), U32(header, 20), U32(header, 42));
        bool isUnix = header[5] is 3 or 19; // made by Unix or macOS: the upper half of the attributes is the mode
        return (
            new(
                header.Slice(HeaderBytes, nameLength).ToArray(),
                U16(header, 8),
                U16(header, 10),
                U32(header, 16),
                extra.PackedSize,
                extra.Size,
                extra.HeaderOffset,
                isUnix ? (int)(U32(header, 38) >> 16) : null,
                extra.Changed ?? DosTime(U16(header, 14), U16(header, 12))),
            length);
    }

    private static DateTime DosTime(int date, int time)
    {
        (int year, int month, int day) = (1980 + (date >> 9), (date >> 5) & 15, date & 31);
        (int hour, int minute, int second) = (time >> 11, (time >> 5) & 63, (time & 31) * 2);
        bool exists = month is >= 1 and <= 12 && day >= 1 && day <= DateTime.DaysInMonth(year, month) && hour < 24 && minute < 60 && second < 60;
        return exists ? new DateTime(year, month, day, hour, minute, second, DateTimeKind.Utc) : DateTime.UnixEpoch;
    }

    private static int U16(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[offset..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);

    private static ulong U64(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[offset..]);

    /// <summary>The extra field: sizes that did not fit in 32 bits, and a finer time of change.</summary>
    private readonly record struct ZipExtra(long Size, long PackedSize, long HeaderOffset, DateTime? Changed)
    {
        public static ZipExtra Read(ReadOnlySpan<byte> extra, uint size, uint packed, uint offset)
        {
            ZipExtra read = new(size, packed, offset, null);
            bool complete = size != uint.MaxValue && packed != uint.MaxValue && offset != uint.MaxValue;
            while (extra.Length >= 4)
            {
                (int id, int length) = (U16(extra, 0), U16(extra, 2));
                if (length > extra.Length - 4)
                {
                    break; // padding that some writers leave; nothing that matters can hide in it
                }

                ReadOnlySpan<byte> body = extra.Slice(4, length);
                if (id == 0x0001)
                {
                    (read, complete) = (read.With64(body, size, packed, offset), true);
                }
                else if (id == 0x5455 && length >= 5 && (body[0] & 1) != 0)
                {
                    read = read with { Changed = TarHeader.ToTime(BinaryPrimitives.ReadInt32LittleEndian(body[1..])) };
                }

                extra = extra[(4 + length)..];
            }

            return complete ? read : throw ArchiveRefusal.Broken("an entry's size is missing");
        }

        private ZipExtra With64(ReadOnlySpan<byte> body, uint size, uint packed, uint offset)
        {
            int next = 0;
            return this with
            {
                Size = Next(body, size, ref next),
                PackedSize = Next(body, packed, ref next),
                HeaderOffset = Next(body, offset, ref next),
            };
        }

        private static long Next(ReadOnlySpan<byte> body, uint small, ref int next)
        {
            if (small != uint.MaxValue)
            {
                return small;
            }

            if (next + 8 > body.Length || U64(body, next) > long.MaxValue)
            {
                throw ArchiveRefusal.Broken("an entry's 64-bit size is missing");
            }

            next += 8;
            return (long)U64(body, next - 8);
        }
    }
}
