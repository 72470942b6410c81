using System.Diagnostics;
using Orbit.Agent.Journal;

namespace Orbit.Agent.Tests.Journal;

/// <summary>A real full file system: a tmpfs of a few MiB, which only root can mount.</summary>
public sealed class JournalFullDiskTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly bool _mounted;

    public JournalFullDiskTests() => _mounted = Environment.IsPrivilegedProcess && Run("mount", "-t", "tmpfs", "-o", "size=4m", "orbit-test", _directory.Root);

    public void Dispose()
    {
        if (_mounted)
        {
            Assert.True(Run("umount", _directory.Root));
        }

        _directory.Dispose();
    }

    [Fact]
    public async Task Results_are_still_recorded_on_a_full_disk_and_the_journal_heals_with_space()
    {
        if (!_mounted)
        {
            return; // not root, or mounting is not allowed here: nothing to prove
        }

        JournalOptions options = new() { SegmentBytes = 1024 * 1024 };
        Guid assignment = Guid.CreateVersion7();
        int written = 0;
        JournalException full;
        await using (AgentJournal journal = AgentJournal.Open(_directory["journal"], options).Journal)
        {
            await Until(() => journal.HasReserve);
            FillDisk();

            while (journal.HasReserve)
            {
                await journal.AppendAsync(assignment, 1, new byte[10_000]);
                written++;
            }

            for (int i = 0; i < 50; i++, written++)
            {
                await journal.AppendAsync(assignment, 1, new byte[10_000]); // half of the reserve, on a disk without a free byte
            }

            full = await Assert.ThrowsAsync<JournalException>(async () =>
            {
                for (; ; written++)
                {
                    await journal.AppendAsync(assignment, 1, new byte[10_000]);
                }
            });
            await journal.AppendAsync(assignment, 2, "result"u8.ToArray()); // what is small enough still finds room
            written++;

            File.Delete(_directory["filler"]);
            await journal.AppendAsync(assignment, 1, new byte[10_000]);
            written++;
        }

        Assert.Equal(JournalException.Full, full.Reason);
        Assert.Contains(_directory["journal"], full.Message, StringComparison.Ordinal);
        OpenedJournal again = AgentJournal.Open(_directory["journal"], options);
        Assert.Equal(written, again.Records.Count);
        await again.Journal.DisposeAsync();
    }

    [Fact]
    public void A_disk_without_room_for_the_first_segment_is_named_at_the_start()
    {
        if (!_mounted)
        {
            return;
        }

        JournalException full = Assert.Throws<JournalException>(() => AgentJournal.Open(_directory["journal"]));

        Assert.Equal(JournalException.Full, full.Reason);
        Assert.Contains(_directory["journal"], full.Message, StringComparison.Ordinal);
    }

    private static async Task Until(Func<bool> condition)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(20));
        while (!condition())
        {
            await Task.Delay(5, limit.Token);
        }
    }

    private static bool Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    private void FillDisk()
    {
        using FileStream filler = new(_directory["filler"], FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true)
            {
                filler.Write(new byte[4096]);
            }
        }
        catch (IOException)
        {
            // full, as wanted
        }
    }
}
