using Microsoft.Extensions.Logging;
using Orbit.Agent.Plans;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Steps;

/// <summary>What a step may know and use while it runs.</summary>
internal sealed record StepContext
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

    /// <summary>What the steps of the plan have left, this one included.</summary>
    public required PlanFacts Facts { get; init; }

    /// <summary>Whether this step was begun by an earlier process of this agent.</summary>
    public required bool IsResumed { get; init; }

    /// <summary>Events that an earlier process of this agent has recorded of this assignment.</summary>
    public IReadOnlyList<AgentEvent> EventsBefore { get; init; } = [];

    /// <summary>How long the step may take, for words.</summary>
    public required TimeSpan Limit { get; init; }

    /// <summary>The agent's log.</summary>
    public required ILogger Logger { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>The same step on another deployment, as a rollback looks at the one it undoes.</summary>
    public StepContext For(DeployWork work) => this with { Work = work };

    /// <summary>The newest fact of a kind that this step has left; <see langword="null"/> when there is none.</summary>
    public StepFact? Fact(string kind) => Facts.Last(Name, kind);

    /// <summary>Makes a fact durable that this or a later step needs, also after a restart of the agent.</summary>
    public Task RememberAsync(string kind, params ReadOnlySpan<(string Name, string Value)> values)
    {
        StepFact fact = NewFact(kind, values);
        Facts.Add(fact);
        return Assignment.NoteAsync(fact);
    }

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
