namespace Orbit.EndToEnd.Support;

/// <summary>What a program of a stage is started in and with; what changes counts from its next start.</summary>
internal sealed class Surroundings
{
    /// <summary>A program that enters a place and then becomes the one after it; empty: none.</summary>
    public IReadOnlyList<string> Place { get; set; } = [];

    /// <summary>A program that looks on and may end the one after it; empty: none.</summary>
    public IReadOnlyList<string> Tracer { get; set; } = [];

    /// <summary>Further variables of its environment.</summary>
    public Dictionary<string, string> Environment { get; } = new() { ["ORBIT_AGENT_CHECK_INTERVAL"] = "1" };

    /// <summary>Starts a program there.</summary>
    public ChildProgram Start(IReadOnlyList<string> command, string? failPoint)
    {
        string[] words = [.. Place, .. Tracer, .. command];
        return ChildProgram.Start(words[0], words[1..], new Dictionary<string, string>(Environment) { ["ORBIT_FAILPOINT"] = failPoint ?? "" });
    }
}
