using System.Reflection;

namespace Orbit.EndToEnd.Support;

/// <summary>Where the programs under test lie.</summary>
internal static class Programs
{
    public static string ControlPlane { get; } = Of("ControlPlane");

    public static string Agent { get; } = Of("Agent");

    public static string Cli { get; } = Of("Cli");

    /// <summary>The checkout.</summary>
    public static string Root { get; } = Of("Root");

    /// <summary>Debug or Release.</summary>
    public static string Configuration { get; } = Of("Configuration");

    private static string Of(string key) =>
        typeof(Programs).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(one => one.Key == key).Value!;
}
