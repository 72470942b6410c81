using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Orbit.Agent.Files;

namespace Orbit.Agent.Packages;

/// <summary>A package that is whole and checked. Dispose it when the run no longer reads it.</summary>
/// <param name="Content">The bytes, held in the cache.</param>
/// <param name="FileName">As the listing calls it.</param>
/// <param name="CheckedAgainst"><c>sha256</c> or <c>md5</c>; none when no checksum lay beside it, and then nobody may call it verified.</param>
/// <param name="FromCache">True when no byte was fetched.</param>
/// <param name="EarlierSha256">What the same address held at an earlier fetch, when that differs: the package was published again.</param>
internal sealed record FetchedPackage(
    CachedPackage Content, string FileName, string? CheckedAgainst, bool FromCache, string? EarlierSha256) : IDisposable
{
    public void Dispose() => Content.Dispose();
}

/// <summary>Fetches one package of a listing into the cache: known content at once, anything else streamed to disk, resumed and checked.</summary>
internal sealed class PackageDownload(
    PackageServer server,
    PackageDirectory directory,
    PackageCache cache,
    PackageServerOptions options,
    TimeProvider time,
    ILogger<PackageDownload> logger)
{
    private readonly PackageTransfer _transfer = new(server, options, time, logger);

    /// <exception cref="PackageRefusal">The package cannot be had or is not what it should be.</exception>
    /// <exception cref="NoSpaceRefusal">The cache's disk is full; what was fetched stays for the next attempt.</exception>
    public async Task<FetchedPackage> FetchAsync(
        PackageListing listing, string fileName, Action<DownloadProgress>? progress, CancellationToken ct)
    {
        PackageChecksum? expected = await directory.ChecksumOfAsync(listing, fileName, ct).ConfigureAwait(false);
        if (expected is null && options.RequireChecksum)
        {
            throw new PackageRefusal(
                PackageRefusal.ChecksumMissing, $"No checksum file lies beside '{fileName}', and one is required.");
        }

        Uri address = listing.AddressOf(fileName);
        using IDisposable turn = await cache.EnterAsync(address, ct).ConfigureAwait(false);
        string? earlier = cache.LatestSha256(address);
        if (await FromCacheAsync(address, expected, ct).ConfigureAwait(false) is { } known)
        {
            logger.TakenFromCache(address, known.Sha256);
            return new(known, fileName, expected?.Name, FromCache: true, Differs(earlier, known.Sha256));
        }

        CachedPackage fetched = await FetchFreshAsync(address, fileName, expected, progress, ct).ConfigureAwait(false);
        logger.Downloaded(address, fetched.Length, fetched.Sha256, expected?.Name ?? "nothing");
        return new(fetched, fileName, expected?.Name, FromCache: false, Differs(earlier, fetched.Sha256));
    }

    private async Task<CachedPackage?> FromCacheAsync(Uri address, PackageChecksum? expected, CancellationToken ct)
    {
        string? sha256 = expected?.Algorithm == HashAlgorithmName.SHA256
            ? expected.Hex
            : cache.KnownSha256(await _transfer.DescribeAsync(address, ct).ConfigureAwait(false));
        CachedPackage? known = sha256 is null ? null : await cache.TakeAsync(sha256, ct).ConfigureAwait(false);
        if (known is null || expected is null || expected.Algorithm == HashAlgorithmName.SHA256)
        {
            return known;
        }

        bool agrees = false;
        try
        {
            agrees = await FileHash.HashAsync(known.Path, expected.Algorithm, ct).ConfigureAwait(false) == expected.Hex;
            return agrees ? known : null;
        }
        finally
        {
            if (!agrees)
            {
                known.Dispose();
            }
        }
    }

    private async Task<CachedPackage> FetchFreshAsync(
        Uri address, string fileName, PackageChecksum? expected, Action<DownloadProgress>? progress, CancellationToken ct)
    {
        PartialDownload partial = PartialDownload.Open(cache.PartialPath(address), address);
        try
        {
            PackageVersion version = await _transfer.FetchAsync(address, fileName, partial, progress, ct).ConfigureAwait(false);
            await RequireSignatureAsync(partial.Path, fileName, ct).ConfigureAwait(false);
            string sha256 = await RequireChecksumAsync(partial.Path, fileName, expected, ct).ConfigureAwait(false);
            CachedPackage kept = cache.Keep(partial.Path, sha256, version);
            partial.Forget();
            return kept;
        }
        catch (PackageRefusal refusal) when (refusal.Reason is not (PackageRefusal.ServerUnreachable or PackageRefusal.TimedOut or PackageRefusal.TooSlow))
        {
            partial.Discard(); // wrong bytes: continuing them could only fail again
            throw;
        }
        catch (IOException full) when (NoSpaceRefusal.IsFull(full))
        {
            throw new NoSpaceRefusal(partial.Path, null, full);
        }
    }

    private static async Task RequireSignatureAsync(string path, string fileName, CancellationToken ct)
    {
        byte[] head = new byte[PackageSignature.Length];
        FileStream file = new(path, FileMode.OpenOrCreate, FileAccess.Read);
        await using (file.ConfigureAwait(false))
        {
            int count = await file.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, ct).ConfigureAwait(false);
            PackageSignature.Require(head.AsSpan(0, count), fileName);
        }
    }

    private static async Task<string> RequireChecksumAsync(
        string path, string fileName, PackageChecksum? expected, CancellationToken ct)
    {
        string sha256 = await FileHash.Sha256Async(path, ct).ConfigureAwait(false);
        if (expected is null)
        {
            return sha256;
        }

        string actual = expected.Algorithm == HashAlgorithmName.SHA256
            ? sha256
            : await FileHash.HashAsync(path, expected.Algorithm, ct).ConfigureAwait(false);
        return actual == expected.Hex
            ? sha256
            : throw new PackageRefusal(
                PackageRefusal.ChecksumMismatch,
                $"'{fileName}' has the {expected.Name} checksum {actual}, but {expected.Hex} lies beside it.");
    }

    private static string? Differs(string? earlier, string now) => earlier is not null && earlier != now ? earlier : null;
}
