using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Orbit.ControlPlane.Notifications.Mails;

/// <summary>One part of a donut.</summary>
/// <param name="Share">Its size; shares are measured against their sum.</param>
/// <param name="Colour">0xRRGGBB.</param>
internal readonly record struct DonutPart(int Share, int Colour);

/// <summary>
/// Draws numbers of tests as a donut, as a PNG file: mail programs show neither SVG nor scripts. Drawn at twice the size it is shown at, on
/// white, with smooth edges.
/// </summary>
internal static class DonutPng
{
    /// <summary>Width and height in pixels; shown at half of it.</summary>
    public const int Size = 240;

    private const int Background = 0xffffff;
    private const int Nothing = 0xd0d7de;
    private const double Outer = (Size / 2.0) - 4;
    private const double Inner = Outer * 0.62;
    private const int Samples = 4; // a side of a pixel
    private static readonly byte[] Signature = [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a];

    /// <summary>The file; a grey ring without any share.</summary>
    public static byte[] Draw(IReadOnlyList<DonutPart> parts)
    {
        using var file = new MemoryStream();
        file.Write(Signature);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, Size);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], Size);
        (header[8], header[9]) = (8, 2); // eight bits a channel, red green blue
        Chunk(file, "IHDR", header);
        Chunk(file, "IDAT", Packed(Pixels(parts)));
        Chunk(file, "IEND", []);
        return file.ToArray();
    }

    private static byte[] Packed(byte[] rows)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            zlib.Write(rows);
        }

        return packed.ToArray();
    }

    /// <summary>Rows of pixels, each with the number of its filter (none) before it.</summary>
    private static byte[] Pixels(IReadOnlyList<DonutPart> parts)
    {
        const int Row = 1 + (Size * 3);
        byte[] rows = new byte[Size * Row];
        int sum = parts.Sum(p => p.Share);
        for (int y = 0; y < Size; y++)
        {
            for (int x = 0; x < Size; x++)
            {
                int colour = Pixel(parts, sum, x, y);
                int at = (y * Row) + 1 + (x * 3);
                (rows[at], rows[at + 1], rows[at + 2]) = ((byte)(colour >> 16), (byte)(colour >> 8), (byte)colour);
            }
        }

        return rows;
    }

    /// <summary>The mean colour of points spread over the pixel.</summary>
    private static int Pixel(IReadOnlyList<DonutPart> parts, int sum, int x, int y)
    {
        int red = 0;
        int green = 0;
        int blue = 0;
        for (int point = 0; point < Samples * Samples; point++)
        {
            double dx = x + (((point % Samples) + 0.5) / Samples) - (Size / 2.0);
            double dy = y + (((point / Samples) + 0.5) / Samples) - (Size / 2.0);
            int colour = Point(parts, sum, dx, dy);
            red += (colour >> 16) & 0xff;
            green += (colour >> 8) & 0xff;
            blue += colour & 0xff;
        }

        const int All = Samples * Samples;
        return ((red / All) << 16) | ((green / All) << 8) | (blue / All);
    }

    /// <summary>Parts go clockwise from the top.</summary>
    private static int Point(IReadOnlyList<DonutPart> parts, int sum, double dx, double dy)
    {
        double radius = Math.Sqrt((dx * dx) + (dy * dy));
        if (radius is > Outer or < Inner)
        {
            return Background;
        }

        double turn = Math.Atan2(dx, -dy) / (2 * Math.PI);
        double at = (turn < 0 ? turn + 1 : turn) * sum;
        foreach (DonutPart part in parts)
        {
            if (at < part.Share)
            {
                return part.Colour;
            }

            at -= part.Share;
        }

        return sum == 0 ? Nothing : parts[^1].Colour;
    }

    private static void Chunk(MemoryStream file, string type, ReadOnlySpan<byte> data)
    {
        byte[] body = [.. Encoding.ASCII.GetBytes(type), .. data];
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(body);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.Of(body));
        file.Write(number);
    }
}
