namespace Orbit.Agent.Plans;

/// <summary>
/// What the steps of a plan have to know of each other and, after a restart of the agent, of themselves. Everything here is in the journal.
/// </summary>
internal sealed class PlanFacts(IEnumerable<StepFact> before)
{
    private readonly Lock _gate = new();
    private readonly List<StepFact> _facts = [.. before];

    /// <summary>A fact was made durable.</summary>
    public void Add(StepFact fact)
    {
        lock (_gate)
        {
            _facts.Add(fact);
        }
    }

    /// <summary>The newest fact of a kind that a step has left; <see langword="null"/> when there is none.</summary>
    public StepFact? Last(string step, string kind)
    {
        lock (_gate)
        {
            return _facts.FindLast(fact => fact.Step == step && fact.Kind == kind);
        }
    }

    /// <summary>The newest fact of a kind with a given value.</summary>
    public StepFact? Last(string step, string kind, string name, string value)
    {
        lock (_gate)
        {
            return _facts.FindLast(fact => fact.Step == step && fact.Kind == kind && fact.Values.GetValueOrDefault(name) == value);
        }
    }
}
