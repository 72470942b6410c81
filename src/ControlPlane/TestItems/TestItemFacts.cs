using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.TestItems;

/// <summary>What a person says of a test item.</summary>
/// <param name="Name">Unique.</param>
/// <param name="JobName">May be empty.</param>
/// <param name="ParameterSetId">0: the default set, or the present one at a change.</param>
/// <param name="Labels">An agent must carry all of these.</param>
/// <param name="PackagePattern">May be empty.</param>
/// <param name="Enabled">Null keeps what is; true for a new item.</param>
internal sealed record TestItemFacts(
    string Name, string JobName, long ParameterSetId, IReadOnlyDictionary<string, string> Labels, string PackagePattern, bool? Enabled)
{
    private const int LongestName = 100;
    private const int LongestJobName = 255;
    private const int MostLabels = 32;
    private const int LongestLabel = 128;
    private const int MostAgents = 100;
    private const int MostNotified = 50;
    private const int MostConcurrent = 100;

    /// <summary>Names of the agents that may run it; none: any with the labels.</summary>
    public IReadOnlyList<string> Agents { get; init; } = [];

    /// <summary>Who is told of its runs beside the one who triggered.</summary>
    public IReadOnlyList<NotifyEntry> Notify { get; init; } = [];

    /// <summary>Instead of what the parameter set says; null: as it says.</summary>
    public RollbackWish? Rollback { get; init; }

    /// <summary>Most of its runs under way on one host at a time; 0: no limit of its own.</summary>
    public int Concurrency { get; init; }

    /// <summary>True: a newer waiting run of it cancels its older waiting ones.</summary>
    public bool NewestOnly { get; init; }

    /// <summary>Refuses what cannot be stored or could never match.</summary>
    /// <exception cref="OrbitException">NAME_INVALID; TEST_ITEM_INVALID, whose details name every wrong field.</exception>
    public TestItemFacts Check()
    {
        if (TextRule.NameProblem(Name, LongestName) is { } wrongName)
        {
            throw OrbitException.Invalid("NAME_INVALID", $"The name {wrongName}; a name has 1 to {LongestName} characters.");
        }

        var problems = new Dictionary<string, string>();
        if (TextRule.LineProblem(JobName, LongestJobName) is { } wrongJob)
        {
            problems["job_name"] = wrongJob;
        }

        if (ParameterSetId < 0)
        {
            problems["parameter_set_id"] = "is negative";
        }

        if (PackagePattern.Length > 0 && GlobRule.FileNameProblem(PackagePattern) is { } wrongPattern)
        {
            problems["package_pattern"] = $"must be {wrongPattern}";
        }

        if (LabelProblem() is { } wrongLabel)
        {
            problems["labels"] = wrongLabel;
        }

        if (AgentProblem() is { } wrongAgent)
        {
            problems["agents"] = wrongAgent;
        }

        if (NotifyProblem() is { } wrongEntry)
        {
            problems["notify"] = wrongEntry;
        }

        if (Concurrency is < 0 or > MostConcurrent)
        {
            problems["concurrency"] = $"is {Concurrency}; 0 to {MostConcurrent} are allowed";
        }

        return problems.Count == 0
            ? this
            : throw new OrbitException(Refusal.Invalid, "TEST_ITEM_INVALID", $"The test item is not valid: {string.Join("; ", problems.Select(p => $"{p.Key} {p.Value}"))}.")
            {
                Details = problems,
            };
    }

    private string? AgentProblem() =>
        Agents.Count > MostAgents ? $"are {Agents.Count}; {MostAgents} are allowed"
        : Agents.Distinct(StringComparer.Ordinal).Count() < Agents.Count ? "hold a name twice"
        : Agents.Select(name => TextRule.NameProblem(name, LongestName)).FirstOrDefault(problem => problem is not null) is { } wrong ? $"hold a name that {wrong}"
        : null;

    private string? NotifyProblem()
    {
        if (Notify.Count > MostNotified)
        {
            return $"holds {Notify.Count} entries; {MostNotified} are allowed";
        }

        if (Notify.DistinctBy(n => n.Address, StringComparer.OrdinalIgnoreCase).Count() < Notify.Count)
        {
            return "holds an address twice";
        }

        return Notify.Any(n => n.Language is not ("" or "en" or "zh")) ? "holds a language other than en and zh" : null;
    }

    private string? LabelProblem()
    {
        if (Labels.Count > MostLabels)
        {
            return $"are {Labels.Count}; {MostLabels} are allowed";
        }

        foreach ((string name, string value) in Labels)
        {
            if (TextRule.NameProblem(name, LongestLabel) is { } wrongName)
            {
                return $"hold a name that {wrongName}";
            }

            if (TextRule.LineProblem(value, LongestLabel) is { } wrongValue)
            {
                return $"hold '{name}' whose value {wrongValue}";
            }
        }

        return null;
    }
}
