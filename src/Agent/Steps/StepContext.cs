using Microsoft.Extensions.Logging;
using Orbit.Agent.Journal;
using Orbit.Agent.Plans;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Steps;

/// <summary>What a step may know and use while it runs.</summary>
internal sealed class StepContext
{
    /// <summary>The assignment.</summary>
    public required Assignment Assignment { get; init; }

    /// <summary>The whole work.</summary>
    public required DeployWork Work { get; init; }

    /// <summary>Name of the step.</summary>
    public required string Name { get; init; }

    /// <summary>Id of this execution of the step; its processes carry it.</summary>
    public required Guid StepId { get; init; }

    /// <summary>Where the agent keeps what belongs to the assignment.</summary>
    public required WorkFolder Folder { get; init; }

    /// <summary>The step's log.</summary>
    public required StepLogFile Log { get; init; }

    /// <summary>Tells when the step is to end.</summary>
    public required StopSignal Stop { get; init; }

    /// <summary>Facts that an earlier process of this agent has left of this step; empty when it begins now.</summary>
    public IReadOnlyList<StepFact> Before { get; init; } = [];

    /// <summary>Events that an earlier process of this agent has recorded of this assignment.</summary>
    public IReadOnlyList<AgentEvent> EventsBefore { get; init; } = [];

    /// <summary>The agent's log.</summary>
    public required ILogger Logger { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Whether this step was begun by an earlier process of this agent.</summary>
    public bool IsResumed => Before.Count > 0;

    /// <summary>The newest fact of a kind that an earlier process has left; <see langword="null"/> when there is none.</summary>
    public StepFact? Fact(string kind) => Before.LastOrDefault(fact => fact.Kind == kind);

    /// <summary>Makes a fact durable that the step needs should the agent be started again.</summary>
    public Task RememberAsync(string kind, params ReadOnlySpan<(string Name, string Value)> values) =>
        Assignment.NoteAsync(NewFact(kind, values));

    /// <summary>Such a fact as a journal record, to be written together with an event.</summary>
    public JournalEntry ToRemember(string kind, params ReadOnlySpan<(string Name, string Value)> values) =>
        AssignmentRecords.ForFact(Assignment.Id, NewFact(kind, values));

    /// <summary>Tells watchers something about the running step, at most 500 characters.</summary>
    public Task ProgressAsync(string text) =>
        Assignment.RecordAsync(new AgentEvent { Progress = new() { Step = Name, Text = Words.Cut(text, 500) } });

    /// <summary>Tells watchers something that changes nothing, at most 1,000 characters.</summary>
    public Task NoteAsync(string code, string text) =>
        Assignment.RecordAsync(new AgentEvent { Note = new() { Code = code, Text = Words.Cut(text, 1000) } });

    private StepFact NewFact(string kind, ReadOnlySpan<(string Name, string Value)> values)
    {
        Dictionary<string, string> map = [];
        foreach ((string name, string value) in values)
        {
            map[name] = value;
        }

        return new StepFact(Name, kind, map);
    }
}
