namespace Orbit.ApiTesting.Variables;

/// <summary>A template names a variable that is not there.</summary>
public sealed class VariableException(string name, string place, string message) : Exception($"{place}: {message}")
{
    /// <summary>The variable.</summary>
    public string Name { get; } = name;

    /// <summary>Where it is used.</summary>
    public string Place { get; } = place;
}
