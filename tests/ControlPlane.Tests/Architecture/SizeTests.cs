namespace Orbit.ControlPlane.Tests.Architecture;

/// <summary>A file fits a head, a method fits a screen.</summary>
public sealed class SizeTests
{
    private const int LongestFile = 400;
    private const int LongestMethod = 60;

    /// <summary>One file by design: it is copied to hosts as it is, next to any pytest.</summary>
    private static readonly string[] MayBeLong = ["src/Agent/Pytest/orbit_pytest.py"];

    [Fact]
    public void No_file_is_longer_than_400_lines()
    {
        IEnumerable<string> wrong =
            from path in Sources.Files("src").Concat(Sources.Files("tests")).Concat(Sources.Files("deploy"))
            where path.EndsWith(".cs", StringComparison.Ordinal) || path.EndsWith(".py", StringComparison.Ordinal)
            where !path.Contains("/Storage/Migrations/", StringComparison.Ordinal) && !MayBeLong.Contains(path)
            let lines = File.ReadLines(Path.Combine(Sources.Root, path)).Count()
            where lines > LongestFile
            select $"{path}: {lines} lines";

        Assert.Empty(string.Join("; ", wrong));
    }

    [Fact]
    public void No_method_is_longer_than_60_lines()
    {
        Method[] methods = [.. Sources.CSharp("src").Concat(Sources.CSharp("tests")).SelectMany(Methods.In)];
        IEnumerable<string> wrong = methods.Where(method => method.Lines > LongestMethod).Select(method => $"{method.File}:{method.FirstLine} {method.Header}: {method.Lines} lines");

        Assert.True(methods.Length > 3000, $"Only {methods.Length} methods were found; the reader does not fit the code any more.");
        Assert.Empty(string.Join("; ", wrong));
    }

    [Fact]
    public void The_reader_measures_methods_and_nothing_else()
    {
        const string text = """"
            namespace A;

            /// <summary>It's { not } code.</summary>
            internal sealed class B<T>(int x) : C(x) where T : struct
            {
                private readonly int[] _table =
                [
                    1, // {
                ];

                [D(E = "}")]
                public async Task<int> FirstAsync<U>(
                    int a, string b = "{") where U : class
                {
                    if (a == 1)
                    {
                        return $"{(a > 0 ? "}" : """{""")}".Length;
                    }

                    return '{';
                }

                public int Short() => 1;

                public string Long() =>
                    """
                    }
                    """;

                public int P { get; set; } = 5;
            }
            """";

        Method[] methods = [.. Methods.In(new SourceFile("b.cs", text))];

        Assert.Equal([("FirstAsync", 10), ("Short", 1), ("Long", 4)], methods.Select(method => (method.Header, method.Lines)));
    }
}
