using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Audit;

/// <summary>The wire face of the audit log.</summary>
internal sealed class AuditGrpcService(OrbitStore store, OpenStreams streams) : Wire.AuditService.AuditServiceBase
{
    /// <summary>Entries that an export reads at a time.</summary>
    private const int ExportPage = 500;

    /// <summary>Bytes of one message of a stream.</summary>
    private const int PieceLength = 64 * 1024;

    public override async Task<Wire.ListAuditResponse> ListAudit(Wire.ListAuditRequest request, ServerCallContext context)
    {
        int size = Paging.Size(request.PageSize, request.Limit);
        AuditPosition? below = AuditPosition.Read(request.PageToken);
        AuditFilter filter = request.ToFilter();
        Page<AuditEntry> page = Paging.Cut(await PageAsync(filter, below, size + 1, context.CancellationToken), size, AuditPosition.Of);
        return new() { Entries = { page.Rows.Select(e => e.ToWire()) }, NextPageToken = page.NextToken };
    }

    public override Task ExportAudit(Wire.ExportAuditRequest request, IServerStreamWriter<Wire.RawBody> responses, ServerCallContext context)
    {
        var export = new AuditExport(request.Format);
        AuditFilter filter = request.ToFilter();
        return streams.RunAsync(context, async ct =>
        {
            await responses.WriteAsync(new() { ContentType = export.ContentType, Data = ByteString.CopyFromUtf8(export.Head) }, ct);
            AuditPosition? below = null;
            var text = new StringBuilder();
            while (await PageAsync(filter, below, ExportPage, ct) is { Count: > 0 } entries)
            {
                text.Clear();
                entries.ForEach(entry => export.Write(text, entry));
                await WriteAsync(responses, Encoding.UTF8.GetBytes(text.ToString()), ct);
                below = new(entries[^1].Day, entries[^1].Id);
            }
        });
    }

    private static async Task WriteAsync(IServerStreamWriter<Wire.RawBody> responses, byte[] bytes, CancellationToken ct)
    {
        for (int at = 0; at < bytes.Length; at += PieceLength)
        {
            ByteString piece = UnsafeByteOperations.UnsafeWrap(bytes.AsMemory(at, Math.Min(PieceLength, bytes.Length - at)));
            await responses.WriteAsync(new() { Data = piece }, ct);
        }
    }

    private Task<List<AuditEntry>> PageAsync(AuditFilter filter, AuditPosition? below, int limit, CancellationToken ct) =>
        store.ReadAsync((database, token) => database.AuditEntries.NewestAsync(filter, below, limit, token), ct);
}
