using System.Buffers;
using System.IO.Compression;
using System.Text;

namespace Orbit.Agent.Tests.Archives;

/// <summary>Writes tar archives byte by byte, hostile ones included.</summary>
internal sealed class TarBytes
{
    private readonly ArrayBufferWriter<byte> _out = new();

    public TarBytes File(string name, string content = "x", int mode = 0b110_100_100) =>
        Entry('0', name, content: Encoding.UTF8.GetBytes(content), mode: mode);

    public TarBytes Folder(string name) => Entry('5', name, mode: 0b111_101_101);

    public TarBytes Link(string name, string target) => Entry('2', name, target);

    public TarBytes HardLink(string name, string target) => Entry('1', name, target);

    public TarBytes Pax(params (string Key, string Value)[] records) =>
        Entry('x', "pax", content: Encoding.UTF8.GetBytes(string.Concat(records.Select(r => Record(r.Key, r.Value)))));

    public TarBytes Entry(char kind, string name, string target = "", byte[]? content = null, int mode = 0b110_100_100, long? size = null) =>
        Entry(kind, Encoding.UTF8.GetBytes(name), target, content, mode, size);

    public TarBytes Entry(char kind, byte[] name, string target = "", byte[]? content = null, int mode = 0b110_100_100, long? size = null)
    {
        byte[] header = new byte[512];
        name.CopyTo(header, 0);
        Octal(header, 100, 8, mode);
        Octal(header, 108, 8, 0);
        Octal(header, 116, 8, 0);
        Octal(header, 124, 12, size ?? content?.Length ?? 0);
        Octal(header, 136, 12, 1_600_000_000);
        header[156] = (byte)kind;
        Encoding.UTF8.GetBytes(target).CopyTo(header, 157);
        "ustar\000"u8.CopyTo(header.AsSpan(257));
        header.AsSpan(148, 8).Fill((byte)' ');
        Octal(header, 148, 7, header.Sum(b => b));
        _out.Write(header);
        _out.Write(content ?? []);
        _out.Write(new byte[(512 - ((content?.Length ?? 0) % 512)) % 512]);
        return this;
    }

    public byte[] WithoutEnd() => _out.WrittenSpan.ToArray();

    public byte[] ToTar() => [.. _out.WrittenSpan.ToArray(), .. new byte[1024]];

    public byte[] ToTarGz()
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.SmallestSize))
        {
            gzip.Write(ToTar());
        }

        return packed.ToArray();
    }

    public static string Record(string key, string value)
    {
        int body = Encoding.UTF8.GetByteCount(key) + Encoding.UTF8.GetByteCount(value) + 3;
        int length = body + 1;
        while (length.ToString(System.Globalization.CultureInfo.InvariantCulture).Length + body != length)
        {
            length++;
        }

        return $"{length} {key}={value}\n";
    }

    private static void Octal(byte[] header, int offset, int width, long value) =>
        Encoding.ASCII.GetBytes(Convert.ToString(value, 8).PadLeft(width - 1, '0')).CopyTo(header, offset);
}
