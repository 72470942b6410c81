using Google.Protobuf;
using Grpc.Core;
using Orbit.Cli.Commands;
using Orbit.Contracts.V1;

namespace Orbit.Cli.ApiTests;

/// <summary>Files on their way to and from a server, in parts.</summary>
internal static class FileParts
{
    private const int PartBytes = 256 * 1024;

    /// <summary>Opens a file; one that cannot be is wrong usage.</summary>
    public static FileStream Usable(string path, Func<FileStream> open)
    {
        try
        {
            return open();
        }
        catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{path}: {unusable.Message}");
        }
    }

    /// <summary>Sends a file in parts; an empty one is one part. A server that has refused it says so when the answer is read.</summary>
    public static async Task SendAsync<T>(FileStream content, IClientStreamWriter<T> into, Func<ByteString, T> part)
    {
        byte[] buffer = new byte[PartBytes];
        int read = await content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false);
        try
        {
            do
            {
                await into.WriteAsync(part(ByteString.CopyFrom(buffer, 0, read)));
                read = await content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false);
            }
            while (read > 0);
            await into.CompleteAsync();
        }
        catch (Exception ended) when (ended is RpcException or InvalidOperationException)
        {
            // the answer tells why
        }
    }

    /// <summary>Writes what comes to a file, or to standard output when none is named. What was in the file stays until all has come.</summary>
    public static async Task SaveAsync(CommandContext context, AsyncServerStreamingCall<RawBody> call, string? path)
    {
        if (path is null)
        {
            await CopyAsync(context, call, context.Shell.OutputBytes);
            return;
        }

        string beside = path + ".part";
        FileStream file = Usable(path, () => File.Create(beside));
        try
        {
            await using (file)
            {
                await CopyAsync(context, call, file);
            }

            File.Move(beside, path, overwrite: true);
        }
        finally
        {
            File.Delete(beside);
        }
    }

    private static async Task CopyAsync(CommandContext context, AsyncServerStreamingCall<RawBody> call, Stream into)
    {
        await foreach (RawBody part in call.ResponseStream.ReadAllAsync(context.Stop))
        {
            await into.WriteAsync(part.Data.Memory, context.Stop);
        }

        await into.FlushAsync(context.Stop);
    }
}
