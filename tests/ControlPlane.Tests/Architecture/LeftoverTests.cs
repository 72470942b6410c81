using System.Text.RegularExpressions;

namespace Orbit.ControlPlane.Tests.Architecture;

/// <summary>What a developer's machine leaves in files: notes to oneself, its paths, the hosts that its packages come from.</summary>
public sealed partial class LeftoverTests
{
    private static readonly string[] Binary = [".snk", ".png", ".ico", ".gz", ".zip", ".db", ".woff2", ".dll", ".pyc"];

    [Fact]
    public void No_note_to_oneself_is_left_without_an_issue_number() => AssertNowhere(Note());

    [Fact]
    public void No_file_names_a_path_of_somebodys_machine()
    {
        AssertNowhere(HomeDirectory());
        if (Sources.Root.Count(letter => letter == '/') > 1) // a checkout in / or /src would fit everywhere
        {
            AssertNowhere(new Regex(Regex.Escape(Sources.Root) + @"\b"));
        }
    }

    [Fact]
    public void No_file_names_the_host_that_packages_come_from() => AssertNowhere(PackageHost());

    [Theory]
    [InlineData("// TO" + "DO: later", true)]
    [InlineData("// TO" + "DO(#17): later", false)]
    [InlineData("todos", false)]
    public void A_note_is_known_by_its_word(string line, bool found) => Assert.Equal(found, Note().IsMatch(line));

    [Theory]
    [InlineData("https://reg" + "istry.npmjs.org/x", true)]
    [InlineData("http://10.0.0.1:4873/np" + "m/x", true)]
    [InlineData("https://api.nu" + "get.org/v3/index.json", true)]
    [InlineData("https://packages.example/app.tar.gz", false)]
    public void A_package_host_is_known_by_its_address(string line, bool found) => Assert.Equal(found, PackageHost().IsMatch(line));

    private static void AssertNowhere(Regex pattern)
    {
        string[] files = [.. Sources.Files("").Where(path => !Binary.Contains(Path.GetExtension(path)))];
        IEnumerable<string> found =
            from path in files
            from line in File.ReadLines(Path.Combine(Sources.Root, path)).Select((text, index) => (text, number: index + 1))
            where pattern.IsMatch(line.text)
            select $"{path}:{line.number}: {line.text.Trim()}";

        Assert.True(files.Length > 500, $"Only {files.Length} files were read.");
        Assert.Empty(string.Join("\n", found));
    }

    [GeneratedRegex(@"\b(?:TO[D]O|FIX[M]E|XX[X])\b(?!\s*\(?#\d+)")]
    private static partial Regex Note();

    // "tester" is a made-up user of a test.
    [GeneratedRegex(@"(?:/ho[m]e/(?!tester\b)[a-z][\w-]*|/Us[e]rs/\w+|/ro[o]t)/|[A-Z]:\\\\?Us[e]rs\b")]
    private static partial Regex HomeDirectory();

    [GeneratedRegex(@"https?://(?:[^\s""'/]*(?:reg[i]stry|nu[g]et|np[m]js|py[p]i|artif[a]ctory|nex[u]s)|[^\s""'/]+/(?:np[m]|nu[g]et|py[p]i|reg[i]stry|repos[i]tory)/)", RegexOptions.IgnoreCase)]
    private static partial Regex PackageHost();
}
