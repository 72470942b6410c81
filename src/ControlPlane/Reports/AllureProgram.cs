using Microsoft.Extensions.Options;

namespace Orbit.ControlPlane.Reports;

/// <summary>Finds Node.js and Allure. Looked up anew each time, so that an installation is noticed without a restart.</summary>
internal sealed class AllureProgram(IOptions<ReportOptions> options)
{
    private const string Cli = "node_modules/allure/cli.js";

    /// <summary>Where both are; or why reports cannot be built, in words.</summary>
    public (AllureFiles? Found, string Missing) Find()
    {
        string? node = FindNode(options.Value.NodePath);
        if (node is null)
        {
            return (null, $"Node.js is not installed ('{options.Value.NodePath}' is not on PATH; Reports:NodePath names it)");
        }

        string[] places = [.. Places()];
        string? cli = places.Select(place => Path.Combine(place, Cli)).FirstOrDefault(File.Exists);
        return cli is null
            ? (null, $"Allure is not installed in {places[0]} (src/Reports/install puts it there; Reports:AllurePath names another directory)")
            : (new AllureFiles(node, cli), "");
    }

    private IEnumerable<string> Places()
    {
        if (options.Value.AllurePath.Length > 0)
        {
            yield return Path.GetFullPath(options.Value.AllurePath);
            yield break;
        }

        yield return Path.Combine(AppContext.BaseDirectory, "allure");
        for (string? above = AppContext.BaseDirectory; above is not null; above = Path.GetDirectoryName(above))
        {
            yield return Path.Combine(above, "src", "Reports");
        }
    }

    private static string? FindNode(string name) => name.Contains('/', StringComparison.Ordinal)
        ? File.Exists(name) ? Path.GetFullPath(name) : null
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(directory => Path.Combine(directory, name))
            .FirstOrDefault(File.Exists);
}

/// <summary>Node.js and Allure's main file, absolute paths.</summary>
internal sealed record AllureFiles(string Node, string Cli);
