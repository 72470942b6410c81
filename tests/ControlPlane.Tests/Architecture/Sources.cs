using System.Text.RegularExpressions;

namespace Orbit.ControlPlane.Tests.Architecture;

/// <summary>One source file.</summary>
/// <param name="Path">Path below the repository's root, with slashes.</param>
/// <param name="Text">What is in it.</param>
internal sealed record SourceFile(string Path, string Text)
{
    /// <summary>File name without its ending.</summary>
    public string Name => System.IO.Path.GetFileNameWithoutExtension(Path);

    /// <summary>Namespaces named by <c>using</c> lines, aliases and statics included.</summary>
    public IEnumerable<string> Usings => Sources.UsingLine().Matches(Text).Select(line => line.Groups["name"].Value);

    /// <summary>True when a <c>using</c> line names the library or something below it.</summary>
    public bool Uses(string library) => Usings.Any(name => Sources.Lies(name, library));

    public override string ToString() => Path;
}

/// <summary>The checkout that these tests lie in, as its author wrote it: nothing built, nothing fetched.</summary>
internal static partial class Sources
{
    private static readonly string[] Skipped = [".git", "bin", "obj", "node_modules", "TestResults", "__pycache__", ".pytest_cache", ".demo", "dist", "data"];

    /// <summary>The repository's root.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Hand-written C# below a folder; migrations are generated.</summary>
    public static IReadOnlyList<SourceFile> CSharp(string folder) =>
        [.. Files(folder).Where(path => path.EndsWith(".cs", StringComparison.Ordinal) && !path.Contains("/Storage/Migrations/", StringComparison.Ordinal)).Select(Read)];

    /// <summary>Paths below the root of all files in a folder.</summary>
    public static IEnumerable<string> Files(string folder)
    {
        string directory = Path.Combine(Root, folder);
        foreach (string file in Directory.EnumerateFiles(directory))
        {
            yield return Path.GetRelativePath(Root, file);
        }

        foreach (string child in Directory.EnumerateDirectories(directory))
        {
            bool sampleBinaries = child.Contains("/deploy/samples/", StringComparison.Ordinal);
            if (!Skipped.Contains(Path.GetFileName(child)) || sampleBinaries)
            {
                foreach (string file in Files(Path.GetRelativePath(Root, child)))
                {
                    yield return file;
                }
            }
        }
    }

    /// <summary>Reads a file by its path below the root.</summary>
    public static SourceFile Read(string path) => new(path, File.ReadAllText(Path.Combine(Root, path)));

    /// <summary>True when a namespace is the library or lies in it.</summary>
    public static bool Lies(string name, string library) =>
        name == library || name.StartsWith(library + ".", StringComparison.Ordinal);

    [GeneratedRegex(@"^using (?:static )?(?:\w+ = )?(?<name>[\w.]+);", RegexOptions.Multiline)]
    internal static partial Regex UsingLine();

    private static string FindRoot()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "Directory.Packages.props")))
        {
            directory = Path.GetDirectoryName(directory);
        }

        return directory ?? throw new InvalidOperationException("The tests do not lie in a checkout.");
    }
}
