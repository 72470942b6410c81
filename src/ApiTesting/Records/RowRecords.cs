using System.Buffers;
using System.IO.Compression;
using System.Text.Json;
using Orbit.ApiTesting.Running;

namespace Orbit.ApiTesting.Records;

/// <summary>Records of single rows as gzip'd JSON, for sending and storing.</summary>
public sealed class RowRecords(int longestBody)
{
    private readonly ArrayBufferWriter<byte> _buffer = new(16 * 1024);

    /// <summary>The record of a row. One that would be larger than allowed holds less of the bodies, and none at last.</summary>
    public byte[] Of(RowResult row, int largest)
    {
        foreach (int body in (ReadOnlySpan<int>)[longestBody, 2048, 0])
        {
            byte[] packed = Pack(row, Math.Min(body, longestBody));
            if (packed.Length <= largest)
            {
                return packed;
            }
        }

        return Pack(row with { Steps = [.. row.Steps.Take(50).Select(s => s with { Exchange = null, Command = null, Checks = [.. s.Checks.Where(c => !c.Passed).Take(20)], Extracted = [] })], Values = new Dictionary<string, Values.Value>() }, 0);
    }

    private byte[] Pack(RowResult row, int body)
    {
        _buffer.ResetWrittenCount();
        using (Utf8JsonWriter json = RecordWriter.Over(_buffer))
        {
            new RecordWriter(body).Write(json, row);
        }

        using var packed = new MemoryStream(_buffer.WrittenCount / 4);
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(_buffer.WrittenSpan);
        }

        return packed.ToArray();
    }
}
