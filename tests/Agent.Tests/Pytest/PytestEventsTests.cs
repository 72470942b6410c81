using System.Text;
using Orbit.Agent.Pytest;

namespace Orbit.Agent.Tests.Pytest;

public sealed class PytestEventsTests : IDisposable
{
    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("orbit-events-");

    private string Log => Path.Combine(_home.FullName, "events.jsonl");

    public void Dispose() => _home.Delete(recursive: true);

    [Fact]
    public async Task A_file_cut_at_any_byte_gives_every_whole_line_and_says_what_is_left()
    {
        using PytestRig rig = new();
        await rig.Has("test_it.py", "def test_a(): assert 0, '日本'\ndef test_b(): pass").RunAsync();
        byte[] whole = File.ReadAllBytes(rig.Events);

        for (int length = 0; length <= whole.Length; length++)
        {
            File.WriteAllBytes(Log, whole[..length]);
            List<PytestEvent> read = [.. new PytestEvents(Log).ReadRest()];
            int lines = whole.AsSpan(0, length).Count((byte)'\n');
            bool cut = length > 0 && whole[length - 1] != '\n';
            Assert.Equal(lines, read.Count(told => told is not PytestUnreadable));
            Assert.Equal(cut ? 1 : 0, read.Count(told => told is PytestUnreadable));
        }
    }

    [Fact]
    public void A_line_is_given_once_it_is_whole_and_never_again()
    {
        PytestEvents events = new(Log);
        Assert.Empty(events.Read());

        Append(Line(1).TrimEnd('\n'));
        Assert.Empty(events.Read());
        Append("\n" + Line(2));
        Assert.Equal([1, 2], events.Read().Select(told => told.Sequence));
        Assert.Empty(events.Read());

        Append(Line(3));
        Assert.Equal([3], new PytestEvents(Log, events.Offset).Read().Select(told => told.Sequence));
    }

    [Theory]
    [InlineData("not json at all")]
    [InlineData("{\"v\":1}")]
    [InlineData("{\"v\":2,\"session\":\"a\",\"seq\":1}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"v\":1,\"session\":\"a\",\"seq\":1,\"event\":\"test_start\",\"time_ms\":1,\"mono_us\":1,\"id\":7}")]
    [InlineData("{\"v\":1,\"session\":\"a\",\"seq\":1,\"event\":\"news\",\"time_ms\":1,\"mono_us\":1}")]
    [InlineData("{\"v\":1,\"session\":\"a\",\"seq\":1,\"event\":\"test_start\",\"time_ms\":9999999999999999,\"mono_us\":1,\"id\":\"a\",\"file\":\"\",\"line\":1}")]
    [InlineData("{\"v\":1,\"session\":\"\\ud800\",\"seq\":1,\"event\":\"test_start\",\"time_ms\":1,\"mono_us\":1,\"id\":\"a\",\"file\":\"\",\"line\":1}")]
    [InlineData("{\"v\":1,\"session\":\"a\",\"seq\":1,\"event\":\"test_finish\",\"time_ms\":1,\"mono_us\":1,\"id\":\"a\",\"outcome\":\"3\",\"status\":\"passed\",\"phase\":\"call\",\"duration_ms\":1}")]
    public void A_line_that_is_no_event_is_a_fact_and_the_next_one_is_read(string line)
    {
        Append(line + "\n" + Line(1));

        List<PytestEvent> read = [.. new PytestEvents(Log).Read()];

        PytestUnreadable bad = Assert.IsType<PytestUnreadable>(read[0]);
        Assert.Equal((0, Encoding.UTF8.GetByteCount(line)), (bad.Offset, bad.Length));
        Assert.Equal("test_it.py::test_1", Assert.IsType<PytestTestStarted>(read[1]).Id);
    }

    [Fact]
    public void A_line_beyond_all_bounds_is_skipped_up_to_its_end()
    {
        Append(Line(1));
        Append(new string('x', PytestEvents.LongestLine * 2 + 100));
        PytestEvents events = new(Log);

        List<PytestEvent> read = [.. events.Read()];
        Append("yyy\n" + Line(2));
        read.AddRange(events.ReadRest());

        Assert.Equal([1, 0, 2], read.Select(told => told.Sequence));
        Assert.Contains("longer than", Assert.IsType<PytestUnreadable>(read[1]).Why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_became_shorter_is_a_fact()
    {
        Append(Line(1) + Line(2));
        PytestEvents events = new(Log);
        Assert.Equal(2, events.Read().Count());

        File.WriteAllText(Log, "");
        Assert.IsType<PytestUnreadable>(Assert.Single(events.Read()));
        Append(Line(3));
        Assert.Equal([3], events.Read().Select(told => told.Sequence));
    }

    private static string Line(int sequence) =>
        $$"""{"v":1,"session":"s","seq":{{sequence}},"event":"test_start","time_ms":1,"mono_us":1,"id":"test_it.py::test_{{sequence}}","file":"test_it.py","line":1}""" + "\n";

    private void Append(string text) => File.AppendAllText(Log, text);
}
