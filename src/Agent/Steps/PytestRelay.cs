using System.Text;
using Orbit.Agent.Pytest;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Steps;

/// <summary>
/// Turns what the pytest plugin tells into events of the assignment, live. The same file always gives the same events in the same order, so
/// after a restart of the agent it is read from its beginning and what was recorded already is passed over.
/// </summary>
internal sealed class PytestRelay
{
    private const int IdsPerEvent = 1000;
    private const int IdBytesPerEvent = 256 * 1024;
    private const int LongestId = 2048;
    private const int LongestMessage = 4 * 1024;
    private const int LongestText = 64 * 1024;
    private const int NotesAtMost = 20;
    private const long TooMuchWaiting = 64 * 1024 * 1024;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);
    private readonly StepContext _context;
    private readonly Queue<Task> _underWay = new();
    private int _passOver;
    private int _collected;
    private int _notes;
    private DateTimeOffset? _firstWord;

    public PytestRelay(StepContext context)
    {
        _context = context;
        _passOver = context.EventsBefore.SkipWhile(fact => fact.StepStarted?.Step != context.Name).Count(IsMine);
    }

    /// <summary>What the events add up to.</summary>
    public PytestSession Session { get; } = new();

    /// <summary>Relays until the command has ended and everything it told was read.</summary>
    public async Task<CommandEnd> FollowAsync(Task<CommandEnd> running)
    {
        PytestEvents events = new(_context.Folder.PytestEvents);
        try
        {
            await foreach (PytestEvent told in events.FollowAsync(LookEvery, running, _context.Time, _context.Stop.Leaving))
            {
                await RelayAsync(told);
            }
        }
        catch (OperationCanceledException) when (_context.Stop.Leaving.IsCancellationRequested)
        {
            // the command's own wait says what that means
        }

        return await running;
    }

    /// <summary>Nothing more comes: tests that ran are interrupted ones, and Allure gets results that nobody else could write.</summary>
    public async Task EndAsync(string reason)
    {
        await TellCollectedAsync();
        foreach (PytestTest test in Session.Running.ToList())
        {
            await TellAsync(new() { TestEnded = new() { Id = IdOf(test.Id), Outcome = TestOutcome.Interrupted, Message = Words.Cut(reason, LongestMessage) } });
        }

        _ = SyntheticResults.Write(Session, reason, _context.Folder.Allure);
    }

    /// <summary>The numbers; after the end.</summary>
    public TestSummary Summary()
    {
        PytestCounts counts = Session.Count(ended: true);
        return new TestSummary
        {
            Total = counts.Total,
            Passed = counts.Passed,
            Failed = counts.Failed,
            Broken = counts.Broken,
            Skipped = counts.Skipped,
            Interrupted = counts.Interrupted,
            NotRun = counts.NotRun,
            DurationMs = _firstWord is { } first ? (long)(Session.LastWord - first).TotalMilliseconds : 0,
        };
    }

    private static bool IsMine(AgentEvent fact) => fact.FactCase is AgentEvent.FactOneofCase.TestsCollected
        or AgentEvent.FactOneofCase.TestStarted or AgentEvent.FactOneofCase.TestEnded
        || fact.Note?.Code.StartsWith("PYTEST_", StringComparison.Ordinal) == true;

    private async Task RelayAsync(PytestEvent told)
    {
        if (!Session.Apply(told))
        {
            return;
        }

        _firstWord ??= told.Time == default ? null : told.Time;
        switch (told)
        {
            case PytestCollected:
                await TellCollectedAsync();
                break;
            case PytestTestStarted started:
                await TellAsync(new() { TestStarted = new() { Id = IdOf(started.Id) } });
                break;
            case PytestTestFinished finished:
                await TellFinishedAsync(finished);
                break;
            case PytestCollectionError error:
                await TellNoteAsync("PYTEST_COLLECTION_ERROR", $"{error.Id}: {error.Message}");
                break;
            case PytestInternalError error:
                await TellNoteAsync("PYTEST_INTERNAL_ERROR", error.Message);
                break;
            case PytestWorkerLost lost:
                await TellNoteAsync("PYTEST_WORKER_LOST", $"{lost.Worker}: {lost.Message}");
                break;
            case PytestPluginError error:
                await TellNoteAsync("PYTEST_PLUGIN_ERROR", $"{error.Where}: {error.Message}");
                break;
            case PytestUnreadable unreadable:
                await TellNoteAsync("PYTEST_UNREADABLE", $"{unreadable.Length} bytes of the plugin's events could not be read: {unreadable.Why}");
                break;
            default:
                break;
        }
    }

    private async Task TellCollectedAsync()
    {
        IReadOnlyList<PytestTest> tests = Session.Tests;
        while (_collected < tests.Count)
        {
            TestsCollected part = new() { Total = Session.Count(ended: false).Total, FirstOrdinal = _collected };
            for (int bytes = 0; _collected < tests.Count && part.Ids.Count < IdsPerEvent && bytes < IdBytesPerEvent; _collected++)
            {
                string id = IdOf(tests[_collected].Id);
                part.Ids.Add(id);
                bytes += Encoding.UTF8.GetByteCount(id);
            }

            await TellAsync(new() { TestsCollected = part });
        }
    }

    private async Task TellFinishedAsync(PytestTestFinished finished)
    {
        if (Session.Find(finished.Id) is not { Progress: PytestProgress.Finished, Result: { } result } test || !ReferenceEquals(result, finished))
        {
            return; // it will be tried again, or an earlier report of the same try was worse
        }

        bool full = _context.Assignment.WaitingBytes > TooMuchWaiting; // nobody takes events; what is known of a test is kept short
        StringBuilder output = new();
        AddPart(output, "stdout", result.Stdout);
        AddPart(output, "stderr", result.Stderr);
        AddPart(output, "log", result.Log);
        await TellAsync(new()
        {
            TestEnded = new()
            {
                Id = IdOf(finished.Id),
                Outcome = PytestResults.ToWire(test.Status!.Value),
                DurationMs = (long)result.Duration.TotalMilliseconds,
                Message = Bounded(Hidden(result.Message), LongestMessage), // before the cut, which could halve a value
                Trace = full ? "" : Bounded(Hidden(result.Trace), LongestText),
                Output = full ? "" : Bounded(Hidden(output.ToString()), LongestText),
                Worker = result.Worker ?? "",
            },
        });
    }

    private string Hidden(string? text) => text is null ? "" : _context.Assignment.Secrets.Hide(text);

    private Task TellNoteAsync(string code, string text) =>
        _notes++ < NotesAtMost ? TellAsync(new() { Note = new() { Code = code, Text = Words.Cut(text, 1000) } }) : Task.CompletedTask;

    /// <summary>Records an event unless an earlier process of this agent has. Not awaited to be durable, so that a burst of tests shares syncs.</summary>
    private async Task TellAsync(AgentEvent fact)
    {
        if (_passOver > 0)
        {
            _passOver--;
            return;
        }

        Task recorded = _context.Assignment.RecordAsync(fact);
        if (recorded.IsFaulted)
        {
            await recorded;
        }

        _underWay.Enqueue(recorded);
        while (_underWay.Count > 1000 || (_underWay.TryPeek(out Task? oldest) && oldest.IsCompleted))
        {
            await _underWay.Dequeue();
        }
    }

    private static void AddPart(StringBuilder to, string name, string? text)
    {
        if (!string.IsNullOrEmpty(text))
        {
            _ = to.Append("--- ").Append(name).Append(" ---\n").Append(text).Append('\n');
        }
    }

    /// <summary>At most that many bytes of UTF-8, whole characters; line ends stay.</summary>
    private static string Bounded(string? text, int bytes)
    {
        if (string.IsNullOrEmpty(text) || Encoding.UTF8.GetByteCount(text) <= bytes)
        {
            return text ?? "";
        }

        byte[] all = Encoding.UTF8.GetBytes(text);
        int end = bytes;
        while (end > 0 && (all[end] & 0xC0) == 0x80)
        {
            end--;
        }

        return Encoding.UTF8.GetString(all, 0, end);
    }

    private static string IdOf(string id) => id.Length <= LongestId ? id : $"{id[..(LongestId - 20)]}…{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(id)))[..16]}";
}
