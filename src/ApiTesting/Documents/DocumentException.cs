namespace Orbit.ApiTesting.Documents;

/// <summary>A document that is wrong, with the place.</summary>
public sealed class DocumentException(string place, string problem) : Exception(place.Length == 0 ? problem : $"{place}: {problem}")
{
    /// <summary>Path in the document, e.g. <c>cases[2].assert[0]</c>; empty for the whole.</summary>
    public string Place { get; } = place;

    /// <summary>What is wrong.</summary>
    public string Problem { get; } = problem;
}
