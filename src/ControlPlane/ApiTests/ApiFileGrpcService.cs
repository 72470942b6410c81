using System.Runtime.CompilerServices;
using Google.Protobuf;
using Grpc.Core;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;
using Orbit.ControlPlane.Storage.Blobs;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>The wire face of files that cases send.</summary>
internal sealed class ApiFileGrpcService(OrbitStore store, IBlobStore blobs, ApiFileCommands files, OpenStreams streams) : Wire.ApiFileService.ApiFileServiceBase
{
    public override async Task<Wire.ListApiFilesResponse> ListApiFiles(Wire.ListApiFilesRequest request, ServerCallContext context)
    {
        int size = Paging.Size(request.PageSize, 0);
        string? after = Paging.TextAfter(request.PageToken);
        Page<ApiFile> page = await store.ReadAsync((database, ct) => database.FilePageAsync(Caller.Of(context), after, size, ct), context.CancellationToken);
        return new() { Files = { page.Rows.Select(ToWire) }, NextPageToken = page.NextToken };
    }

    public override async Task<Wire.ApiFile> PutApiFile(Wire.PutApiFileRequest request, ServerCallContext context) => ToWire(await files.PutAsync(
        new(request.Name, request.HasFolder ? request.Folder : null, request.Visibility.ToDomain()),
        PartsAsync(request.Content.Memory, null, context.CancellationToken), Caller.Of(context), context.CancellationToken));

    public override async Task<Wire.ApiFile> UploadApiFile(IAsyncStreamReader<Wire.UploadApiFileRequest> requestStream, ServerCallContext context)
    {
        if (!await requestStream.MoveNext(context.CancellationToken))
        {
            throw OrbitException.Invalid("API_FILE_INVALID", "The first message must name the file.");
        }

        Wire.UploadApiFileRequest first = requestStream.Current;
        return ToWire(await files.PutAsync(
            new(first.Name, first.HasFolder ? first.Folder : null, first.Visibility.ToDomain()),
            PartsAsync(first.Content.Memory, requestStream, context.CancellationToken), Caller.Of(context), context.CancellationToken));
    }

    public override Task DownloadApiFile(Wire.DownloadApiFileRequest request, IServerStreamWriter<Wire.RawBody> responseStream, ServerCallContext context) =>
        streams.RunAsync(context, async ct =>
        {
            ApiFile file = await store.ReadAsync((database, cancel) => database.RequireFileAsync(request.Name, Caller.Of(context), cancel), ct);
            string type = "application/octet-stream";
            bool found = await BlobParts.SendAsync(
                blobs, file.BlobId,
                part =>
                {
                    (string said, type) = (type, "");
                    return responseStream.WriteAsync(new() { ContentType = said, Data = ByteString.CopyFrom(part.Span) }, ct);
                },
                ct);
            if (!found)
            {
                throw OrbitException.NotFound("API_FILE_NOT_FOUND", $"The file '{request.Name}' was replaced at this moment; ask again.");
            }

            if (type.Length > 0)
            {
                await responseStream.WriteAsync(new() { ContentType = type }, ct); // an empty file
            }
        });

    public override async Task<Wire.DeleteApiFileResponse> DeleteApiFile(Wire.DeleteApiFileRequest request, ServerCallContext context)
    {
        await files.DeleteAsync(request.Name, Caller.Of(context), context.CancellationToken);
        return new();
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> PartsAsync(
        ReadOnlyMemory<byte> first, IAsyncStreamReader<Wire.UploadApiFileRequest>? more, [EnumeratorCancellation] CancellationToken ct)
    {
        yield return first;
        while (more is not null && await more.MoveNext(ct))
        {
            yield return more.Current.Content.Memory;
        }
    }

    private static Wire.ApiFile ToWire(ApiFile file) => new()
    {
        Name = file.Name,
        Size = file.Size,
        Sha256 = file.Sha256,
        Folder = file.Folder,
        Visibility = file.Visibility.ToWire(),
        Owner = file.Owner,
        UpdatedAt = file.UpdatedAt.ToWire(),
        UpdatedBy = file.UpdatedBy,
    };
}
