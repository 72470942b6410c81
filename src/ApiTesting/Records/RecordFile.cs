using System.Buffers;
using System.Text.Json;
using Orbit.ApiTesting.Running;

namespace Orbit.ApiTesting.Records;

/// <summary>A file of records: JSON lines, one row each, written as rows end. A killed run leaves every row that had ended.</summary>
public sealed class RecordFile : IAsyncDisposable
{
    private const int FlushAt = 256 * 1024;
    private readonly FileStream _file;
    private readonly RecordWriter _records;
    private readonly ArrayBufferWriter<byte> _buffer = new(FlushAt + (64 * 1024));
    private readonly Utf8JsonWriter _json;

    /// <summary>Begins a file anew.</summary>
    public RecordFile(string path, RecordWriter records)
    {
        (_file, _records) = (new(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0, FileOptions.None), records);
        _json = RecordWriter.Over(_buffer);
    }

    /// <summary>Writes a line about the whole run.</summary>
    public void WriteLine(Action<Utf8JsonWriter> write)
    {
        write(_json);
        EndLine();
    }

    /// <summary>Writes a row.</summary>
    public void Write(RowResult row)
    {
        _records.Write(_json, row);
        EndLine();
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        Flush();
        await _json.DisposeAsync();
        await _file.DisposeAsync();
    }

    private void EndLine()
    {
        _json.Flush();
        _json.Reset();
        _buffer.Write("\n"u8);
        if (_buffer.WrittenCount >= FlushAt)
        {
            Flush();
        }
    }

    private void Flush()
    {
        _file.Write(_buffer.WrittenSpan);
        _buffer.ResetWrittenCount();
    }
}
