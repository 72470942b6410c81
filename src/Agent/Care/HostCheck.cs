using System.Globalization;
using Microsoft.Extensions.Logging;
using Orbit.Agent.Policy;

namespace Orbit.Agent.Care;

/// <summary>One thing that was looked at on the host.</summary>
internal sealed record HostFinding(string Name, bool Ok, string Text);

/// <summary>Looks at the host: what a deploy test will need is better missed today than in the night. What cannot be looked at is a finding too.</summary>
/// <param name="policy">What the host allows.</param>
/// <param name="space">Free space where the agent keeps its data.</param>
/// <param name="interpreter">Tries what tests are run with.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Where it is told what could not be looked at.</param>
internal sealed class HostCheck(HostPolicy policy, FreeSpace space, InterpreterTrial interpreter, TimeProvider time, ILogger<HostCheck> logger)
{
    private static readonly TimeSpan MostApart = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ServerLimit = TimeSpan.FromSeconds(10);
    private static readonly string[] Tools = ["setsid", "flock", "setpriv"];

    /// <summary>Looks at everything. Together it takes less than the control plane waits for it.</summary>
    /// <param name="serverTime">The control plane's clock, as it was a moment ago.</param>
    /// <param name="packageServer">To be reached; empty: none.</param>
    /// <param name="ct">Gives up.</param>
    public async Task<IReadOnlyList<HostFinding>> LookAsync(DateTimeOffset serverTime, string packageServer, CancellationToken ct)
    {
        HostFinding clock = Clock(serverTime); // first: the server's time is that of a moment ago
        return await Task.WhenAll(
            AtAsync("disk", () => Task.FromResult(Disk())),
            Task.FromResult(clock),
            AtAsync("interpreter", () => interpreter.RunAsync(ct)),
            AtAsync("tools", () => Task.FromResult(ToolsFound())),
            AtAsync("policy", () => Task.FromResult(Policy())),
            AtAsync("package_server", () => PackageServerAsync(packageServer, ct)));
    }

    private async Task<HostFinding> AtAsync(string name, Func<Task<HostFinding>> look)
    {
        try
        {
            return await look();
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            logger.LookFailed(name, failed.Message);
            return new(name, false, $"unknown: {failed.Message}");
        }
    }

    private HostFinding Disk() =>
        space.Short() is { } full ? new("disk", false, full)
        : space.Bytes() is { } free ? new("disk", true, string.Create(CultureInfo.InvariantCulture, $"{free / 1_000_000} MB free in {space.Directory}"))
        : new("disk", false, $"unknown: the system does not say how much is free in {space.Directory}");

    private HostFinding Clock(DateTimeOffset serverTime)
    {
        TimeSpan apart = time.GetUtcNow() - serverTime;
        string text = string.Create(CultureInfo.InvariantCulture, $"{Math.Abs(apart.TotalSeconds):0.0} s {(apart < TimeSpan.Zero ? "behind" : "ahead of")} the control plane");
        return new("clock", apart.Duration() <= MostApart, text);
    }

    private static HostFinding ToolsFound()
    {
        string[] missing = [.. Tools.Where(tool => StepEnvironment.FindProgram(tool) is null)];
        return missing.Length == 0 ? new("tools", true, string.Join(", ", Tools)) : new("tools", false, $"missing: {string.Join(", ", missing)} (package util-linux)");
    }

    private HostFinding Policy()
    {
        string[] missing = [.. policy.Roots.Where(root => root != policy.WorkDirectory && !Directory.Exists(root))]; // that one is made with the first plan
        return missing.Length == 0
            ? new("policy", true, $"{policy.Roots.Count} roots; steps run as {policy.StepUser.Name}")
            : new("policy", false, $"roots that are not there: {string.Join(", ", missing.Take(3))}");
    }

    private static async Task<HostFinding> PackageServerAsync(string address, CancellationToken ct)
    {
        if (address.Length == 0)
        {
            return new("package_server", true, "none is set (package_download_base_url)");
        }

        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? server) || server.Scheme is not ("http" or "https"))
        {
            return new("package_server", false, $"{address} is no http address (package_download_base_url)");
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(ServerLimit);
        try
        {
            using HttpMessageInvoker http = new(new SocketsHttpHandler { AllowAutoRedirect = false });
            using HttpRequestMessage request = new(HttpMethod.Head, server);
            using HttpResponseMessage answer = await http.SendAsync(request, limit.Token);
            return new("package_server", true, string.Create(CultureInfo.InvariantCulture, $"{address} answers ({(int)answer.StatusCode})"));
        }
        catch (Exception away) when (away is HttpRequestException || (away is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return new("package_server", false, $"{address} cannot be reached: {(away is OperationCanceledException ? "no answer" : away.Message)}");
        }
    }
}
