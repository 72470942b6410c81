using System.Globalization;
using System.Text;
using Orbit.Agent.Journal;

namespace Orbit.Agent.Tests.Journal;

public sealed class AgentJournalTests : IDisposable
{
    private static readonly JournalOptions Small = new() { SegmentBytes = 8192 };
    private static readonly Guid A = Guid.CreateVersion7();
    private static readonly Guid B = Guid.CreateVersion7();
    private readonly TemporaryDirectory _directory = new();

    private string Home => _directory["journal"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task What_was_appended_is_there_after_a_restart_in_order()
    {
        await using (AgentJournal journal = AgentJournal.Open(Home).Journal)
        {
            await journal.AppendAsync(A, 1, "one"u8.ToArray());
            await journal.AppendManyAsync([new JournalEntry(B, 2, "two"u8.ToArray()), new JournalEntry(A, 3, "three"u8.ToArray())]);
        }

        await using AgentJournal again = Reopen(out IReadOnlyList<JournalRecord> records);
        Assert.Equal([(A, (byte)1, "one"), (B, (byte)2, "two"), (A, (byte)3, "three")], records.Select(Read));
        Assert.True(records[0].Number < records[1].Number && records[1].Number < records[2].Number);
    }

    [Fact]
    public async Task A_forgotten_assignment_is_not_replayed_and_may_begin_again()
    {
        await using (AgentJournal journal = AgentJournal.Open(Home).Journal)
        {
            await journal.AppendAsync(A, 1, "old"u8.ToArray());
            await journal.AppendAsync(B, 1, "kept"u8.ToArray());
            await journal.ForgetAsync(A);
            await journal.ForgetAsync(A);
            await journal.AppendAsync(A, 1, "new"u8.ToArray());
        }

        await using AgentJournal again = Reopen(out IReadOnlyList<JournalRecord> records);
        Assert.Equal([(B, (byte)1, "kept"), (A, (byte)1, "new")], records.Select(Read));
    }

    [Fact]
    public async Task Segments_of_forgotten_assignments_are_given_back()
    {
        await using AgentJournal journal = AgentJournal.Open(Home, Small).Journal;
        for (int i = 0; i < 200; i++)
        {
            Guid assignment = Guid.CreateVersion7();
            await journal.AppendAsync(assignment, 1, new byte[500]);
            await journal.ForgetAsync(assignment);
        }

        Assert.InRange(Directory.GetFiles(Home, "journal-*.seg").Length, 1, 2);
    }

    [Fact]
    public async Task An_assignment_that_stays_open_does_not_keep_the_history_of_others()
    {
        await using (AgentJournal journal = AgentJournal.Open(Home, Small).Journal)
        {
            await journal.AppendAsync(A, 1, "first"u8.ToArray());
            for (int i = 0; i < 400; i++)
            {
                Guid assignment = Guid.CreateVersion7();
                await journal.AppendAsync(assignment, 1, new byte[500]);
                await journal.ForgetAsync(assignment);
            }

            await journal.AppendAsync(A, 2, "last"u8.ToArray());
            Assert.InRange(Directory.GetFiles(Home, "journal-*.seg").Length, 1, Small.SegmentsBeforeCopy + 1);
        }

        await using AgentJournal again = Reopen(out IReadOnlyList<JournalRecord> records, Small);
        Assert.Equal([(A, (byte)1, "first"), (A, (byte)2, "last")], records.Select(Read));
    }

    [Fact]
    public async Task A_flipped_bit_in_an_acknowledged_record_stops_the_journal_and_leaves_the_file()
    {
        string segment = await WrittenSegmentAsync();
        byte[] bytes = await File.ReadAllBytesAsync(segment);
        bytes[bytes.AsSpan().IndexOf("second"u8)] ^= 4;
        await File.WriteAllBytesAsync(segment, bytes);

        JournalDamagedException damaged = Assert.Throws<JournalDamagedException>(() => AgentJournal.Open(Home));

        Assert.Equal(segment, damaged.Path);
        Assert.Equal(SegmentFormat.HeaderBytes + SegmentFormat.SizeOf(5), damaged.Position);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(segment));
    }

    [Fact]
    public async Task An_unfinished_last_write_is_cut_and_writing_goes_on_there()
    {
        string segment = await WrittenSegmentAsync();
        byte[] bytes = await File.ReadAllBytesAsync(segment);
        int last = bytes.AsSpan().IndexOf("third"u8);
        bytes.AsSpan(last + 2, 20).Clear(); // as if the process had ended within the write
        await File.WriteAllBytesAsync(segment, bytes);

        await using (AgentJournal journal = Reopen(out IReadOnlyList<JournalRecord> records))
        {
            Assert.Equal(["first", "second"], records.Select(record => Read(record).Payload));
            await journal.AppendAsync(A, 1, "instead"u8.ToArray());
        }

        await using AgentJournal again = Reopen(out IReadOnlyList<JournalRecord> after);
        Assert.Equal(["first", "second", "instead"], after.Select(record => Read(record).Payload));
    }

    [Fact]
    public async Task What_was_cut_never_comes_back_behind_a_later_record()
    {
        await using (AgentJournal journal = AgentJournal.Open(Home).Journal)
        {
            await journal.AppendManyAsync([.. new[] { "first", "wrong", "stale" }.Select(text => new JournalEntry(A, 1, Encoding.UTF8.GetBytes(text)))]);
        }

        string segment = Directory.GetFiles(Home, "journal-*.seg").Single();
        byte[] bytes = await File.ReadAllBytesAsync(segment);
        bytes[bytes.AsSpan().IndexOf("wrong"u8)] ^= 4; // a power loss may keep the end of one write and lose its middle
        await File.WriteAllBytesAsync(segment, bytes);

        await using (AgentJournal journal = Reopen(out _))
        {
            await journal.AppendAsync(A, 1, "right"u8.ToArray());
        }

        await using AgentJournal again = Reopen(out IReadOnlyList<JournalRecord> after);
        Assert.Equal(["first", "right"], after.Select(record => Read(record).Payload));
    }

    [Fact]
    public async Task A_journal_of_a_newer_version_is_refused_and_kept()
    {
        string segment = await WrittenSegmentAsync();
        byte[] bytes = await File.ReadAllBytesAsync(segment);
        bytes[8] = SegmentFormat.Version + 1;
        await File.WriteAllBytesAsync(segment, bytes);

        JournalException refused = Assert.Throws<JournalException>(() => AgentJournal.Open(Home));

        Assert.Equal(JournalException.TooNew, refused.Reason);
        Assert.Contains("format 2", refused.Message, StringComparison.Ordinal);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(segment));
    }

    [Fact]
    public async Task A_missing_segment_in_the_middle_is_damage()
    {
        await using (AgentJournal journal = AgentJournal.Open(Home, Small).Journal)
        {
            for (int i = 0; i < 60; i++)
            {
                await journal.AppendAsync(A, 1, new byte[500]);
            }
        }

        File.Delete(Directory.GetFiles(Home, "journal-*.seg").Order(StringComparer.Ordinal).ElementAt(1));

        Assert.Throws<JournalDamagedException>(() => AgentJournal.Open(Home, Small));
    }

    [Fact]
    public async Task A_second_process_on_the_same_directory_is_refused_by_name()
    {
        await using AgentJournal journal = AgentJournal.Open(Home).Journal;

        JournalException refused = Assert.Throws<JournalException>(() => AgentJournal.Open(Home));

        Assert.Equal(JournalException.InUse, refused.Reason);
        Assert.Contains(Home, refused.Message, StringComparison.Ordinal);
        Assert.Contains($"process {Environment.ProcessId}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_appends_at_once_share_their_syncs()
    {
        CountingDisk disk = new();
        await using AgentJournal journal = AgentJournal.Open(Home, new JournalOptions(), Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, disk).Journal;
        await journal.AppendAsync(A, 1, default);
        int before = disk.Syncs;

        await Task.WhenAll(Enumerable.Range(0, 2000).Select(_ => journal.AppendAsync(A, 1, new byte[100])));

        Assert.InRange(disk.Syncs - before, 1, 400);
    }

    [Fact]
    public async Task A_payload_that_can_never_fit_is_refused_and_harms_nothing()
    {
        await using AgentJournal journal = AgentJournal.Open(Home, Small).Journal;
        await journal.AppendAsync(A, 1, new byte[Small.MaxPayloadBytes]);

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => journal.AppendAsync(A, 1, new byte[Small.MaxPayloadBytes + 1]));

        await journal.AppendAsync(A, 1, new byte[Small.MaxPayloadBytes]);
    }

    [Fact]
    public async Task Nothing_acknowledged_is_lost_when_the_process_is_killed_while_it_appends()
    {
        Dictionary<int, long> acknowledged = [];
        for (int round = 0; round < 4; round++)
        {
            using ChildProgram child = ChildProgram.Start("journal-loop", Home);
            for (int lines = 0; lines < 400 * (round + 1); lines++)
            {
                Note(await child.Output.ReadLineAsync(), acknowledged);
            }

            await child.KillAsync();
            while (await child.Output.ReadLineAsync() is { } line)
            {
                Note(line, acknowledged);
            }

            await using AgentJournal journal = Reopen(out IReadOnlyList<JournalRecord> records, JournalLoop.Options);
            foreach ((int lane, long last) in acknowledged)
            {
                HashSet<long> found = JournalLoop.CountersOf(lane, records);
                Assert.All(Enumerable.Range(0, (int)last + 1), counter => Assert.Contains(counter, found));
            }
        }

        Assert.Equal(4, acknowledged.Count);
    }

    private static void Note(string? line, Dictionary<int, long> acknowledged)
    {
        Assert.NotNull(line);
        string[] parts = line.Split(' ');
        long counter = long.Parse(parts[1], CultureInfo.InvariantCulture);
        int lane = int.Parse(parts[0], CultureInfo.InvariantCulture);
        acknowledged[lane] = Math.Max(acknowledged.GetValueOrDefault(lane), counter);
    }

    private static (Guid Assignment, byte Type, string Payload) Read(JournalRecord record) =>
        (record.Assignment, record.Type, Encoding.UTF8.GetString(record.Payload.Span));

    private AgentJournal Reopen(out IReadOnlyList<JournalRecord> records, JournalOptions? options = null)
    {
        OpenedJournal opened = AgentJournal.Open(Home, options);
        records = opened.Records;
        return opened.Journal;
    }

    private async Task<string> WrittenSegmentAsync()
    {
        await using AgentJournal journal = AgentJournal.Open(Home).Journal;
        await journal.AppendAsync(A, 1, "first"u8.ToArray());
        await journal.AppendAsync(A, 1, "second"u8.ToArray());
        await journal.AppendAsync(A, 1, "third"u8.ToArray());
        return Directory.GetFiles(Home, "journal-*.seg").Single();
    }

    private sealed class CountingDisk : JournalDisk
    {
        private int _syncs;

        public int Syncs => Volatile.Read(ref _syncs);

        public override void Sync(Microsoft.Win32.SafeHandles.SafeFileHandle file)
        {
            Interlocked.Increment(ref _syncs);
            base.Sync(file);
        }
    }
}
