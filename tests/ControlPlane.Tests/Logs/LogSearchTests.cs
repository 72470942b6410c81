using System.Text;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Logs;
using Orbit.Tests.Support;
using Refused = Orbit.ControlPlane.Tests.Access.Refused;

namespace Orbit.ControlPlane.Tests.Logs;

public sealed class LogSearchTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(1000)]
    public void Lines_are_found_with_their_numbers_however_the_bytes_are_cut(int piece)
    {
        byte[] bytes = Encoding.UTF8.GetBytes("nothing\nan Error here, error there\r\n\n错误 ERROR\nlast error");
        var search = new LogSearch("error", regex: false, most: 10);

        long line = 0;
        for (int at = 0; at < bytes.Length; at += piece)
        {
            byte[] part = bytes[at..Math.Min(bytes.Length, at + piece)];
            search.Add(part, line);
            line += part.Count(b => b == '\n');
        }

        search.End();
        Assert.Equal([(1L, "an Error here, error there"), (3L, "错误 ERROR"), (4L, "last error")], search.Found.Select(m => (m.Line, m.Text)));
    }

    [Fact]
    public void A_pattern_is_matched_line_by_line()
    {
        var search = new LogSearch(@"^a\s+b$", regex: true, most: 10);

        search.Add("a\nb\nA  b\nxa b\n"u8, 100);

        Assert.Equal([102L], search.Found.Select(m => m.Line));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_search_goes_on_where_it_stopped_and_a_line_can_be_opened(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();
        (Run run, FakeWork work) = await lab.AcceptedAsync(agent);
        using FakeUpload upload = await FakeUpload.OpenAsync(agent);
        byte[] bytes = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 20_000).Select(n => $"line {n}{(n % 5000 == 4999 ? " needle" : "")}\n")));
        await upload.LogAsync(work, "test", 0, bytes[..60_001]);
        await upload.LogAsync(work, "test", 60_001, bytes[60_001..], end: true);

        var found = new List<long>();
        long next = 0;
        do
        {
            SearchLogResponse page = await lab.Runs.SearchLogAsync(new SearchLogRequest { RunId = run.Id, Step = "test", Query = "NEEDLE", FirstLine = next, Limit = 3 });
            found.AddRange(page.Matches.Select(m => m.Line));
            next = page.NextLine;
        }
        while (next > 0);

        Assert.Equal([4999L, 9999L, 14999L, 19999L], found);
        foreach (long line in new long[] { 0, 1, 4999, 14_321, 19_999 })
        {
            using var call = lab.Runs.FollowLog(new FollowLogRequest { RunId = run.Id, Step = "test", FirstLine = line, Limit = 30 });
            Assert.True(await call.ResponseStream.MoveNext(default));
            Assert.Equal(line, call.ResponseStream.Current.FirstLine);
            Assert.StartsWith($"line {line}", call.ResponseStream.Current.Data.ToStringUtf8(), StringComparison.Ordinal);
        }

        Assert.Equal("SEARCH_INVALID", await Refused.ReasonAsync(async () => await lab.Runs.SearchLogAsync(new SearchLogRequest { RunId = run.Id, Step = "test" })));
        Assert.Equal("SEARCH_INVALID", await Refused.ReasonAsync(async () => await lab.Runs.SearchLogAsync(new SearchLogRequest { RunId = run.Id, Step = "test", Query = "(", Regex = true })));
    }
}
