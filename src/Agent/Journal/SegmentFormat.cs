using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Orbit.Agent.Journal;

/// <summary>
/// The bytes of a segment: a header, then records, each at a multiple of 8, then whatever the file held before (zeros, or the records
/// of the segment that the file was earlier, which carry another segment number). All numbers are little-endian.
/// </summary>
/// <remarks>
/// Segment header: magic (8), version (4), CRC32C of the segment number (4), segment number (8), zeros to 64.
/// Record header: payload length (4), CRC32C of the rest of header and payload (4), segment number (4), durable offset (4),
/// record number (8), assignment (16), kind (1), type (1), magic (2), zeros (4).
/// The durable offset is the length of this segment that had been synced when the record was written. It tells damage from an
/// unfinished write: an unreadable place that a later record calls durable had been acknowledged.
/// </remarks>
internal static class SegmentFormat
{
    public const int Version = 1;
    public const int HeaderBytes = 64;
    public const int RecordHeaderBytes = 48;
    public const int Alignment = 8;
    private const ulong Magic = 0x4C4E4A544942524F; // "ORBITJNL"
    private const ushort RecordMagic = 0x4A4F;

    /// <summary>Whole size of a record on disk.</summary>
    public static int SizeOf(int payloadBytes) => (RecordHeaderBytes + payloadBytes + Alignment - 1) & ~(Alignment - 1);

    public static byte[] Header(long segment)
    {
        byte[] header = new byte[HeaderBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(header, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), Version);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(16), segment);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(12), Crc32C(header.AsSpan(16, 8)));
        return header;
    }

    /// <summary>Refuses a file that is no segment, is another segment than its name says, or is of a newer version.</summary>
    public static void CheckHeader(ReadOnlySpan<byte> file, long segment, string path)
    {
        if (file.Length < HeaderBytes || BinaryPrimitives.ReadUInt64LittleEndian(file) != Magic)
        {
            throw new JournalDamagedException(path, 0, "this is no journal segment");
        }

        int version = BinaryPrimitives.ReadInt32LittleEndian(file[8..]);
        if (version > Version)
        {
            throw new JournalException(JournalException.TooNew, $"{path} has journal format {version}; this program knows formats up to {Version}. Start the newer agent again, or let it finish its work before going back.");
        }

        if (version < 1 || BinaryPrimitives.ReadInt64LittleEndian(file[16..]) != segment
            || BinaryPrimitives.ReadUInt32LittleEndian(file[12..]) != Crc32C(file.Slice(16, 8)))
        {
            throw new JournalDamagedException(path, 8, "the segment header does not fit the file");
        }
    }

    /// <summary>Writes a record to the start of <paramref name="target"/> and returns its size.</summary>
    public static int Encode(Span<byte> target, in SegmentRecord record, long segment, int durableOffset, ReadOnlySpan<byte> payload)
    {
        int size = SizeOf(payload.Length);
        Span<byte> header = target[..RecordHeaderBytes];
        header.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(header, payload.Length);
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], (int)segment);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], durableOffset);
        BinaryPrimitives.WriteInt64LittleEndian(header[16..], record.Number);
        _ = record.Assignment.TryWriteBytes(header[24..]);
        header[40] = (byte)record.Kind;
        header[41] = record.Type;
        BinaryPrimitives.WriteUInt16LittleEndian(header[42..], RecordMagic);
        payload.CopyTo(target[RecordHeaderBytes..]);
        target[(RecordHeaderBytes + payload.Length)..size].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], Crc32C(target[8..size], (uint)payload.Length));
        return size;
    }

    /// <summary>Reads the record at the position; false when there is none of this segment.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> file, int position, long segment, out SegmentRecord record)
    {
        record = default;
        if (file.Length - position < RecordHeaderBytes)
        {
            return false;
        }

        ReadOnlySpan<byte> header = file[position..];
        int length = BinaryPrimitives.ReadInt32LittleEndian(header);
        if (BinaryPrimitives.ReadUInt16LittleEndian(header[42..]) != RecordMagic
            || BinaryPrimitives.ReadInt32LittleEndian(header[8..]) != (int)segment
            || length < 0 || length > file.Length - position - RecordHeaderBytes
            || SizeOf(length) > file.Length - position
            || BinaryPrimitives.ReadUInt32LittleEndian(header[4..]) != Crc32C(header[8..SizeOf(length)], (uint)length))
        {
            return false;
        }

        record = new SegmentRecord(
            (RecordKind)header[40], BinaryPrimitives.ReadInt64LittleEndian(header[16..]), new Guid(header.Slice(24, 16)), header[41])
        {
            DurableOffset = BinaryPrimitives.ReadInt32LittleEndian(header[12..]),
            Position = position,
            PayloadBytes = length,
        };
        return true;
    }

    /// <summary>Hardware-accelerated where the processor can.</summary>
    public static uint Crc32C(ReadOnlySpan<byte> bytes, uint seed = 0)
    {
        uint crc = ~seed;
        foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(bytes))
        {
            crc = BitOperations.Crc32C(crc, word);
        }

        foreach (byte rest in bytes[(bytes.Length & ~7)..])
        {
            crc = BitOperations.Crc32C(crc, rest);
        }

        return ~crc;
    }
}

/// <summary>What a record on disk is.</summary>
internal enum RecordKind : byte
{
    /// <summary>A fact that a caller appended.</summary>
    Fact = 1,

    /// <summary>All facts of the assignment with smaller numbers are dead.</summary>
    Forget = 2,

    /// <summary>The segment ends here; the next one follows.</summary>
    End = 3,
}

/// <summary>A record without its payload.</summary>
internal readonly record struct SegmentRecord(RecordKind Kind, long Number, Guid Assignment, byte Type)
{
    /// <summary>Synced length of the segment when this was written.</summary>
    public int DurableOffset { get; init; }

    /// <summary>Where the record begins in its segment.</summary>
    public int Position { get; init; }

    /// <summary>Length of the payload.</summary>
    public int PayloadBytes { get; init; }

    /// <summary>Where the payload lies in its segment.</summary>
    public Range Payload => new(Position + SegmentFormat.RecordHeaderBytes, Position + SegmentFormat.RecordHeaderBytes + PayloadBytes);

    /// <summary>Where the next record begins.</summary>
    public int Next => Position + SegmentFormat.SizeOf(PayloadBytes);
}
