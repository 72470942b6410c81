using System.Globalization;
using Microsoft.Extensions.Logging;
using Orbit.Agent.Packages;
using Orbit.Agent.Policy;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Steps;

/// <summary>What downloads share over all plans: the connections and the cache.</summary>
internal sealed class PackageStore(string dataDirectory, TimeProvider time, ILoggerFactory loggers) : IDisposable
{
    private readonly HttpClient _client = PackageServer.CreateClient();

    /// <summary>Checked packages by their SHA-256.</summary>
    public PackageCache Cache { get; } =
        new(Path.Combine(dataDirectory, "packages"), new PackageServerOptions().CacheBytes, time, loggers.CreateLogger<PackageCache>());

    /// <summary>Finds and fetches the one package that a step means.</summary>
    public async Task<FetchedPackage> FetchAsync(DownloadStep wanted, Action<DownloadProgress> progress, CancellationToken ct)
    {
        PackageServerOptions options = new()
        {
            TotalTimeout = TimeSpan.FromDays(1), // the step's own limit is what counts
            MaxBytes = wanted.MaxBytes > 0 ? wanted.MaxBytes : new PackageServerOptions().MaxBytes,
        };
        PackageServer server = new(_client);
        PackageDirectory directory = new(server, options, time, loggers.CreateLogger<PackageDirectory>());
        PackageDownload download = new(server, directory, Cache, options, time, loggers.CreateLogger<PackageDownload>());
        PackageListing listing = await directory.ListAsync(PackageLocation.Join(wanted.BaseUrl, wanted.PackagePath), ct);
        return await download.FetchAsync(listing, PackageChoice.Choose(listing, wanted.Pattern), progress, ct);
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();
}

/// <summary>Chooses and fetches the package. Safe to repeat: what came before is in the cache or goes on where it was cut.</summary>
internal sealed class DownloadRun(DownloadStep step, PackageStore packages, HostPolicy policy) : IStep
{
    /// <summary>Fact that names the fetched package.</summary>
    public const string Package = "package";

    private static readonly TimeSpan ProgressEvery = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public bool MayBeStopped => true;

    /// <inheritdoc/>
    public async Task<StepResult> RunAsync(StepContext context)
    {
        if (context.Work.InstallDir.Length > 0)
        {
            _ = policy.RequirePath(context.Work.InstallDir, "install_dir"); // known before anything is fetched
        }

        long told = context.Time.GetTimestamp();
        using FetchedPackage fetched = await packages.FetchAsync(step, Tell, context.Stop.Token);
        string trust = fetched.CheckedAgainst is { } kind ? $"checked against its {kind} file" : "no checksum file lay beside it";
        string came = fetched.FromCache ? "taken from the cache" : "downloaded";
        context.Log.Remark($"{fetched.FileName}: {fetched.Content.Length:N0} bytes, sha256 {fetched.Content.Sha256}, {came}, {trust}");
        if (fetched.EarlierSha256 is { } earlier)
        {
            context.Log.Remark($"the same address held other bytes before (sha256 {earlier})");
            await context.NoteAsync("PACKAGE_CHANGED", $"{fetched.FileName} was published again with other content under the same address.");
        }

        await context.RememberAsync(Package, ("sha256", fetched.Content.Sha256), ("file", fetched.FileName));
        return StepResult.Succeeded();

        void Tell(DownloadProgress progress)
        {
            if (context.Time.GetElapsedTime(told) >= ProgressEvery)
            {
                told = context.Time.GetTimestamp();
                _ = context.ProgressAsync(progress.ToWords());
            }
        }
    }
}

/// <summary>Words about a download.</summary>
internal static class DownloadWords
{
    /// <summary>How far it is.</summary>
    public static string ToWords(this DownloadProgress progress) => progress.TotalBytes is > 0 and { } total
        ? string.Create(CultureInfo.InvariantCulture, $"{progress.Bytes / 1e6:N1} of {total / 1e6:N1} MB")
        : string.Create(CultureInfo.InvariantCulture, $"{progress.Bytes / 1e6:N1} MB");
}
