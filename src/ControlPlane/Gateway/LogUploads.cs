using Orbit.Contracts.V1;
using Orbit.ControlPlane.Ingest;
using Orbit.ControlPlane.Logs;

namespace Orbit.ControlPlane.Gateway;

/// <summary>Stores what was gathered of a log, packed outside the writer.</summary>
internal sealed class LogUploads(IngestWriter ingest, UploadTargets targets)
{
    /// <summary>The answer, which ends when the bytes are committed.</summary>
    public async Task<Task<UploadResponse>> StoreAsync(LogGathering gathered, CancellationToken ct)
    {
        UploadLog first = gathered.First!;
        UploadTarget target = await targets.FindAsync(gathered.AgentId, first.AssignmentId, first.Epoch, ct);
        if (target.Refusal is { } refusal)
        {
            return Task.FromResult(Refused(first, refusal));
        }

        if (first.Step.Length is 0 or > 16 || first.Step.Any(char.IsControl))
        {
            return Task.FromResult(Refused(first, ("STEP_UNKNOWN", "A step's name has 1 to 16 characters, none of them a control character.")));
        }

        ReadOnlySpan<byte> bytes = gathered.Bytes;
        int length = bytes.Length;
        int lines = bytes.Count((byte)'\n');
        (int codec, byte[] data) = LogCodec.Pack(bytes);
        var key = new LogKey(target.RunDay, target.RunId, target.Attempt, first.Step);
        var item = new LogArrived(key, first.Offset, length, lines, codec, data, gathered.End, gathered.Dropped);
        await ingest.AddAsync(item, ct);
        return AckAsync(first, item);
    }

    private static async Task<UploadResponse> AckAsync(UploadLog first, LogArrived item) =>
        new() { Log = new LogAck { AssignmentId = first.AssignmentId, Step = first.Step, NextOffset = await item.Stored } };

    private static UploadResponse Refused(UploadLog piece, (string Reason, string Text) refusal) =>
        new() { Refused = new UploadRefused { AssignmentId = piece.AssignmentId, Step = piece.Step, Reason = refusal.Reason, Text = refusal.Text } };
}
