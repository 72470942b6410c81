using System.IO.Pipelines;
using Google.Protobuf;
using Grpc.Core;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Backup;

/// <summary>The wire face of backups.</summary>
internal sealed class BackupGrpcService(BackupTaking taking, OpenStreams streams) : BackupService.BackupServiceBase
{
    private const int PartBytes = 64 * 1024;

    public override Task TakeBackup(TakeBackupRequest request, IServerStreamWriter<RawBody> responses, ServerCallContext context) =>
        streams.RunAsync(context, async ct =>
        {
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(ct);
            var pipe = new Pipe();
            Task writing = WriteAsync(pipe.Writer, Caller.Of(context), ending.Token);
            try
            {
                await SendAsync(pipe.Reader, responses, ct);
            }
            finally
            {
                await ending.CancelAsync();
                await writing;
            }
        });

    private async Task WriteAsync(PipeWriter pipe, Caller by, CancellationToken ct)
    {
        try
        {
            await using Stream output = pipe.AsStream(leaveOpen: true);
            await taking.WriteAsync(output, by, ct);
            await pipe.CompleteAsync();
        }
        catch (Exception failure)
        {
            await pipe.CompleteAsync(failure); // it is thrown where the pipe is read
        }
    }

    private static async Task SendAsync(PipeReader pipe, IServerStreamWriter<RawBody> responses, CancellationToken ct)
    {
        string type = "application/gzip";
        await using Stream input = pipe.AsStream();
        byte[] part = new byte[PartBytes];
        while (await input.ReadAtLeastAsync(part, PartBytes, throwOnEndOfStream: false, ct) is > 0 and var length)
        {
            await responses.WriteAsync(new() { ContentType = type, Data = ByteString.CopyFrom(part, 0, length) }, ct);
            type = "";
        }
    }
}
