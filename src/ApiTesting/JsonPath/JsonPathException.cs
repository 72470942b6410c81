namespace Orbit.ApiTesting.JsonPath;

/// <summary>A JSONPath that is no JSONPath, or one that asks for too much.</summary>
public sealed class JsonPathException(string message, int position) : Exception($"{message} (at character {position + 1})")
{
    /// <summary>Where in the query, from 0.</summary>
    public int Position { get; } = position;
}
