using System.Buffers.Binary;
using Orbit.Agent.Packages;

namespace Orbit.Agent.Archives;

/// <summary>One 512-byte header of a tar archive: v7, ustar and GNU.</summary>
internal sealed record TarHeader(char Kind, byte[] Name, byte[] LinkName, int Mode, long Size, DateTime Changed)
{
    public const int BlockBytes = 512;

    /// <exception cref="ArchiveRefusal">The checksum or a number does not hold.</exception>
    public static TarHeader Parse(ReadOnlySpan<byte> block)
    {
        if (!PackageSignature.IsTar(block))
        {
            throw ArchiveRefusal.Broken("a header's checksum does not hold");
        }

        long size = Number(block.Slice(124, 12), "size");
        if (size < 0)
        {
            throw ArchiveRefusal.Broken("an entry's size is negative");
        }

        return new(
            (char)block[156],
            FullName(block),
            Text(block.Slice(157, 100)),
            (int)(Number(block.Slice(100, 8), "mode") & 0xFFFF),
            size,
            ToTime(Number(block.Slice(136, 12), "time")));
    }

    /// <summary>A time of change as a point that every file system can keep.</summary>
    public static DateTime ToTime(long unixSeconds) =>
        DateTime.UnixEpoch.AddSeconds(Math.Clamp(unixSeconds, 0, 253_402_300_799));

    /// <summary>The bytes before the first NUL.</summary>
    public static byte[] Text(ReadOnlySpan<byte> field)
    {
        int end = field.IndexOf((byte)0);
        return (end < 0 ? field : field[..end]).ToArray();
    }

    private static byte[] FullName(ReadOnlySpan<byte> block)
    {
        byte[] name = Text(block[..100]);
        byte[] prefix = block.Slice(257, 6).SequenceEqual("ustar\0"u8) ? Text(block.Slice(345, 155)) : [];
        return prefix.Length == 0 ? name : [.. prefix, (byte)'/', .. name];
    }

    /// <summary>Octal text, or GNU's base-256 form that the high bit announces.</summary>
    private static long Number(ReadOnlySpan<byte> field, string what)
    {
        if ((field[0] & 0x80) != 0)
        {
            return BinaryNumber(field, what);
        }

        long value = 0;
        foreach (byte digit in field.Trim((byte)' ').TrimEnd((byte)0).Trim((byte)' '))
        {
            if (digit is < (byte)'0' or > (byte)'7')
            {
                throw ArchiveRefusal.Broken($"an entry's {what} is no number");
            }

            value = (value * 8) + digit - '0';
        }

        return value;
    }

    private static long BinaryNumber(ReadOnlySpan<byte> field, string what)
    {
        bool isNegative = (field[0] & 0x40) != 0;
        byte filler = isNegative ? (byte)0xFF : (byte)0;
        ReadOnlySpan<byte> high = field[1..^8];
        if ((field[0] & 0x3F) != (filler & 0x3F) || high.IndexOfAnyExcept(filler) >= 0)
        {
            throw ArchiveRefusal.Broken($"an entry's {what} is out of range");
        }

        return field.Length >= 9 ? BinaryPrimitives.ReadInt64BigEndian(field[^8..]) : throw ArchiveRefusal.Broken($"an entry's {what} is no number");
    }
}
