using System.Security.Cryptography;
using Google.Protobuf;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Tests.Link;

/// <summary>What the scripted gateway has stored of one assignment.</summary>
internal sealed class ScriptedAssignment(string id, Plan plan, long epoch)
{
    private readonly Lock _gate = new();
    private readonly List<AgentEvent> _events = [];
    private readonly Dictionary<string, MemoryStream> _logs = [];
    private readonly Dictionary<string, MemoryStream> _files = [];
    private readonly HashSet<string> _endedLogs = [];

    public string Id { get; } = id;

    public long Epoch { get; set; } = epoch;

    public Offer Offer => new() { AssignmentId = Id, Epoch = Epoch, Plan = plan };

    public int Accepted { get; set; }

    public AssignmentOrder Order { get; set; } = AssignmentOrder.Continue;

    public string? CancelReason { get; set; }

    /// <summary>Time that somebody added, told with each heartbeat.</summary>
    public TimeSpan? Extra { get; set; }

    /// <summary>Events that came again although they were stored.</summary>
    public int Repeated { get; private set; }

    public long LastSeq
    {
        get
        {
            lock (_gate)
            {
                return _events.Count;
            }
        }
    }

    public IReadOnlyList<AgentEvent> Events
    {
        get
        {
            lock (_gate)
            {
                return [.. _events];
            }
        }
    }

    public PlanEnded? Ended => Events.Select(fact => fact.PlanEnded).LastOrDefault(ended => ended is not null);

    public StepEnded Step(string name) => Events.Select(fact => fact.StepEnded).Single(ended => ended?.Step == name)!;

    public byte[] Log(string step)
    {
        lock (_gate)
        {
            return _logs.GetValueOrDefault(step)?.ToArray() ?? [];
        }
    }

    public bool LogEnded(string step)
    {
        lock (_gate)
        {
            return _endedLogs.Contains(step);
        }
    }

    public byte[]? File(string path)
    {
        lock (_gate)
        {
            return _files.GetValueOrDefault(path)?.ToArray();
        }
    }

    public async Task<PlanEnded> EndAsync(int seconds = 30)
    {
        await Eventually.TrueAsync(() => Ended is not null, () => $"events: {string.Join(", ", Events.Select(Short))}", seconds);
        return Ended!;
    }

    /// <summary>Waits until the log is there as the step's end says.</summary>
    public async Task<byte[]> WholeLogAsync(string step)
    {
        await Eventually.TrueAsync(
            () => Events.Any(fact => fact.StepEnded?.Step == step) && Log(step).Length >= Step(step).LogLength && LogEnded(step), () => $"{Log(step).Length} bytes of {step}, ended {LogEnded(step)}");
        byte[] log = Log(step);
        Assert.Equal(Step(step).LogLength, log.Length);
        Assert.Equal(log.Length == 0 ? [] : SHA256.HashData(log), Step(step).LogSha256.ToByteArray());
        return log;
    }

    public ServerMessage Take(AgentEvents events)
    {
        lock (_gate)
        {
            foreach (AgentEvent fact in events.Events)
            {
                if (fact.Seq <= _events.Count)
                {
                    Repeated++;
                    Assert.Equal(_events[(int)fact.Seq - 1].FactCase, fact.FactCase);
                }
                else if (fact.Seq == _events.Count + 1)
                {
                    _events.Add(fact);
                }
                else
                {
                    return new() { Expect = new() { AssignmentId = Id, NextSeq = _events.Count + 1 } };
                }
            }

            return new() { Ack = new() { AssignmentId = Id, LastSeq = _events.Count } };
        }
    }

    public UploadResponse Take(UploadLog piece)
    {
        lock (_gate)
        {
            Assert.Contains(_events, fact => fact.StepStarted?.Step == piece.Step);
            MemoryStream log = Stream(_logs, piece.Step);
            Append(log, piece.Offset, piece.Data);
            if (piece.End && log.Length == piece.Offset + piece.Data.Length)
            {
                _ = _endedLogs.Add(piece.Step);
            }

            return new() { Log = new() { AssignmentId = Id, Step = piece.Step, NextOffset = log.Length } };
        }
    }

    public UploadResponse Take(UploadFile piece)
    {
        lock (_gate)
        {
            Assert.Contains(_events, fact => fact.ResultsListed?.Files.Any(file => file.Path == piece.Path) ?? false);
            MemoryStream file = Stream(_files, piece.Path);
            Append(file, piece.Offset, piece.Data);
            return new() { File = new() { AssignmentId = Id, Path = piece.Path, NextOffset = file.Length } };
        }
    }

    private static MemoryStream Stream(Dictionary<string, MemoryStream> streams, string name) =>
        streams.TryGetValue(name, out MemoryStream? known) ? known : streams[name] = new MemoryStream();

    private static void Append(MemoryStream to, long offset, ByteString data)
    {
        if (offset <= to.Length && offset + data.Length > to.Length)
        {
            to.Position = to.Length;
            to.Write(data.Span[(int)(to.Length - offset)..]);
        }
    }

    private static string Short(AgentEvent fact) => fact.FactCase switch
    {
        AgentEvent.FactOneofCase.StepEnded => $"{fact.StepEnded.Step} {fact.StepEnded.Status} {fact.StepEnded.Reason} {fact.StepEnded.Error}",
        AgentEvent.FactOneofCase.StepStarted => $"{fact.StepStarted.Step} started",
        _ => fact.FactCase.ToString(),
    };
}
