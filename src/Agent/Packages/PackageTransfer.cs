using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Logging;
using Orbit.Agent.Files;

namespace Orbit.Agent.Packages;

/// <summary>How far a download is.</summary>
/// <param name="Bytes">On disk.</param>
/// <param name="TotalBytes">As the server said; none when it did not.</param>
internal readonly record struct DownloadProgress(long Bytes, long? TotalBytes);

/// <summary>Brings the bytes of one address into a partial file, attempt by attempt, resuming where the server's version is unchanged.</summary>
internal sealed class PackageTransfer(
    PackageServer server, PackageServerOptions options, TimeProvider time, ILogger logger)
{
    private const int BufferBytes = 128 * 1024;

    private readonly TransferRetry _retry = new(options, time, logger);

    /// <summary>Asks what the server has, without fetching it.</summary>
    public Task<PackageVersion> DescribeAsync(Uri address, CancellationToken ct) =>
        _retry.RunAsync(
            address,
            () => 0,
            async token =>
            {
                using HttpResponseMessage response = await server.SendAsync(
                    address, request => request.Method = HttpMethod.Head, token).ConfigureAwait(false);
                if (response.StatusCode is HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented)
                {
                    return new PackageVersion(address, null, null, null);
                }

                PackageServer.RequireSuccess(response, address);
                return VersionOf(response, address);
            },
            ct);

    /// <summary>Fetches everything that is missing.</summary>
    /// <returns>The version that the whole file belongs to.</returns>
    public async Task<PackageVersion> FetchAsync(
        Uri address, string fileName, PartialDownload partial, Action<DownloadProgress>? progress, CancellationToken ct) =>
        await _retry.RunAsync(
            address,
            () => partial.Position,
            async token =>
            {
                try
                {
                    return await AttemptAsync(address, fileName, partial, progress, token).ConfigureAwait(false);
                }
                catch (Exception full) when (NoSpaceRefusal.IsFull(full))
                {
                    // What is there stays: the operator makes room and the next attempt goes on from it.
                    throw new NoSpaceRefusal(partial.Path, partial.Version?.Length - partial.Position, full);
                }
            },
            ct).ConfigureAwait(false);

    private async Task<PackageVersion> AttemptAsync(
        Uri address, string fileName, PartialDownload partial, Action<DownloadProgress>? progress, CancellationToken ct)
    {
        if (partial.Version?.Length is { } whole && partial.Position == whole)
        {
            return partial.Version;
        }

        using HttpResponseMessage response = await server.SendAsync(
            address, request => AskForRest(request, partial), ct).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            partial.Discard();
            throw new InterruptedTransfer($"{address} no longer has the range that was asked for.");
        }

        PackageServer.RequireSuccess(response, address);
        Agree(response, address, partial);
        RequireFits(address, partial);
        await CopyAsync(response.Content, address, fileName, partial, progress, ct).ConfigureAwait(false);
        if (partial.Version!.Length is { } length && partial.Position != length)
        {
            throw new InterruptedTransfer($"{address} ended after {partial.Position:N0} of {length:N0} bytes.");
        }

        return partial.Version;
    }

    private static void AskForRest(HttpRequestMessage request, PartialDownload partial)
    {
        if (partial.Position > 0 && partial.Validator is { } validator)
        {
            request.Headers.Range = new RangeHeaderValue(partial.Position, null);
            request.Headers.TryAddWithoutValidation("If-Range", validator);
        }
    }

    /// <summary>Decides whether the answer continues what is on disk; if not, begins again with the version it carries.</summary>
    private void Agree(HttpResponseMessage response, Uri address, PartialDownload partial)
    {
        if (response.StatusCode == HttpStatusCode.PartialContent)
        {
            ContentRangeHeaderValue? range = response.Content.Headers.ContentRange;
            PackageVersion answered = VersionOf(response, address) with { Length = range?.Length };
            if (range?.From == partial.Position && partial.Version!.IsContinuedBy(answered))
            {
                return;
            }

            partial.Discard();
            logger.ChangedOnServer(address);
            throw new InterruptedTransfer($"{address} answered with a range that does not continue what was fetched.");
        }

        if (partial.Position > 0)
        {
            logger.ChangedOnServer(address);
        }

        partial.Begin(VersionOf(response, address));
    }

    private void RequireFits(Uri address, PartialDownload partial)
    {
        if (partial.Version?.Length is not { } length)
        {
            return;
        }

        if (length > options.MaxBytes)
        {
            partial.Discard();
            throw TooLarge(address);
        }

        long missing = length - partial.Position;
        if (new DriveInfo(Path.GetDirectoryName(partial.Path)!).AvailableFreeSpace < missing)
        {
            throw new NoSpaceRefusal(partial.Path, missing);
        }
    }

    private async Task CopyAsync(
        HttpContent content, Uri address, string fileName, PartialDownload partial, Action<DownloadProgress>? progress, CancellationToken ct)
    {
        Stream body = await content.ReadAsStreamAsync(ct).ConfigureAwait(false);
        using StallGuard guard = new(options.StallTimeout, time, ct);
        RateFloor floor = new(options, time);
        byte[] buffer = new byte[BufferBytes];
        FileStream file = partial.OpenForAppend();
        await using (file.ConfigureAwait(false))
        {
            while (await guard.ReadAsync(body, buffer).ConfigureAwait(false) is > 0 and int count)
            {
                if (partial.Position + count > (partial.Version!.Length ?? options.MaxBytes))
                {
                    partial.Discard();
                    throw TooLarge(address);
                }

                if (partial.Position == 0 && count >= PackageSignature.Length)
                {
                    PackageSignature.Require(buffer.AsSpan(0, PackageSignature.Length), fileName);
                }

                await file.WriteAsync(buffer.AsMemory(0, count), ct).ConfigureAwait(false);
                partial.Advance(count);
                floor.Count(count, address);
                progress?.Invoke(new(partial.Position, partial.Version.Length));
            }
        }
    }

    private PackageRefusal TooLarge(Uri address) =>
        new(PackageRefusal.TooLarge, $"{address} is larger than it may be ({options.MaxBytes:N0} bytes, or its own announced length).");

    private static PackageVersion VersionOf(HttpResponseMessage response, Uri address) =>
        new(
            address,
            response.Headers.ETag?.ToString(),
            response.Content.Headers.LastModified?.ToString("r", CultureInfo.InvariantCulture),
            response.Content.Headers.ContentLength);

    /// <summary>Judges the mean rate window by window: a server that sends a byte now and then is never silent, yet never done.</summary>
    private sealed class RateFloor(PackageServerOptions options, TimeProvider time)
    {
        private long _windowStart = time.GetTimestamp();
        private long _bytes;

        public void Count(int bytes, Uri address)
        {
            _bytes += bytes;
            TimeSpan passed = time.GetElapsedTime(_windowStart);
            if (passed < options.RateWindow)
            {
                return;
            }

            if (_bytes < options.MinBytesPerSecond * passed.TotalSeconds)
            {
                throw new PackageRefusal(
                    PackageRefusal.TooSlow,
                    $"{address} sends {_bytes / passed.TotalSeconds:N0} bytes a second; at least {options.MinBytesPerSecond:N0} are required.");
            }

            (_windowStart, _bytes) = (time.GetTimestamp(), 0);
        }
    }
}
