using Orbit.ApiTesting.Documents;

namespace Orbit.ApiTesting.Running;

/// <summary>Which resource pools a row of something needs places of.</summary>
public static class ResourceUses
{
    /// <summary>Names of the pools of all cases that a scenario runs, nested ones and those that are called included; in order.</summary>
    public static IReadOnlyList<string> Of(ApiDocument document, Scenario scenario)
    {
        var pools = new SortedSet<string>(StringComparer.Ordinal);
        Add(document, scenario, pools);
        return [.. pools];
    }

    private static void Add(ApiDocument document, Scenario scenario, SortedSet<string> pools)
    {
        foreach (ScenarioStep step in scenario.Setup.Concat(scenario.Steps).Concat(scenario.Teardown).Where(s => s.Enabled))
        {
            if (step.Nested is { } nested)
            {
                Add(document, nested, pools); // the reader has refused circles
            }

            if (step.Case is { } one)
            {
                pools.UnionWith(one.Uses);
                foreach (string called in one.Before.Concat(one.After).Select(a => a.Call).OfType<string>())
                {
                    pools.UnionWith(document.Cases.TryGetValue(called, out ApiCase? other) ? other.Uses : []);
                }
            }
        }
    }
}
