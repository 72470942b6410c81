using System.Globalization;

namespace Orbit.Benchmarks;

/// <summary>One measured number.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Value">The number.</param>
/// <param name="Unit">Its unit.</param>
internal sealed record Figure(string Name, double Value, string Unit)
{
    /// <summary>The same without Orbit, measured in the same run; null where there is none.</summary>
    public double? Ceiling { get; init; }

    /// <summary>What the ceiling is, in words.</summary>
    public string CeilingIs { get; init; } = "";

    /// <summary>The bound; null for a figure that only explains another.</summary>
    public double? Limit { get; init; }

    /// <summary>True: the limit is the least allowed, otherwise the most.</summary>
    public bool MoreIsBetter { get; init; }

    /// <summary>Whether the limit is kept; null without one.</summary>
    public bool? Meets => Limit is not { } limit ? null : MoreIsBetter ? Value >= limit : Value <= limit;
}

/// <summary>Prints figures.</summary>
internal static class FigureTable
{
    /// <summary>One line a figure.</summary>
    public static void Print(IReadOnlyList<Figure> figures, bool limits)
    {
        foreach (Figure figure in figures)
        {
            string ceiling = figure.Ceiling is { } c ? $"ceiling {Number(c)} ({figure.CeilingIs}; ratio {Number(figure.Value / c)})" : "";
            string limit = !limits || figure.Limit is not { } l ? "" : $"limit {(figure.MoreIsBetter ? "at least" : "at most")} {Number(l)}: {(figure.Meets is true ? "kept" : "MISSED")}";
            Console.WriteLine($"{figure.Name,-52} {Number(figure.Value),10} {figure.Unit,-8} {limit,-30} {ceiling}".TrimEnd());
        }
    }

    private static string Number(double value) =>
        value.ToString(Math.Abs(value) >= 1000 ? "#,##0" : Math.Abs(value) >= 100 ? "0" : "0.00", CultureInfo.InvariantCulture);
}
