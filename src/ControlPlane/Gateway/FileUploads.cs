using Orbit.Contracts.V1;
using Orbit.ControlPlane.Ingest;
using Orbit.ControlPlane.Runs;

namespace Orbit.ControlPlane.Gateway;

/// <summary>
/// Puts result files together and stores each when it is whole. A file that is cut off in the middle begins again from 0: the offset
/// wanted next says so.
/// </summary>
internal sealed class FileUploads(IngestWriter ingest, UploadTargets targets)
{
    /// <summary>Largest single file taken.</summary>
    private const long LargestFile = 64L * 1024 * 1024;

    /// <summary>The answer, which ends when the piece has its effect.</summary>
    public async Task<Task<UploadResponse>> StoreAsync(long agentId, FileParts parts, UploadFile piece, CancellationToken ct)
    {
        UploadTarget target = await targets.FindAsync(agentId, piece.AssignmentId, piece.Epoch, ct);
        if (target.Refusal is { } refusal)
        {
            return Task.FromResult(Refused(piece, refusal.Reason, refusal.Text));
        }

        if (!ResultListIngest.IsUsable(piece.Path))
        {
            return Task.FromResult(Refused(piece, "FILE_NOT_LISTED", "The path must be relative, without steps upwards or control characters."));
        }

        if (piece.Size is < 0 or > LargestFile)
        {
            return Task.FromResult(Refused(piece, "QUOTA_EXCEEDED", $"A file may have up to {LargestFile} bytes."));
        }

        MemoryStream whole = parts.Of(piece);
        if (piece.Offset != whole.Length)
        {
            if (piece.Offset != 0)
            {
                return Task.FromResult(Ack(piece, whole.Length));
            }

            whole.SetLength(0);
        }

        whole.Write(piece.Data.Span);
        return whole.Length < piece.Size ? Task.FromResult(Ack(piece, whole.Length)) : await FinishAsync(target, parts, piece, whole, ct);
    }

    private async Task<Task<UploadResponse>> FinishAsync(UploadTarget target, FileParts parts, UploadFile piece, MemoryStream whole, CancellationToken ct)
    {
        parts.Remove(piece);
        byte[] content = whole.ToArray();
        string hash = FileArrived.HashOf(content);
        if (content.Length != piece.Size || hash != Convert.ToHexStringLower(piece.Sha256.Span))
        {
            return Task.FromResult(Refused(piece, "FILE_CHANGED", "Length or hash of the file are not as announced; it changed while it was sent."));
        }

        var item = new FileArrived(target.RunDay, target.RunId, target.Attempt, piece.Path, piece.Kind is ResultKind.Allure, hash, content);
        await ingest.AddAsync(item, ct);
        return AckWhenStoredAsync(piece, item);
    }

    private static async Task<UploadResponse> AckWhenStoredAsync(UploadFile piece, FileArrived item)
    {
        await item.Stored;
        return Ack(piece, piece.Size);
    }

    private static UploadResponse Ack(UploadFile piece, long next) =>
        new() { File = new FileAck { AssignmentId = piece.AssignmentId, Path = piece.Path, NextOffset = next } };

    private static UploadResponse Refused(UploadFile piece, string reason, string text) =>
        new() { Refused = new UploadRefused { AssignmentId = piece.AssignmentId, Path = piece.Path, Reason = reason, Text = text } };
}

/// <summary>Files that one upload stream has begun; they go with it.</summary>
internal sealed class FileParts
{
    /// <summary>Files that may be under way at a time.</summary>
    private const int Most = 16;

    private readonly Dictionary<(string Assignment, string Path), MemoryStream> _parts = [];

    /// <summary>What has come of a file.</summary>
    public MemoryStream Of(UploadFile piece)
    {
        if (!_parts.TryGetValue((piece.AssignmentId, piece.Path), out MemoryStream? part))
        {
            if (_parts.Count == Most)
            {
                _parts.Clear(); // those are sent again from 0; an agent sends one after the other
            }

            _parts[(piece.AssignmentId, piece.Path)] = part = new MemoryStream();
        }

        return part;
    }

    /// <summary>The file is whole, or was refused.</summary>
    public void Remove(UploadFile piece) => _parts.Remove((piece.AssignmentId, piece.Path));
}
