using System.Diagnostics;
using System.Text.Json;

namespace Orbit.Grpc.Tests.Engines;

/// <summary>
/// One property switches between the stand-ins and the published packages. Evaluated only: not every package source has the packages.
/// </summary>
public sealed class OfficialPackagesTests
{
    private const string Client = "Grpc.Net.Client";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly string[] Server =
        [Client, "Grpc.AspNetCore", "Grpc.AspNetCore.Web", "Grpc.AspNetCore.Server.Reflection", "Grpc.AspNetCore.HealthChecks"];

    public static TheoryData<string, string[]> Projects() => new()
    {
        { "src/Contracts/Orbit.Contracts.csproj", [Client] },
        { "src/Agent/Orbit.Agent.csproj", [Client] },
        { "src/ControlPlane/Orbit.ControlPlane.csproj", Server },
        { "tests/Grpc.Tests/Orbit.Grpc.Tests.csproj", Server },
    };

    [Theory]
    [MemberData(nameof(Projects))]
    public async Task The_property_trades_every_stand_in_for_its_package(string project, string[] packages)
    {
        JsonElement official = await ItemsAsync(project, official: true);
        JsonElement standIns = await ItemsAsync(project, official: false);

        Assert.Equal(packages.Order(), Engines(official, "PackageReference").Order());
        Assert.Subset(Engines(official, "PackageVersion").ToHashSet(), packages.ToHashSet());
        Assert.Empty(Engines(official, "PackageDownload"));
        Assert.Empty(Engines(official, "Reference"));
        Assert.Empty(Engines(official, "ProjectReference"));

        Assert.Empty(Engines(standIns, "PackageReference"));
        Assert.Contains("Grpc.Core.Api", Engines(standIns, "ProjectReference"));
        Assert.Contains("Grpc.Net.Common", Engines(standIns, "ProjectReference"));
        Assert.Equal(Engines(standIns, "PackageDownload"), Engines(standIns, "Reference"));
    }

    private static IEnumerable<string> Engines(JsonElement items, string kind) => items.GetProperty(kind).EnumerateArray()
        .Select(item => item.GetProperty("Identity").GetString()!)
        .Select(name => name.EndsWith(".csproj", StringComparison.Ordinal) ? Path.GetFileNameWithoutExtension(name) : name)
        .Where(name => name.StartsWith("Grpc.", StringComparison.Ordinal) && name != "Grpc.Tools");

    private static async Task<JsonElement> ItemsAsync(string project, bool official)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            WorkingDirectory = Root(),
            RedirectStandardOutput = true,
            ArgumentList = { "msbuild", project, official ? "-p:OfficialGrpc=true" : "-p:OfficialGrpc=false" },
        };
        foreach (string kind in (string[])["PackageReference", "PackageDownload", "Reference", "ProjectReference", "PackageVersion"])
        {
            start.ArgumentList.Add($"-getItem:{kind}");
        }

        using Process process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Patience);
        string output = await process.StandardOutput.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        Assert.True(process.ExitCode == 0, output);
        return JsonSerializer.Deserialize<JsonElement>(output).GetProperty("Items");
    }

    private static string Root()
    {
        string directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "Directory.Packages.props")))
        {
            directory = Path.GetDirectoryName(directory.TrimEnd(Path.DirectorySeparatorChar))
                ?? throw new InvalidOperationException("The tests do not run inside a checkout.");
        }

        return directory;
    }
}
