using System.Security.Cryptography;
using System.Text;
using Orbit.Agent.Packages;

namespace Orbit.Agent.Tests.Packages;

/// <summary>Against servers that break off, lie about lengths, change their mind or fall silent.</summary>
public sealed class BrokenTransferTests
{
    private static readonly byte[] Package = [0x1f, 0x8b, 8, .. RandomNumberGenerator.GetBytes(100_000)];

    [Fact]
    public async Task A_cut_connection_is_resumed_from_the_byte_it_broke_at()
    {
        await using ScriptedServer server = new((request, stream, ct) => request switch
        {
            { Method: "HEAD" } => ScriptedServer.SendAsync(stream, Head(200, "v1"), default, ct),
            { Number: 1 } => ScriptedServer.SendAsync(stream, Head(200, "v1"), Package.AsMemory(0, 40_000), ct),
            { Number: 2 } => ScriptedServer.SendAsync(stream, Rest(request, "v1"), Package.AsMemory(request.RangeStart, 30_000), ct),
            _ => ScriptedServer.SendAsync(stream, Rest(request, "v1"), Package.AsMemory(request.RangeStart), ct),
        });
        using DownloadRig rig = new();

        using FetchedPackage fetched = await rig.Download.FetchAsync(Listing(server), "a.tgz", null, default);

        Assert.Equal(Package, await File.ReadAllBytesAsync(fetched.Content.Path));
        ScriptedRequest[] gets = [.. server.Requests.Where(r => r.Method == "GET")];
        Assert.Equal(3, gets.Length);
        Assert.Equal(40_000, gets[1].RangeStart);
        Assert.Equal("\"v1\"", gets[1].Headers["If-Range"]);
        Assert.Equal(70_000, gets[2].RangeStart);
    }

    [Fact]
    public async Task A_file_that_changed_meanwhile_is_fetched_from_its_first_byte()
    {
        byte[] newer = [0x1f, 0x8b, 8, .. new byte[50_000]];
        await using ScriptedServer server = new((request, stream, ct) => request switch
        {
            { Method: "HEAD" } => ScriptedServer.SendAsync(stream, Head(200, "v1"), default, ct),
            { Number: 1 } => ScriptedServer.SendAsync(stream, Head(200, "v1"), Package.AsMemory(0, 40_000), ct),
            _ => ScriptedServer.SendAsync(stream, Head(200, "v2", newer.Length), newer, ct),
        });
        using DownloadRig rig = new();

        using FetchedPackage fetched = await rig.Download.FetchAsync(Listing(server), "a.tgz", null, default);

        Assert.Equal(newer, await File.ReadAllBytesAsync(fetched.Content.Path));
    }

    [Fact]
    public async Task A_range_of_another_version_is_never_glued_on()
    {
        await using ScriptedServer server = new((request, stream, ct) => request switch
        {
            { Method: "HEAD" } => ScriptedServer.SendAsync(stream, Head(200, "v1"), default, ct),
            { Number: 1 } => ScriptedServer.SendAsync(stream, Head(200, "v1"), Package.AsMemory(0, 40_000), ct),
            { Number: 2 } => ScriptedServer.SendAsync(stream, Rest(request, "v2"), new byte[60_003], ct),
            _ => ScriptedServer.SendAsync(stream, Head(200, "v2"), Package, ct),
        });
        using DownloadRig rig = new();

        using FetchedPackage fetched = await rig.Download.FetchAsync(Listing(server), "a.tgz", null, default);

        Assert.Equal(Package, await File.ReadAllBytesAsync(fetched.Content.Path));
    }

    [Fact]
    public async Task A_later_process_goes_on_with_what_an_earlier_one_left()
    {
        bool broken = true;
        await using ScriptedServer server = new((request, stream, ct) => request switch
        {
            { Method: "HEAD" } => ScriptedServer.SendAsync(stream, Head(200, "v1"), default, ct),
            { RangeStart: 0 } => ScriptedServer.SendAsync(stream, Head(200, "v1"), Package.AsMemory(0, 40_000), ct),
            _ when broken => ScriptedServer.SendAsync(stream, "HTTP/1.1 503 Busy\nContent-Length: 0", default, ct),
            _ => ScriptedServer.SendAsync(stream, Rest(request, "v1"), Package.AsMemory(request.RangeStart), ct),
        });
        using TemporaryDirectory data = new();
        using (DownloadRig first = new(directory: data.Root))
        {
            PackageRefusal refusal = await Assert.ThrowsAsync<PackageRefusal>(
                () => first.Download.FetchAsync(Listing(server), "a.tgz", null, default));
            Assert.Equal("PACKAGE_SERVER_UNREACHABLE", refusal.Reason);
            Assert.Contains("503", refusal.Message, StringComparison.Ordinal);
        }

        broken = false;
        using DownloadRig second = new(directory: data.Root);
        using FetchedPackage fetched = await second.Download.FetchAsync(Listing(server), "a.tgz", null, default);

        Assert.Equal(Package, await File.ReadAllBytesAsync(fetched.Content.Path));
        Assert.Single(server.Requests, r => r is { Method: "GET", RangeStart: 0 });
    }

    [Fact]
    public async Task A_body_that_always_ends_early_fails_after_a_bounded_number_of_attempts()
    {
        await using ScriptedServer server = new((_, stream, ct) =>
            ScriptedServer.SendAsync(stream, $"HTTP/1.1 200 OK\nContent-Length: {Package.Length}", Package.AsMemory(0, 10), ct));
        using DownloadRig rig = new();

        PackageRefusal refusal = await Assert.ThrowsAsync<PackageRefusal>(
            () => rig.Download.FetchAsync(Listing(server), "a.tgz", null, default));

        Assert.Equal("PACKAGE_SERVER_UNREACHABLE", refusal.Reason);
        Assert.InRange(server.Requests.Count, 3, 10);
    }

    [Fact]
    public async Task A_body_without_an_announced_end_is_cut_at_the_limit()
    {
        await using ScriptedServer server = new(async (request, stream, ct) =>
        {
            await ScriptedServer.SendAsync(stream, "HTTP/1.1 200 OK", Package, ct);
            while (request.Method == "GET")
            {
                await stream.WriteAsync(Package, ct);
            }
        });
        using DownloadRig rig = new(o => o with { MaxBytes = 1_000_000 });

        PackageRefusal refusal = await Assert.ThrowsAsync<PackageRefusal>(
            () => rig.Download.FetchAsync(Listing(server), "a.tgz", null, default));

        Assert.Equal("PACKAGE_TOO_LARGE", refusal.Reason);
        Assert.Empty(rig.FilesInCache());
    }

    [Fact]
    public async Task A_server_that_falls_silent_is_given_up()
    {
        await using ScriptedServer server = new(async (request, stream, ct) =>
        {
            await ScriptedServer.SendAsync(stream, Head(200, "v1"), request.Method == "HEAD" ? default : Package.AsMemory(0, 1000), ct);
            await Task.Delay(request.Method == "HEAD" ? TimeSpan.Zero : Timeout.InfiniteTimeSpan, ct);
        });
        using DownloadRig rig = new(o => o with { StallTimeout = TimeSpan.FromMilliseconds(100) });

        PackageRefusal refusal = await Assert.ThrowsAsync<PackageRefusal>(
            () => rig.Download.FetchAsync(Listing(server), "a.tgz", null, default));

        Assert.Equal("PACKAGE_SERVER_UNREACHABLE", refusal.Reason);
        Assert.Contains("No byte came", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_drips_is_too_slow()
    {
        await using ScriptedServer server = Dripping();
        using DownloadRig rig = new(o => o with { RateWindow = TimeSpan.FromMilliseconds(200), MinBytesPerSecond = 10_000_000 });

        PackageRefusal refusal = await Assert.ThrowsAsync<PackageRefusal>(
            () => rig.Download.FetchAsync(Listing(server), "a.tgz", null, default));

        Assert.Equal("PACKAGE_TOO_SLOW", refusal.Reason);
    }

    [Fact]
    public async Task The_total_time_ends_a_download_that_never_stalls()
    {
        await using ScriptedServer server = Dripping();
        using DownloadRig rig = new(o => o with { TotalTimeout = TimeSpan.FromMilliseconds(300), MinBytesPerSecond = 0 });

        PackageRefusal refusal = await Assert.ThrowsAsync<PackageRefusal>(
            () => rig.Download.FetchAsync(Listing(server), "a.tgz", null, default));

        Assert.Equal("PACKAGE_DOWNLOAD_TIMED_OUT", refusal.Reason);
    }

    [Fact]
    public async Task Cancelling_is_not_mistaken_for_a_broken_server()
    {
        await using ScriptedServer server = Dripping();
        using DownloadRig rig = new();
        using CancellationTokenSource cancel = new();

        Task fetch = rig.Download.FetchAsync(Listing(server), "a.tgz", _ => cancel.Cancel(), cancel.Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fetch);
    }

    [Fact]
    public async Task Bytes_served_with_a_content_encoding_are_kept_as_they_are()
    {
        byte[] bomb = Gzip(new byte[5_000_000]);
        await using ScriptedServer server = new((request, stream, ct) => ScriptedServer.SendAsync(
            stream, $"HTTP/1.1 200 OK\nContent-Encoding: gzip\nContent-Length: {bomb.Length}", request.Method == "HEAD" ? default : bomb, ct));
        using DownloadRig rig = new();

        using FetchedPackage fetched = await rig.Download.FetchAsync(Listing(server), "a.tgz", null, default);

        Assert.Equal(bomb.Length, fetched.Content.Length);
    }

    private static ScriptedServer Dripping() =>
        new(async (request, stream, ct) =>
        {
            await ScriptedServer.SendAsync(stream, Head(200, "v1"), request.Method == "HEAD" ? default : Package.AsMemory(0, 1000), ct);
            for (int i = 1000; request.Method == "GET" && i < Package.Length; i++)
            {
                await stream.WriteAsync(Package.AsMemory(i, 1), ct);
                await Task.Delay(5, ct);
            }
        });

    private static string Head(int status, string tag, int? length = null) =>
        $"HTTP/1.1 {status} OK\nETag: \"{tag}\"\nContent-Length: {length ?? Package.Length}";

    private static string Rest(ScriptedRequest request, string tag) =>
        $"HTTP/1.1 206 Partial\nETag: \"{tag}\"\nContent-Range: bytes {request.RangeStart}-{Package.Length - 1}/{Package.Length}\nContent-Length: {Package.Length - request.RangeStart}";

    private static PackageListing Listing(ScriptedServer server) =>
        PackageListing.ParseHtml(new Uri(server.BaseUrl + "/p/"), new MemoryStream(Encoding.UTF8.GetBytes("<a href=a.tgz>a</a>")));

    private static byte[] Gzip(byte[] content)
    {
        using MemoryStream packed = new();
        using (System.IO.Compression.GZipStream gzip = new(packed, System.IO.Compression.CompressionLevel.Fastest))
        {
            gzip.Write(content);
        }

        return packed.ToArray();
    }
}
