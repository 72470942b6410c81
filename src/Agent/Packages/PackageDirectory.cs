using System.Net.Http.Headers;
using Microsoft.Extensions.Logging;

namespace Orbit.Agent.Packages;

/// <summary>Reads small things from a package server into memory: listings and checksum files.</summary>
internal sealed class PackageDirectory(
    PackageServer server, PackageServerOptions options, TimeProvider time, ILogger<PackageDirectory> logger)
{
    private const int MaxSideFileBytes = 64 * 1024;

    private readonly TransferRetry _retry = new(options, time, logger);

    /// <summary>Reads the listing of a directory, in whichever autoindex format it is served.</summary>
    /// <exception cref="PackageRefusal">There is no such directory, or what was served is no listing.</exception>
    public async Task<PackageListing> ListAsync(Uri directory, CancellationToken ct)
    {
        (byte[] body, bool isJson) = await ReadAsync(
            directory, PackageListing.MaxBytes, PackageRefusal.ListingTooLarge, ct).ConfigureAwait(false);
        using MemoryStream stream = new(body, writable: false);
        return isJson || LooksLikeJson(body)
            ? PackageListing.ParseJson(directory, stream)
            : PackageListing.ParseHtml(directory, stream);
    }

    /// <summary>Reads the checksum that lies beside a package, the strongest one; none when the listing shows none.</summary>
    /// <exception cref="PackageRefusal">There is a checksum file, but no checksum of this package can be read from it.</exception>
    public async Task<PackageChecksum?> ChecksumOfAsync(PackageListing listing, string fileName, CancellationToken ct)
    {
        string? sideFile = PackageChoice.SideFileEndings.Select(ending => fileName + ending).FirstOrDefault(listing.Files.Contains);
        if (sideFile is null)
        {
            return null;
        }

        (byte[] body, _) = await ReadAsync(
            listing.AddressOf(sideFile), MaxSideFileBytes, PackageRefusal.ChecksumInvalid, ct).ConfigureAwait(false);
        return PackageChecksum.Parse(body, sideFile, fileName);
    }

    private Task<(byte[] Body, bool IsJson)> ReadAsync(Uri address, int limit, string tooLarge, CancellationToken ct) =>
        _retry.RunAsync(
            address,
            () => 0,
            async token =>
            {
                using HttpResponseMessage response = await server.SendAsync(address, _ => { }, token).ConfigureAwait(false);
                PackageServer.RequireSuccess(response, address);
                if (response.Content.Headers.ContentEncoding.Count > 0)
                {
                    throw new PackageRefusal(
                        PackageRefusal.ListingInvalid, $"{address} was served compressed although that was not asked for.");
                }

                byte[] body = await ReadBoundedAsync(response.Content, address, limit, tooLarge, token).ConfigureAwait(false);
                MediaTypeHeaderValue? type = response.Content.Headers.ContentType;
                return (body, type?.MediaType?.EndsWith("json", StringComparison.OrdinalIgnoreCase) ?? false);
            },
            ct);

    private async Task<byte[]> ReadBoundedAsync(HttpContent content, Uri address, int limit, string tooLarge, CancellationToken ct)
    {
        using StallGuard guard = new(options.StallTimeout, time, ct);
        Stream body = await content.ReadAsStreamAsync(ct).ConfigureAwait(false);
        using MemoryStream read = new();
        byte[] buffer = new byte[64 * 1024];
        while (await guard.ReadAsync(body, buffer).ConfigureAwait(false) is > 0 and int count)
        {
            if (read.Length + count > limit)
            {
                throw new PackageRefusal(tooLarge, $"{address} is larger than {limit:N0} bytes.");
            }

            read.Write(buffer, 0, count);
        }

        return read.ToArray();
    }

    private static bool LooksLikeJson(byte[] body) =>
        body.FirstOrDefault(b => b is not ((byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')) == (byte)'[';
}
