using System.Text.RegularExpressions;

namespace Orbit.ControlPlane.Tests.Platform;

/// <summary>docs/architecture.md says which folder may use which; the <c>using</c> lines must agree.</summary>
public sealed partial class BoundaryTests
{
    private static readonly string[] ForAll = ["Platform", "Storage"];

    private static readonly string Root = FindRoot();

    [Fact]
    public void A_folder_uses_what_the_architecture_page_allows_and_nothing_else()
    {
        Dictionary<string, string[]> allowed = Allowed();
        List<string> wrong = [];
        foreach (string folder in Folders())
        {
            string[] used = Used(folder);
            string[] may = allowed.GetValueOrDefault(folder) ?? throw new InvalidOperationException($"docs/architecture.md does not name {folder}.");
            wrong.AddRange(used.Except(may).Except(folder is "Platform" or "Storage" ? [] : ForAll).Select(other => $"{folder} uses {other}, which is not allowed"));
            wrong.AddRange(may.Except(used).Select(other => $"{folder} may use {other}, but does not"));
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void Folders_use_each_other_without_cycles()
    {
        Dictionary<string, string[]> left = Folders().ToDictionary(folder => folder, Used);
        while (left.Count > 0)
        {
            string[] free = [.. left.Where(pair => !pair.Value.Any(left.ContainsKey)).Select(pair => pair.Key)];
            Assert.True(free.Length > 0, $"a cycle among {string.Join(", ", left.Keys.Order(StringComparer.Ordinal))}");
            foreach (string folder in free)
            {
                left.Remove(folder);
            }
        }
    }

    private static Dictionary<string, string[]> Allowed()
    {
        var allowed = new Dictionary<string, string[]>(StringComparer.Ordinal);
        foreach (string line in File.ReadLines(Path.Combine(Root, "docs/architecture.md")).SkipWhile(line => line != "| folder | may use |").Skip(2).TakeWhile(line => line.StartsWith('|')))
        {
            string[] cells = line.Split('|', StringSplitOptions.TrimEntries);
            foreach (string folder in Names(cells[1]))
            {
                allowed[folder] = Names(cells[2]);
            }
        }

        return allowed;
    }

    private static string[] Folders() =>
        [.. Directory.GetDirectories(Path.Combine(Root, "src/ControlPlane")).Select(path => Path.GetFileName(path)!).Where(name => char.IsUpper(name[0]) && name != "Properties")];

    private static string[] Used(string folder) =>
        [.. Directory.EnumerateFiles(Path.Combine(Root, "src/ControlPlane", folder), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/Migrations/", StringComparison.Ordinal))
            .SelectMany(file => Using().Matches(File.ReadAllText(file)))
            .Select(match => match.Groups[1].Value)
            .Where(other => other != folder && Directory.Exists(Path.Combine(Root, "src/ControlPlane", other)))
            .Distinct()];

    private static string[] Names(string cell) => [.. Name().Matches(cell).Select(match => match.Groups[1].Value)];

    private static string FindRoot()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "Orbit.sln")))
        {
            directory = Path.GetDirectoryName(directory);
        }

        return directory ?? throw new InvalidOperationException("The tests do not lie in a checkout.");
    }

    [GeneratedRegex(@"^using (?:static )?(?:\w+ = )?Orbit\.ControlPlane\.(\w+)", RegexOptions.Multiline)]
    private static partial Regex Using();

    [GeneratedRegex("`(\\w+)`")]
    private static partial Regex Name();
}
