using System.Buffers;
using System.Security.Cryptography;

namespace Orbit.ApiTesting.Http;

/// <summary>Reads an answer's body: the beginning is kept, the rest only counted and hashed.</summary>
internal static class BodyReading
{
    public static async Task<(ReadOnlyMemory<byte> Kept, long Size, string? Hash)> ReadAsync(HttpContent content, TransportOptions options, CancellationToken ct)
    {
        if (content.Headers.ContentLength is 0)
        {
            return (ReadOnlyMemory<byte>.Empty, 0, null);
        }

        using Stream stream = await content.ReadAsStreamAsync(ct);
        byte[] buffer = content.Headers.ContentLength is { } length && length <= options.KeptBody
            ? new byte[length + 1] // one more: the read that finds the end needs room
            : new byte[4096];
        int filled = 0;
        while (true)
        {
            int read = await stream.ReadAsync(buffer.AsMemory(filled), ct);
            filled += read;
            if (read == 0)
            {
                return (buffer.AsMemory(0, filled), filled, null);
            }

            if (filled > options.KeptBody)
            {
                return await HashRestAsync(stream, buffer.AsMemory(0, filled), options, ct);
            }

            if (filled == buffer.Length)
            {
                Array.Resize(ref buffer, (int)Math.Min((long)options.KeptBody + 1, Math.Max(4096, buffer.Length * 2L)));
            }
        }
    }

    private static async Task<(ReadOnlyMemory<byte> Kept, long Size, string? Hash)> HashRestAsync(Stream stream, ReadOnlyMemory<byte> soFar, TransportOptions options, CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(soFar.Span);
        long size = soFar.Length;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            int read;
            while ((read = await stream.ReadAsync(buffer, ct)) > 0)
            {
                hash.AppendData(buffer.AsSpan(0, read));
                size += read;
                if (size > options.LongestBody)
                {
                    throw new IOException($"the body is longer than {options.LongestBody} bytes");
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return (soFar[..options.KeptBody], size, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }
}
