using System.Buffers;
using Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Gateway;

/// <summary>Neighbouring pieces of one log, put together until they are worth a row.</summary>
internal sealed class LogGathering(long agentId)
{
    private const int Enough = 256 * 1024;
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public long AgentId { get; } = agentId;

    /// <summary>The first piece: assignment, step and offset.</summary>
    public UploadLog? First { get; private set; }

    public bool End { get; private set; }

    public long Dropped { get; private set; }

    public bool IsEmpty => First is null;

    public ReadOnlySpan<byte> Bytes => _bytes.WrittenSpan;

    /// <summary>False when the piece does not follow on what is gathered, or there is enough.</summary>
    public bool TryAdd(UploadLog piece)
    {
        if (First is { } first)
        {
            bool follows = !End && first.AssignmentId == piece.AssignmentId && first.Step == piece.Step && first.Epoch == piece.Epoch
                && first.Offset + _bytes.WrittenCount == piece.Offset && _bytes.WrittenCount + piece.Data.Length <= Enough;
            if (!follows)
            {
                return false;
            }
        }

        First ??= piece;
        _bytes.Write(piece.Data.Span);
        (End, Dropped) = (piece.End, Math.Max(Dropped, piece.Dropped));
        return true;
    }

    public void Clear()
    {
        (First, End, Dropped) = (null, false, 0);
        _bytes.ResetWrittenCount();
    }
}
