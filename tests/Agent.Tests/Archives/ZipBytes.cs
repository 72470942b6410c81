using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Orbit.Agent.Archives;

namespace Orbit.Agent.Tests.Archives;

/// <summary>Writes zip archives byte by byte, hostile ones included.</summary>
internal sealed class ZipBytes
{
    private readonly ArrayBufferWriter<byte> _data = new();
    private readonly ArrayBufferWriter<byte> _directory = new();
    private int _count;

    public ZipBytes File(
        string name, byte[] content, int unixMode = 0x81A4, int flags = 0x0800, int method = 8, uint? crc = null, long? size = null, long? offset = null)
    {
        byte[] packed = method == 8 ? Deflate(content) : content;
        byte[] rawName = Encoding.UTF8.GetBytes(name);
        Crc32 sum = new();
        sum.Append(content);
        long headerOffset = offset ?? _data.WrittenCount;
        byte[] shared = new byte[26];
        BinaryPrimitives.WriteUInt16LittleEndian(shared.AsSpan(0), 20);
        BinaryPrimitives.WriteUInt16LittleEndian(shared.AsSpan(2), (ushort)flags);
        BinaryPrimitives.WriteUInt16LittleEndian(shared.AsSpan(4), (ushort)method);
        BinaryPrimitives.WriteUInt16LittleEndian(shared.AsSpan(8), 0x5821);
        BinaryPrimitives.WriteUInt32LittleEndian(shared.AsSpan(10), crc ?? sum.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(shared.AsSpan(14), (uint)packed.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(shared.AsSpan(18), (uint)(size ?? content.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(shared.AsSpan(22), (ushort)rawName.Length);
        _data.Write("PK\x03\x04"u8);
        _data.Write(shared);
        _data.Write(rawName);
        _data.Write(packed);

        byte[] tail = new byte[14];
        BinaryPrimitives.WriteUInt32LittleEndian(tail.AsSpan(6), (uint)unixMode << 16);
        BinaryPrimitives.WriteUInt32LittleEndian(tail.AsSpan(10), (uint)headerOffset);
        _directory.Write("PK\x01\x02"u8);
        _directory.Write((ReadOnlySpan<byte>)[20, 3]); // made by Unix
        _directory.Write(shared);
        _directory.Write(tail);
        _directory.Write(rawName);
        _count++;
        return this;
    }

    public ZipBytes File(string name, string content = "x") => File(name, Encoding.UTF8.GetBytes(content));

    public byte[] ToZip(int? count = null)
    {
        byte[] end = new byte[22];
        "PK\x05\x06"u8.CopyTo(end);
        BinaryPrimitives.WriteUInt16LittleEndian(end.AsSpan(8), (ushort)(count ?? _count));
        BinaryPrimitives.WriteUInt16LittleEndian(end.AsSpan(10), (ushort)(count ?? _count));
        BinaryPrimitives.WriteUInt32LittleEndian(end.AsSpan(12), (uint)_directory.WrittenCount);
        BinaryPrimitives.WriteUInt32LittleEndian(end.AsSpan(16), (uint)_data.WrittenCount);
        return [.. _data.WrittenSpan.ToArray(), .. _directory.WrittenSpan.ToArray(), .. end];
    }

    private static byte[] Deflate(byte[] content)
    {
        using MemoryStream packed = new();
        using (DeflateStream deflate = new(packed, CompressionLevel.SmallestSize))
        {
            deflate.Write(content);
        }

        return packed.ToArray();
    }
}
