using Orbit.Contracts.V1;

namespace Orbit.Agent.Plans;

/// <summary>
/// The agent's own directory for one assignment: logs, exit files, results, the unpacked package. Deleted when the assignment is
/// forgotten.
/// </summary>
/// <param name="Root">Absolute path.</param>
internal sealed record WorkFolder(string Root)
{
    /// <summary>Whoever steps run as must be able to pass through, without seeing what else is there.</summary>
    private const UnixFileMode Passage =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>The folder of an assignment.</summary>
    public static WorkFolder Of(string dataDirectory, Guid assignment) => new(Path.Combine(dataDirectory, "work", assignment.ToString()));

    /// <summary>Where the unpacked package is.</summary>
    public string Package => Path.Combine(Root, "package");

    /// <summary>What tests leave; writable by whoever they run as.</summary>
    public string Results => Path.Combine(Root, "results");

    /// <summary>Allure's results.</summary>
    public string Allure => Path.Combine(Results, "allure");

    /// <summary>Other files that a person may want.</summary>
    public string Artifacts => Path.Combine(Results, "artifacts");

    /// <summary>What the pytest plugin tells.</summary>
    public string PytestEvents => Path.Combine(Results, "events.jsonl");

    /// <summary>The tests that alone are to run.</summary>
    public string PytestSelection => Path.Combine(Root, "selection.json");

    /// <summary>Where a listed file is: Allure's results go by their bare path, artifacts below <c>artifacts/</c>.</summary>
    public string FileOf(ResultFile file) => Path.Combine(file.Kind == ResultKind.Allure ? Allure : Results, file.Path);

    /// <summary>The log of a step.</summary>
    public string Log(string step) => Path.Combine(Root, "logs", step + ".log");

    /// <summary>Exit file of a step's n-th command.</summary>
    public string Exit(string step, int command) => Path.Combine(Root, "exits", $"{step}-{command}");

    /// <summary>What a step's n-th command writes, before it is taken over into the step's log.</summary>
    public string Output(string step, int command) => Path.Combine(Root, "exits", $"{step}-{command}.out");

    /// <summary>Temporary files of the commands.</summary>
    public string Temporary => Path.Combine(Root, "tmp");

    /// <summary>What is to be replaced and how, as it was decided before the first change.</summary>
    public string ReplacePlan => Path.Combine(Root, "replace-plan.json");

    /// <summary>Makes the folder; harmless when it exists.</summary>
    public void Create()
    {
        foreach (string folder in (string[])[Root, Path.Combine(Root, "logs"), Path.Combine(Root, "exits")])
        {
            _ = Directory.CreateDirectory(folder, Passage);
        }
    }

    /// <summary>Deletes everything.</summary>
    public void Delete()
    {
        if (Directory.Exists(Root))
        {
            Directory.Delete(Root, recursive: true);
        }
    }
}
