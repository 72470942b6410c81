using System.Net;
using System.Net.Sockets;

namespace Orbit.Benchmarks.Rig;

/// <summary>Where the programs under measurement are, built in the same configuration as this one.</summary>
internal static class Programs
{
    private static readonly DirectoryInfo Output = new(AppContext.BaseDirectory.TrimEnd('/')); // tests/Benchmarks/bin/Release/net10.0

    /// <summary>The control plane.</summary>
    public static IReadOnlyList<string> ControlPlane => Built("ControlPlane", "orbit-control-plane.dll");

    /// <summary>The agent.</summary>
    public static IReadOnlyList<string> Agent => Built("Agent", "orbit-agent.dll");

    /// <summary>The command line.</summary>
    public static IReadOnlyList<string> Cli => Built("Cli", "orbit.dll");

    /// <summary>This program.</summary>
    public static IReadOnlyList<string> Self => ["dotnet", Path.Combine(Output.FullName, "orbit-benchmarks.dll")];

    /// <summary>The checkout.</summary>
    public static string Root => Output.Parent!.Parent!.Parent!.Parent!.Parent!.FullName;

    /// <summary>A TCP port that was free a moment ago.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string[] Built(string project, string file)
    {
        string path = Path.Combine(Root, "src", project, "bin", Output.Parent!.Name, Output.Name, file);
        return File.Exists(path) ? ["dotnet", path] : throw new FileNotFoundException($"{path} is not built; tests/benchmarks builds it.");
    }
}
