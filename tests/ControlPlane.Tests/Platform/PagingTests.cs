using System.Text;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Tests.Platform;

public sealed class PagingTests
{
    [Theory]
    [InlineData(0, 0, 50)]
    [InlineData(7, 0, 7)]
    [InlineData(0, 9, 9)]
    [InlineData(7, 9, 7)]
    [InlineData(1000, 0, 1000)]
    public void The_size_is_the_callers_its_alias_or_the_standard(int pageSize, int limit, int size) =>
        Assert.Equal(size, Paging.Size(pageSize, limit));

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(1001, 0)]
    [InlineData(0, -5)]
    [InlineData(int.MaxValue, 0)]
    [InlineData(int.MinValue, 5)]
    public void A_size_outside_the_range_is_refused(int pageSize, int limit) =>
        Assert.Equal("PAGE_SIZE_INVALID", Assert.Throws<OrbitException>(() => Paging.Size(pageSize, limit)).Reason);

    [Fact]
    public void A_token_leads_back_to_where_the_page_ended()
    {
        Page<long> ids = Paging.Cut([9L, 8, 7], 2, id => id);
        Page<string> names = Paging.Cut(["工作/一", "b"], 1, name => name);

        Assert.Equal([9L, 8], ids.Rows);
        Assert.Equal(8, Paging.IdAfter(ids.NextToken));
        Assert.Equal("工作/一", Paging.TextAfter(names.NextToken));
        Assert.Equal("", Paging.Cut([1L, 2], 2, id => id).NextToken);
        Assert.Matches("^[A-Za-z0-9_-]+$", names.NextToken);
    }

    [Fact]
    public async Task Pages_of_what_somebody_may_know_of_are_full_and_their_tokens_name_nothing_else()
    {
        string[] all = ["a", "hidden b", "hidden c", "hidden d", "e", "hidden f", "g", "hidden h"];
        var pages = new List<string>();
        string? after = null;
        while (true)
        {
            Page<string> page = await Paging.VisibleAsync(
                after, 2, name => name,
                (from, most) => Task.FromResult(all.Where(name => string.CompareOrdinal(Key(name), Key(from ?? "")) > 0).Take(most).ToList()),
                rows => Task.FromResult(rows.Where(name => !name.StartsWith("hidden", StringComparison.Ordinal)).ToList()));
            pages.Add(string.Join(' ', page.Rows));
            if (page.NextToken.Length == 0)
            {
                break;
            }

            after = Paging.TextAfter(page.NextToken);
            pages.Add($"after {after}");
        }

        Assert.Equal(["a e", "after e", "g"], pages);

        static string Key(string name) => name.Split(' ')[^1];
    }

    [Theory]
    [InlineData("x")]
    [InlineData("!!!!")]
    [InlineData("aTo=")] // i: without a number
    [InlineData("' OR 1=1 --")]
    [InlineData("aTotNQ")] // i:-5
    public void A_token_that_was_never_given_out_is_refused(string token) =>
        Assert.Equal("PAGE_TOKEN_INVALID", Assert.Throws<OrbitException>(() => Paging.IdAfter(token)).Reason);

    [Fact]
    public void A_token_of_another_kind_or_with_a_nul_is_refused()
    {
        string names = Paging.Cut(["a", "b"], 1, name => name).NextToken;
        string nul = Convert.ToBase64String(Encoding.UTF8.GetBytes("t:a\0b"));

        Assert.Throws<OrbitException>(() => Paging.IdAfter(names));
        Assert.Throws<OrbitException>(() => Paging.TextAfter(nul));
        Assert.Throws<OrbitException>(() => Paging.IdAfter(new string('A', 100_000)));
    }
}
