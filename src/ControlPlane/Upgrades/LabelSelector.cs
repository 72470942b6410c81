namespace Orbit.ControlPlane.Upgrades;

/// <summary>Labels as one line: <c>pool=a,zone=b</c>. Pure.</summary>
internal static class LabelSelector
{
    /// <summary>Reads a line; parts that are no label are passed over by nobody: they ask for a label that no agent has.</summary>
    public static IReadOnlyDictionary<string, string> Parse(string line)
    {
        Dictionary<string, string> labels = [];
        foreach (string part in line.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] pair = part.Split('=', 2, StringSplitOptions.TrimEntries);
            labels[pair[0]] = pair.Length == 2 ? pair[1] : "";
        }

        return labels;
    }
}
