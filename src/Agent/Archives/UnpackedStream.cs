using System.IO.Compression;

namespace Orbit.Agent.Archives;

/// <summary>The unpacked side of a gzip file; judges the ratio while it is read and turns broken data into a refusal.</summary>
internal sealed class UnpackedStream(FileStream packed, ArchiveMeter meter) : Stream
{
    private readonly GZipStream _gzip = new(new Fenced(packed), CompressionMode.Decompress);
    private long _unpacked;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => _unpacked;
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        try
        {
            int count = _gzip.Read(buffer);
            _unpacked += count;
            meter.CheckRatio(_unpacked, packed.Position);
            return count;
        }
        catch (InvalidDataException broken)
        {
            throw ArchiveRefusal.Broken("its compressed data is not whole", broken);
        }
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _gzip.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>
    /// The packed file with a few impossible bytes behind its end. The decoder says nothing when a file stops early: it
    /// takes what there was for all. With the fence it reads a wrong checksum or asks for more, which a decoder that has
    /// seen the end of a whole file never does.
    /// </summary>
    private sealed class Fenced(FileStream file) : Stream
    {
        private const int FenceBytes = 16;

        private bool _fenceGiven;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            int count = file.Read(buffer);
            if (count > 0)
            {
                return count;
            }

            if (_fenceGiven)
            {
                throw ArchiveRefusal.Broken("its compressed data stops early");
            }

            _fenceGiven = true;
            count = Math.Min(buffer.Length, FenceBytes);
            buffer[..count].Fill(0xFF);
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
