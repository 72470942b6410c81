using System.Globalization;
using System.Text.RegularExpressions;

namespace Orbit.ControlPlane.Tests.Architecture;

/// <summary>An operator filters by event id: each is used once in the product and lies in the block that its class states.</summary>
public sealed partial class EventIdTests
{
    [Fact]
    public void Event_ids_are_unique_and_lie_in_the_block_of_their_class()
    {
        List<(int Id, string File)> ids = [];
        List<(int First, int Last, string File)> blocks = [];
        List<string> wrong = [];
        foreach (SourceFile file in Sources.CSharp("src").Where(file => Line().IsMatch(file.Text)))
        {
            int[] own = [.. Line().Matches(file.Text).Select(line => Number(line.Groups["id"]))];
            ids.AddRange(own.Select(id => (id, file.Path)));
            if (Block().Match(file.Text) is not { Success: true } block || !file.Name.EndsWith("Log", StringComparison.Ordinal))
            {
                wrong.Add($"{file} logs, but is no Log class that says \"Event ids n-m\" in its summary");
                continue;
            }

            (int first, int last) = (Number(block.Groups["first"]), Number(block.Groups["last"]));
            wrong.AddRange(own.Where(id => id < first || id > last).Select(id => $"{file}: {id} lies outside {first}-{last}"));
            wrong.AddRange(blocks.Where(other => first <= other.Last && other.First <= last).Select(other => $"{file}: {first}-{last} overlaps the block of {other.File}"));
            blocks.Add((first, last, file.Path));
        }

        wrong.AddRange(ids.GroupBy(one => one.Id).Where(same => same.Count() > 1).Select(same => $"{same.Key} is used in {string.Join(" and ", same.Select(one => one.File))}"));
        Assert.True(ids.Count > 50, $"Only {ids.Count} ids were found; the pattern does not fit the code any more.");
        Assert.True(wrong.Count == 0, string.Join("; ", wrong));
    }

    private static int Number(Group digits) => int.Parse(digits.Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\[LoggerMessage\((?:EventId = )?(?<id>\d+)")]
    private static partial Regex Line();

    [GeneratedRegex(@"Event ids (?<first>\d+)-(?<last>\d+)")]
    private static partial Regex Block();
}
