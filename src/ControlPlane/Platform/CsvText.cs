namespace Orbit.ControlPlane.Platform;

/// <summary>Lines of CSV as in RFC 4180.</summary>
internal static class CsvText
{
    /// <summary>A spreadsheet takes what begins so for a formula, and would run it.</summary>
    private const string FormulaStarts = "=+-@\t\r";

    /// <summary>A line with its end, of values exactly as they are: for programs.</summary>
    public static string Line(IEnumerable<string> cells) => string.Join(',', cells.Select(Quoted)) + "\r\n";

    /// <summary>A line with its end, in which nothing is a formula: what looks like one gets an apostrophe in front. For people with spreadsheets.</summary>
    public static string LineWithoutFormulas(IEnumerable<string?> cells) => Line(cells.Select(WithoutFormula));

    private static string WithoutFormula(string? cell) =>
        string.IsNullOrEmpty(cell) ? "" : FormulaStarts.Contains(cell[0], StringComparison.Ordinal) ? "'" + cell : cell;

    /// <summary>Blanks at an end are quoted too: some readers cut them off.</summary>
    private static string Quoted(string cell) =>
        cell.AsSpan().IndexOfAny(",\"\r\n") < 0 && cell.AsSpan().Trim().Length == cell.Length ? cell : $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
