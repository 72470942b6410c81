using Google.Protobuf;
using Microsoft.Win32.SafeHandles;
using Orbit.Agent.Plans;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Link;

/// <summary>
/// A log or a result file that the control plane is to have, and how far that is. The plan seals it; all else is the upload loop's alone.
/// </summary>
internal sealed class UploadItem : IDisposable
{
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _path;
    private readonly long _afterSeq;
    private readonly long _addedAt;
    private SafeFileHandle? _file;
    private bool _ask;
    private bool _asked;
    private bool _endSent;
    private long _dropped;
    private long _final = -1;

    /// <param name="assignment">Whose it is.</param>
    /// <param name="step">Name of the step whose log it is; empty for a file.</param>
    /// <param name="file">The result file; <see langword="null"/> for a log.</param>
    /// <param name="path">Absolute path.</param>
    /// <param name="afterSeq">Number of the event that tells the control plane of it: nothing is sent before that is acked.</param>
    /// <param name="ask">An earlier process of this agent may have sent some of it: ask where to go on.</param>
    /// <param name="addedAt">Monotonic time.</param>
    public UploadItem(Assignment assignment, string step, ResultFile? file, string path, long afterSeq, bool ask, long addedAt)
    {
        (Assignment, Step, File, _path, _afterSeq, _ask, _addedAt) = (assignment, step, file, path, afterSeq, ask, addedAt);
        _final = file?.Size ?? -1;
    }

    /// <summary>Whose it is.</summary>
    public Assignment Assignment { get; }

    /// <summary>Name of the step whose log it is; empty for a file.</summary>
    public string Step { get; }

    /// <summary>The result file; <see langword="null"/> for a log.</summary>
    public ResultFile? File { get; }

    /// <summary>For the agent's log.</summary>
    public string What => File is null ? $"log of {Step}" : $"file {File.Path}";

    /// <summary>Bytes that the control plane has.</summary>
    public long Acked { get; private set; }

    /// <summary>Bytes that were sent on this connection, or are known to be there.</summary>
    public long Sent { get; private set; }

    /// <summary>The control plane has all of it, or never wants it.</summary>
    public bool Done { get; private set; }

    /// <summary>Ends when <see cref="Done"/> was reached; it may be doubted afterwards.</summary>
    public Task Finished => _finished.Task;

    /// <summary>It may become longer.</summary>
    public bool Grows => !Done && Volatile.Read(ref _final) < 0;

    /// <summary>Whether the control plane knows of it, so that pieces may be sent.</summary>
    public bool Ready => !Done && Assignment.Reconciled && Assignment.Acked >= _afterSeq;

    /// <summary>Whether there is something to send, so that a connection is worth opening.</summary>
    public bool HasMore => Ready && (_ask || Volatile.Read(ref _final) >= 0 || (System.IO.File.Exists(_path) && new FileInfo(_path).Length > Sent));

    /// <summary>Time since the step began, for its duration.</summary>
    public TimeSpan Age(TimeProvider time) => time.GetElapsedTime(_addedAt);

    /// <summary>Nothing more is written to the log.</summary>
    public void Seal(long length, long dropped)
    {
        _dropped = dropped;
        Volatile.Write(ref _final, length);
    }

    /// <summary>A new connection: what was under way is sent again.</summary>
    public void Begin() => (Sent, _asked, _endSent) = (Acked, false, false);

    /// <summary>The connection broke before it was sure that its end was taken.</summary>
    public void Doubt()
    {
        if (File is null && Done && _endSent)
        {
            Done = false;
        }
    }

    /// <summary>Never wanted, or not needed any more.</summary>
    public void GiveUp()
    {
        Done = true;
        Dispose();
        _finished.TrySetResult();
    }

    /// <summary>The control plane wants to go on there.</summary>
    public void Ack(long nextOffset)
    {
        _ask = false;
        Acked = Math.Max(Acked, nextOffset);
        Sent = Math.Max(Sent, Acked);
        long final = Volatile.Read(ref _final);
        if (final >= 0 && Acked >= final && (File is not null || _endSent))
        {
            GiveUp();
        }
    }

    /// <summary>The next piece, when there is one: reads it into <paramref name="buffer"/>, which must stay as it is until it is sent.</summary>
    /// <param name="buffer">As long as the largest piece.</param>
    /// <param name="credit">Bytes that may still be sent.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    public UploadRequest? Next(byte[] buffer, long credit)
    {
        if (!Ready || (_ask && _asked))
        {
            return null;
        }

        if (_ask)
        {
            _asked = true;
            return Piece(0, default);
        }

        long final = Volatile.Read(ref _final); // before the length, so that a sealed log is never taken to be shorter than it is
        int wanted = (int)Math.Min(Math.Min(buffer.Length, credit), (final >= 0 ? final : long.MaxValue) - Sent);
        int read = wanted > 0 ? Read(buffer.AsSpan(0, wanted)) : 0;
        if (read > 0)
        {
            UploadRequest piece = Piece(Sent, buffer.AsMemory(0, read));
            Sent += read;
            return piece;
        }

        if (final < 0 || Sent < final || _endSent)
        {
            return wanted > 0 && final >= 0 ? throw new IOException("it is shorter than it was when it was listed") : null;
        }

        _endSent = true;
        return File is not null && File.Size > 0 ? null : Piece(Sent, default, end: true);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
    }

    private int Read(Span<byte> into)
    {
        try
        {
            _file ??= System.IO.File.OpenHandle(_path, share: FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception absent) when (Grows && absent is FileNotFoundException or DirectoryNotFoundException)
        {
            return 0; // the step has not written yet
        }

        return RandomAccess.Read(_file, into, Sent);
    }

    private UploadRequest Piece(long offset, ReadOnlyMemory<byte> data, bool end = false)
    {
        ByteString bytes = data.IsEmpty ? ByteString.Empty : UnsafeByteOperations.UnsafeWrap(data);
        string id = Assignment.Id.ToString();
        return File is null
            ? new() { Log = new() { AssignmentId = id, Epoch = Assignment.Epoch, Step = Step, Offset = offset, Data = bytes, End = end, Dropped = end ? _dropped : 0 } }
            : new()
            {
                File = new()
                {
                    AssignmentId = id,
                    Epoch = Assignment.Epoch,
                    Path = File.Path,
                    Kind = File.Kind,
                    Size = File.Size,
                    Sha256 = File.Sha256,
                    Offset = offset,
                    Data = bytes,
                },
            };
    }
}
