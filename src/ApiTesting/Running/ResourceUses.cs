using Orbit.ApiTesting.Documents;

namespace Orbit.ApiTesting.Running;

/// <summary>Which resource pools a row of something needs places of.</summary>
public static class ResourceUses
{
    /// <summary>Names of the pools of all cases that a scenario runs, nested ones and those that are called included; in order.</summary>
    public static IReadOnlyList<string> Of(ApiDocument document, Scenario scenario)
    {
        var cases = new HashSet<ApiCase>(ReferenceEqualityComparer.Instance);
        AddCases(document, scenario, cases);
        return [.. cases.SelectMany(c => c.Uses).Distinct().Order(StringComparer.Ordinal)];
    }

    /// <summary>All cases that a scenario runs, nested ones and those that are called included.</summary>
    internal static void AddCases(ApiDocument document, Scenario scenario, HashSet<ApiCase> cases)
    {
        foreach (ScenarioStep step in scenario.Setup.Concat(scenario.Steps).Concat(scenario.Teardown).Where(s => s.Enabled))
        {
            if (step.Nested is { } nested)
            {
                AddCases(document, nested, cases); // the reader has refused circles
            }

            if (step.Case is { } one)
            {
                _ = cases.Add(one);
                foreach (string called in one.Before.Concat(one.After).Select(a => a.Call).OfType<string>())
                {
                    _ = document.Cases.TryGetValue(called, out ApiCase? other) && cases.Add(other);
                }
            }
        }
    }
}
