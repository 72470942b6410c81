using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Orbit.ControlPlane.Feed;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Runs;

/// <summary>Collects a run's new events in one transaction, then numbers and stores them.</summary>
internal sealed class NewRunEvents(Run run, DateTimeOffset now)
{
    private const int FewEvents = 4;
    private readonly List<Wire.RunEvent> _events = [];

    /// <summary>Adds an event; number, time and attempt are set here.</summary>
    public Wire.RunEvent Add(Wire.RunEventType type)
    {
        var added = new Wire.RunEvent { Type = type, Attempt = run.Attempt };
        _events.Add(added);
        return added;
    }

    /// <summary>Adds a remark that changes nothing.</summary>
    public void Note(string text) => Add(Wire.RunEventType.Note).Text = text;

    /// <summary>Moves the run to a stage and says so, when the stage is ahead.</summary>
    public void MoveTo(RunStatus stage)
    {
        if (run.MoveTo(stage))
        {
            Add(Wire.RunEventType.Status).Status = run.Status.ToWire();
        }
    }

    /// <summary>Numbers the events and inserts them; watchers and the feed learn of it after the commit.</summary>
    public async Task StoreAsync(OrbitDbContext database, CancellationToken ct)
    {
        if (_events.Count == 0)
        {
            return;
        }

        long seq = run.TakeSeq(_events.Count);
        Timestamp at = Timestamp.FromDateTimeOffset(now);
        foreach (Wire.RunEvent added in _events)
        {
            (added.Seq, added.Time) = (seq++, at);
        }

        if (_events.Count <= FewEvents)
        {
            // They go with the other tracked changes of the transaction, in the same round trip.
            database.RunEvents.AddRange(_events.Select(e => new RunEventRow { RunDay = run.Day, RunId = run.Id, Seq = e.Seq, Payload = e.ToByteArray() }));
            Tell(database);
            return;
        }

        await database.InsertAsync(
            "run_events",
            [
                new("run_day", "integer", Repeat(run.Day)),
                new("run_id", "bigint", Repeat(run.Id)),
                new("seq", "bigint", _events.Select(e => e.Seq).ToArray()),
                new("payload", "bytea", _events.Select(e => e.ToByteArray()).ToArray()),
            ],
            onConflict: null,
            ct);
        Tell(database);
    }

    private void Tell(OrbitDbContext database)
    {
        database.RaiseAfterCommit(Topics.Run(run.Id));
        database.Changed("runs", run.Id);
        _events.Clear();
    }

    private T[] Repeat<T>(T value) => [.. Enumerable.Repeat(value, _events.Count)];
}
