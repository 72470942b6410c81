using System.IO.Pipelines;

namespace Orbit.ControlPlane.Storage.Blobs;

/// <summary>Reads blobs in parts that fit into a message.</summary>
internal static class BlobParts
{
    private const int PartBytes = 64 * 1024;

    /// <summary>Hands a blob on in parts of at most 64 KiB; the memory that it takes does not grow with the blob.</summary>
    /// <returns>False when there is none of that id (any more); nothing was handed on then.</returns>
    public static async Task<bool> SendAsync(IBlobStore blobs, Guid id, Func<ReadOnlyMemory<byte>, Task> send, CancellationToken ct)
    {
        var pipe = new Pipe();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Task<bool> reading = FillAsync(blobs, id, pipe.Writer, stop.Token);
        try
        {
            await using Stream content = pipe.Reader.AsStream();
            byte[] part = new byte[PartBytes];
            int read;
            while ((read = await content.ReadAtLeastAsync(part, PartBytes, throwOnEndOfStream: false, ct)) > 0)
            {
                await send(part.AsMemory(0, read));
            }
        }
        finally
        {
            await stop.CancelAsync(); // whoever cannot be sent to any more needs no further bytes
            await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return await reading;
    }

    private static async Task<bool> FillAsync(IBlobStore blobs, Guid id, PipeWriter writer, CancellationToken ct)
    {
        try
        {
            bool found = await blobs.CopyToAsync(id, writer.AsStream(leaveOpen: true), ct);
            await writer.CompleteAsync();
            return found;
        }
        catch (Exception failed)
        {
            await writer.CompleteAsync(failed);
            throw;
        }
    }
}
