using System.Security.Cryptography;
using System.Text;
using Orbit.Agent.Files;
using Orbit.Agent.Packages;
using Orbit.Agent.Tests.Files;

namespace Orbit.Agent.Tests.Packages;

/// <summary>Against a real nginx.</summary>
public sealed class PackageDownloadTests
{
    private static readonly byte[] Package = [0x1f, 0x8b, 8, .. RandomNumberGenerator.GetBytes(300_000)];

    [Theory]
    [InlineData("html")]
    [InlineData("json")]
    public async Task A_package_with_a_long_name_is_found_fetched_and_checked(string format)
    {
        await using NginxServer nginx = await NginxServer.StartAsync();
        using DownloadRig rig = new();
        string name = "cds-" + new string('x', 90) + " 构建.tar.gz";
        nginx.Write("pass/el7/" + name, Package);
        nginx.Write("pass/el7/" + name + ".sha256", Encoding.UTF8.GetBytes($"{Sha(Package)}  {name}\n"));
        nginx.Write("pass/el7/sds.tar.gz", Package);

        PackageListing listing = await rig.ListAsync(nginx.BaseUrl + "/" + format, "pass/el7");
        List<DownloadProgress> progress = [];
        using FetchedPackage fetched = await rig.Download.FetchAsync(
            listing, PackageChoice.Choose(listing, "*CDS*"), progress.Add, default);

        Assert.Equal(Package, await File.ReadAllBytesAsync(fetched.Content.Path));
        Assert.Equal(name, fetched.FileName);
        Assert.Equal("sha256", fetched.CheckedAgainst);
        Assert.Equal(new DownloadProgress(Package.Length, Package.Length), progress[^1]);
    }

    [Fact]
    public async Task The_second_fetch_of_an_unchanged_package_takes_no_bytes_from_the_server()
    {
        await using NginxServer nginx = await NginxServer.StartAsync();
        using DownloadRig rig = new();
        nginx.Write("p/a.tgz", Package);
        PackageListing listing = await rig.ListAsync(nginx.BaseUrl + "/html", "p");
        using FetchedPackage first = await rig.Download.FetchAsync(listing, "a.tgz", null, default);

        using FetchedPackage again = await rig.Download.FetchAsync(listing, "a.tgz", null, default);

        Assert.False(first.FromCache);
        Assert.True(again.FromCache);
        Assert.Null(again.CheckedAgainst);
        Assert.Equal(first.Content.Path, again.Content.Path);
    }

    [Fact]
    public async Task A_package_published_again_with_other_bytes_is_fetched_and_said_to_differ()
    {
        await using NginxServer nginx = await NginxServer.StartAsync();
        using DownloadRig rig = new();
        nginx.Write("p/a.tgz", Package);
        PackageListing listing = await rig.ListAsync(nginx.BaseUrl + "/html", "p");
        using FetchedPackage first = await rig.Download.FetchAsync(listing, "a.tgz", null, default);
        byte[] other = [0x1f, 0x8b, 8, .. new byte[1000]];
        File.SetLastWriteTimeUtc(nginx.Write("p/a.tgz", other), new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));

        using FetchedPackage again = await rig.Download.FetchAsync(listing, "a.tgz", null, default);

        Assert.False(again.FromCache);
        Assert.Equal(first.Content.Sha256, again.EarlierSha256);
        Assert.Equal(other, await File.ReadAllBytesAsync(again.Content.Path));
    }

    [Fact]
    public async Task A_cached_package_that_rotted_on_disk_is_fetched_again()
    {
        await using NginxServer nginx = await NginxServer.StartAsync();
        using DownloadRig rig = new();
        nginx.Write("p/a.tgz", Package);
        PackageListing listing = await rig.ListAsync(nginx.BaseUrl + "/html", "p");
        using FetchedPackage first = await rig.Download.FetchAsync(listing, "a.tgz", null, default);
        await File.WriteAllTextAsync(first.Content.Path, "rot");

        using FetchedPackage again = await rig.Download.FetchAsync(listing, "a.tgz", null, default);

        Assert.False(again.FromCache);
        Assert.Equal(Package, await File.ReadAllBytesAsync(again.Content.Path));
    }

    [Theory]
    [InlineData("a.tgz.sha256", "PACKAGE_CHECKSUM_MISMATCH")]
    [InlineData("a.tgz.md5sum", "PACKAGE_CHECKSUM_MISMATCH")]
    public async Task A_wrong_checksum_fails_and_leaves_nothing(string sideFile, string reason)
    {
        await using NginxServer nginx = await NginxServer.StartAsync();
        using DownloadRig rig = new();
        nginx.Write("p/a.tgz", Package);
        nginx.Write("p/" + sideFile, Encoding.ASCII.GetBytes(new string('0', sideFile.Contains("md5", StringComparison.Ordinal) ? 32 : 64)));

        PackageRefusal refusal = await rig.RefusalAsync(nginx.BaseUrl + "/html", "p", "a.tgz");

        Assert.Equal(reason, refusal.Reason);
        Assert.Empty(rig.FilesInCache());
    }

    [Fact]
    public async Task The_right_MD5_is_accepted_and_named()
    {
        await using NginxServer nginx = await NginxServer.StartAsync();
        using DownloadRig rig = new();
        nginx.Write("p/a.tgz", Package);
        nginx.Write("p/a.tgz.md5", Encoding.ASCII.GetBytes($"MD5 (a.tgz) = {Convert.ToHexString(CryptographicOperations.HashData(HashAlgorithmName.MD5, Package))}"));
        PackageListing listing = await rig.ListAsync(nginx.BaseUrl + "/html", "p");

        using FetchedPackage fetched = await rig.Download.FetchAsync(listing, "a.tgz", null, default);

        Assert.Equal("md5", fetched.CheckedAgainst);
    }

    [Fact]
    public async Task A_checksum_file_without_a_checksum_is_refused_rather_than_ignored()
    {
        await using NginxServer nginx = await NginxServer.StartAsync();
        using DownloadRig rig = new();
        nginx.Write("p/a.tgz", Package);
        nginx.Write("p/a.tgz.sha256", Encoding.ASCII.GetBytes($"{Sha(Package)}  other.tgz\n"));

        Assert.Equal("PACKAGE_CHECKSUM_INVALID", (await rig.RefusalAsync(nginx.BaseUrl + "/html", "p", "a.tgz")).Reason);
    }

    [Fact]
    public async Task A_package_without_a_checksum_is_refused_where_one_is_required()
    {
        await using NginxServer nginx = await NginxServer.StartAsync();
        using DownloadRig rig = new(o => o with { RequireChecksum = true });
        nginx.Write("p/a.tgz", Package);

        Assert.Equal("PACKAGE_CHECKSUM_MISSING", (await rig.RefusalAsync(nginx.BaseUrl + "/html", "p", "a.tgz")).Reason);
    }

    [Theory]
    [InlineData("a.zip", "<!DOCTYPE html><html></html>")]
    [InlineData("a.tar.gz", "PK\u0003\u0004")]
    [InlineData("a.tar", "no header")]
    [InlineData("a.tgz", "")]
    public async Task A_file_that_is_not_what_its_name_says_is_refused(string name, string content)
    {
        await using NginxServer nginx = await NginxServer.StartAsync();
        using DownloadRig rig = new();
        nginx.Write("p/" + name, Encoding.Latin1.GetBytes(content));

        Assert.Equal("PACKAGE_NOT_AN_ARCHIVE", (await rig.RefusalAsync(nginx.BaseUrl + "/html", "p", name)).Reason);
        Assert.Empty(rig.FilesInCache());
    }

    [Theory]
    [InlineData("html", "missing", "PACKAGE_NOT_FOUND")]
    [InlineData("away", "p", "PACKAGE_REDIRECT_REFUSED")]
    [InlineData("loop", "p", "PACKAGE_REDIRECT_REFUSED")]
    public async Task A_directory_that_cannot_be_listed_says_why(string root, string path, string reason)
    {
        await using NginxServer nginx = await NginxServer.StartAsync();
        using DownloadRig rig = new();

        PackageRefusal refusal = await Assert.ThrowsAsync<PackageRefusal>(() => rig.ListAsync($"{nginx.BaseUrl}/{root}", path));

        Assert.Equal(reason, refusal.Reason);
        Assert.Contains(nginx.BaseUrl, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redirect_within_the_origin_is_followed()
    {
        await using NginxServer nginx = await NginxServer.StartAsync();
        using DownloadRig rig = new();
        nginx.Write("a.zip", Package);

        PackageListing listing = await rig.Directory.ListAsync(new Uri(nginx.BaseUrl + "/moved/"), default);

        Assert.Contains("a.zip", listing.Files);
    }

    [Fact]
    public async Task A_web_page_in_place_of_a_listing_holds_no_package()
    {
        await using NginxServer nginx = await NginxServer.StartAsync();
        using DownloadRig rig = new();
        PackageListing listing = await rig.ListAsync(nginx.BaseUrl + "/page", "p");

        Assert.Equal("PACKAGE_NOT_FOUND", Assert.Throws<PackageRefusal>(() => PackageChoice.Choose(listing, "*")).Reason);
    }

    [Fact]
    public async Task A_package_larger_than_allowed_is_refused_before_its_bytes_come()
    {
        await using NginxServer nginx = await NginxServer.StartAsync();
        using DownloadRig rig = new(o => o with { MaxBytes = 1000 });
        nginx.Write("p/a.tgz", Package);

        Assert.Equal("PACKAGE_TOO_LARGE", (await rig.RefusalAsync(nginx.BaseUrl + "/html", "p", "a.tgz")).Reason);
        Assert.Empty(rig.FilesInCache());
    }

    [Fact]
    public async Task Two_fetches_of_one_package_at_once_cost_one_download()
    {
        await using NginxServer nginx = await NginxServer.StartAsync();
        using DownloadRig rig = new();
        nginx.Write("p/a.tgz", Package);
        PackageListing listing = await rig.ListAsync(nginx.BaseUrl + "/html", "p");

        FetchedPackage[] both = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => rig.Download.FetchAsync(listing, "a.tgz", null, default)));

        Assert.Single(both, f => !f.FromCache);
        Assert.All(both, f => f.Dispose());
    }

    [Fact]
    public async Task The_cache_drops_the_longest_unused_package_but_never_one_in_use()
    {
        await using NginxServer nginx = await NginxServer.StartAsync();
        using DownloadRig rig = new(cacheBytes: 700_000); // room for two
        foreach (string name in (string[])["a", "b", "c", "d"])
        {
            nginx.Write($"p/{name}.tgz", [.. Package, (byte)name[0]]);
        }

        PackageListing listing = await rig.ListAsync(nginx.BaseUrl + "/html", "p");
        using FetchedPackage used = await rig.Download.FetchAsync(listing, "a.tgz", null, default);
        FetchedPackage b = await rig.Download.FetchAsync(listing, "b.tgz", null, default);
        b.Dispose();
        (await rig.Download.FetchAsync(listing, "c.tgz", null, default)).Dispose();

        Assert.True(File.Exists(used.Content.Path));
        Assert.False(File.Exists(b.Content.Path));
    }

    [Fact]
    public async Task A_full_disk_names_the_path_and_the_need()
    {
        using SmallDisk disk = SmallDisk.Mount(megabytes: 1);
        await using NginxServer nginx = await NginxServer.StartAsync();
        using DownloadRig rig = new(directory: disk.Path);
        nginx.Write("p/a.tgz", [0x1f, 0x8b, 8, .. new byte[3_000_000]]);
        PackageListing listing = await rig.ListAsync(nginx.BaseUrl + "/html", "p");

        NoSpaceRefusal full = await Assert.ThrowsAsync<NoSpaceRefusal>(() => rig.Download.FetchAsync(listing, "a.tgz", null, default));

        Assert.Equal("NO_SPACE", full.Reason);
        Assert.Contains(disk.Path, full.Message, StringComparison.Ordinal);
        Assert.Contains("3,000,003", full.Message, StringComparison.Ordinal);
    }

    private static string Sha(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
