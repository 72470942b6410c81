using System.Net;
using System.Security.Cryptography;
using Orbit.Agent.Identity;

namespace Orbit.Agent.Link;

/// <summary>Fetches files from the control plane's own address, trusting as the session does.</summary>
internal sealed class ControlPlanePackages(ServerConnection connection)
{
    private const int BufferSize = 128 * 1024;
    private static readonly TimeSpan Stalled = TimeSpan.FromSeconds(60);

    /// <summary>Fetches a file whose checksum and size are known.</summary>
    /// <returns>What went wrong; null when the file is there and is the right one.</returns>
    public async Task<string?> FetchAsync(string path, string file, string sha256, long size, CancellationToken ct)
    {
        using var alive = CancellationTokenSource.CreateLinkedTokenSource(ct);
        alive.CancelAfter(Stalled);
        try
        {
            using HttpMessageInvoker http = new(connection.Handler());
            using HttpRequestMessage request = new(HttpMethod.Get, new Uri(connection.Server, path))
            {
                Version = HttpVersion.Version20,
                // Without TLS nothing is negotiated: the port for gRPC knows HTTP/2 alone.
                VersionPolicy = connection.Server.Scheme == Uri.UriSchemeHttps ? HttpVersionPolicy.RequestVersionOrLower : HttpVersionPolicy.RequestVersionExact,
            };
            using HttpResponseMessage answer = await http.SendAsync(request, alive.Token);
            if (!answer.IsSuccessStatusCode)
            {
                return $"{request.RequestUri} was answered {(int)answer.StatusCode}.";
            }

            await using Stream content = await answer.Content.ReadAsStreamAsync(alive.Token);
            return await StoreAsync(content, file, sha256, size, alive);
        }
        catch (Exception away) when (away is HttpRequestException or IdentityException or IOException || (away is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return away is OperationCanceledException ? $"nothing came for {Stalled.TotalSeconds:0} s." : away.Message;
        }
    }

    private static async Task<string?> StoreAsync(Stream content, string file, string sha256, long size, CancellationTokenSource alive)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using FileStream stored = new(file, FileMode.Create, FileAccess.Write);
        byte[] buffer = new byte[BufferSize];
        long length = 0;
        for (int read; (read = await content.ReadAsync(buffer, alive.Token)) > 0;)
        {
            alive.CancelAfter(Stalled);
            hash.AppendData(buffer, 0, read);
            await stored.WriteAsync(buffer.AsMemory(0, read), alive.Token);
            if ((length += read) > size)
            {
                return "it is longer than it was said to be.";
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset()) == sha256 ? null : "its checksum is another one; another replica may serve another version.";
    }
}
