using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Logging.Abstractions;
using Orbit.Agent.Journal;
using Orbit.Tests.Support;

namespace Orbit.Agent.Tests.Journal;

/// <summary>Random work, ended at a random place again and again: whatever was acknowledged is there, and what is there was appended.</summary>
public sealed class JournalCrashProperties
{
    private static readonly JournalOptions Small = new() { SegmentBytes = 4096, SegmentsBeforeCopy = 3 };

    [Fact]
    public void After_kills_at_any_point_everything_acknowledged_is_there() => Holds(losesPower: false, rounds: 150);

    [Fact]
    public void After_power_losses_at_any_point_everything_acknowledged_is_there() => Holds(losesPower: true, rounds: 150);

    private static void Holds(bool losesPower, int rounds) =>
        Check.One(
            Properties.Rounds(rounds).WithQuietOnSuccess(true),
            Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed => Survives(seed, losesPower)));

    private static bool Survives(int seed, bool losesPower)
    {
        using TemporaryDirectory directory = new();
        Random random = new(seed);
        Model model = new();
        for (int life = 0; life < 4; life++)
        {
            CrashingDisk disk = new(random.Next(1, 120), random, losesPower);
            LiveUntilTheEnd(directory["journal"], disk, model, random).GetAwaiter().GetResult();
        }

        OpenedJournal opened = AgentJournal.Open(directory["journal"], Small);
        model.Compare(opened.Records);
        opened.Journal.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return true;
    }

    private static async Task LiveUntilTheEnd(string directory, CrashingDisk disk, Model model, Random random)
    {
        OpenedJournal opened;
        try
        {
            opened = AgentJournal.Open(directory, Small, NullLogger.Instance, disk);
        }
        catch (IOException) when (disk.Crashed)
        {
            return;
        }

        model.Compare(opened.Records);
        for (int step = 0; step < 60; step++)
        {
            List<Task> calls = [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => model.Act(opened.Journal, random))];
            await Task.WhenAll(calls).ContinueWith(_ => { }, TaskScheduler.Default);
            model.Settle();
        }

        await opened.Journal.DisposeAsync();
    }

    /// <summary>What was asked for, in order, and how much of it was acknowledged.</summary>
    private sealed class Model
    {
        private readonly List<(Guid Assignment, byte[]? Payload, Task Done)> _asked = [];
        private readonly List<(Guid Assignment, byte[]? Payload, bool Acknowledged)> _settled = [];
        private readonly Guid[] _assignments = [.. Enumerable.Range(1, 5).Select(i => new Guid(i, 0, 0, new byte[8]))];

        public Task Act(AgentJournal journal, Random random)
        {
            Guid assignment = _assignments[random.Next(_assignments.Length)];
            if (random.Next(6) == 0)
            {
                return Ask(assignment, null, journal.ForgetAsync(assignment));
            }

            byte[] payload = new byte[random.Next(300)];
            random.NextBytes(payload);
            return Ask(assignment, payload, journal.AppendAsync(assignment, 7, payload));
        }

        public void Settle()
        {
            _settled.AddRange(_asked.Select(asked => (asked.Assignment, asked.Payload, asked.Done.IsCompletedSuccessfully)));
            _asked.Clear();
        }

        /// <summary>The records must be what some prefix of the unacknowledged rest leaves, with all that was acknowledged before it.</summary>
        public void Compare(IReadOnlyList<JournalRecord> records)
        {
            int certain = _settled.FindLastIndex(asked => asked.Acknowledged) + 1;
            for (int prefix = certain; prefix <= _settled.Count; prefix++)
            {
                if (Expected(prefix).SequenceEqual(records.Select(record => (record.Assignment, Convert.ToHexString(record.Payload.Span)))))
                {
                    // What a crash left is fact from here on.
                    _settled.RemoveRange(prefix, _settled.Count - prefix);
                    for (int i = 0; i < prefix; i++)
                    {
                        _settled[i] = _settled[i] with { Acknowledged = true };
                    }

                    return;
                }
            }

            throw new InvalidOperationException($"{records.Count} records are no prefix of {_settled.Count} requests with {certain} certain");
        }

        private List<(Guid Assignment, string Payload)> Expected(int prefix)
        {
            List<(Guid Assignment, string Payload)> left = [];
            foreach ((Guid assignment, byte[]? payload, _) in _settled.Take(prefix))
            {
                if (payload is null)
                {
                    _ = left.RemoveAll(record => record.Assignment == assignment);
                }
                else
                {
                    left.Add((assignment, Convert.ToHexString(payload)));
                }
            }

            return left;
        }

        private Task Ask(Guid assignment, byte[]? payload, Task done)
        {
            _asked.Add((assignment, payload, done));
            return done;
        }
    }
}
