using Microsoft.Extensions.Logging.Abstractions;
using Orbit.Agent.Packages;

namespace Orbit.Agent.Tests.Packages;

/// <summary>The package classes, wired as the agent does, with an own cache and short pauses.</summary>
internal sealed class DownloadRig : IDisposable
{
    private readonly TemporaryDirectory _files = new();
    private readonly HttpClient _http = PackageServer.CreateClient();
    private readonly string _cache;

    public DownloadRig(
        Func<PackageServerOptions, PackageServerOptions>? adjust = null, long cacheBytes = long.MaxValue, string? directory = null)
    {
        PackageServerOptions options = new()
        {
            FirstPause = TimeSpan.FromMilliseconds(5),
            MaxPause = TimeSpan.FromMilliseconds(20),
            StallTimeout = TimeSpan.FromSeconds(10),
            MaxFruitlessAttempts = 3,
        };
        options = adjust?.Invoke(options) ?? options;
        _cache = Path.Combine(directory ?? _files.Root, "packages");
        PackageServer server = new(_http);
        Cache = new(_cache, cacheBytes, TimeProvider.System, NullLogger<PackageCache>.Instance);
        Directory = new(server, options, TimeProvider.System, NullLogger<PackageDirectory>.Instance);
        Download = new(server, Directory, Cache, options, TimeProvider.System, NullLogger<PackageDownload>.Instance);
    }

    public PackageCache Cache { get; }

    public PackageDirectory Directory { get; }

    public PackageDownload Download { get; }

    public Task<PackageListing> ListAsync(string baseUrl, string path) =>
        Directory.ListAsync(PackageLocation.Join(baseUrl, path), default);

    public async Task<PackageRefusal> RefusalAsync(string baseUrl, string path, string fileName)
    {
        PackageListing listing = await ListAsync(baseUrl, path);
        return await Assert.ThrowsAsync<PackageRefusal>(() => Download.FetchAsync(listing, fileName, null, default));
    }

    /// <summary>Content and partial downloads, the index left out.</summary>
    public IEnumerable<string> FilesInCache() =>
        System.IO.Directory.EnumerateFiles(_cache, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith("index.json", StringComparison.Ordinal));

    public void Dispose()
    {
        _http.Dispose();
        _files.Dispose();
    }
}
