using System.Reflection;

namespace Orbit.ApiTesting.Tests;

/// <summary>Files under tests/fixtures.</summary>
internal static class Fixture
{
    public static string PathOf(string name) => Path.Combine(
        typeof(Fixture).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "RepoRoot").Value!, "tests", "fixtures", name);

    public static string Text(string name) => File.ReadAllText(PathOf(name));
}
