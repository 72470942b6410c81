using System.Text.RegularExpressions;

namespace Orbit.ControlPlane.Tests.Platform;

/// <summary>docs/errors.md against the code: every reason code that is refused with is explained there, with its kind, and no other.</summary>
public sealed partial class ErrorsPageTests
{
    [Fact]
    public void The_page_lists_every_reason_code_with_its_kind_and_no_other()
    {
        string root = FindRoot();
        var inCode = new SortedDictionary<string, SortedSet<string>>(StringComparer.Ordinal);
        foreach (string file in Directory.EnumerateFiles(Path.Combine(root, "src", "ControlPlane"), "*.cs", SearchOption.AllDirectories))
        {
            string below = Path.GetRelativePath(root, file);
            if (!below.Contains("/obj/", StringComparison.Ordinal) && !below.Contains("/bin/", StringComparison.Ordinal))
            {
                foreach (Match thrown in Thrown().Matches(File.ReadAllText(file)))
                {
                    inCode.TryAdd(thrown.Groups["code"].Value, new SortedSet<string>(StringComparer.Ordinal));
                    inCode[thrown.Groups["code"].Value].Add(thrown.Groups["kind"].Value);
                }
            }
        }

        Dictionary<string, string> onPage = Row().Matches(File.ReadAllText(Path.Combine(root, "docs", "errors.md")))
            .ToDictionary(row => row.Groups["code"].Value, row => row.Groups["kinds"].Value, StringComparer.Ordinal);

        Assert.True(inCode.Count > 30, $"Only {inCode.Count} codes were found; the pattern does not fit the code any more.");
        string[] wrong =
        [
            .. inCode.Where(c => !onPage.ContainsKey(c.Key)).Select(c => $"{c.Key} ({string.Join(", ", c.Value)}) is missing on the page"),
            .. onPage.Keys.Where(code => !inCode.ContainsKey(code)).Select(code => $"{code} is on the page but not in the code"),
            .. inCode.Where(c => onPage.TryGetValue(c.Key, out string? kinds) && kinds != string.Join(", ", c.Value))
                .Select(c => $"{c.Key} is {string.Join(", ", c.Value)} in the code and {onPage[c.Key]} on the page"),
        ];
        Assert.True(wrong.Length == 0, $"docs/errors.md: {string.Join("; ", wrong)}");
    }

    [GeneratedRegex("""(?:OrbitException\.(?<kind>Invalid|NotFound|Conflict|Later)\(|Refusal\.(?<kind>\w+),)\s*"(?<code>[A-Z][A-Z0-9_]+)",""")]
    private static partial Regex Thrown();

    [GeneratedRegex("""^\| `(?<code>[A-Z][A-Z0-9_]+)` \| (?<kinds>[A-Za-z, ]+?) \| .+ \|$""", RegexOptions.Multiline)]
    private static partial Regex Row();

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
