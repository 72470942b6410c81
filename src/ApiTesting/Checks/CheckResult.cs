namespace Orbit.ApiTesting.Checks;

/// <summary>What came of one check.</summary>
/// <param name="Kind">Kind of check, e.g. <c>jsonpath</c>.</param>
/// <param name="Where">What was looked at, e.g. <c>$.status</c> or a header's name.</param>
/// <param name="Expected">What was to be, in words.</param>
/// <param name="Actual">What was.</param>
/// <param name="Passed">True when they agree.</param>
public sealed record CheckResult(string Kind, string Where, string Expected, string Actual, bool Passed)
{
    private const int LongestValue = 2000;

    /// <summary>One line for people.</summary>
    public string Message => Passed ? $"{Subject} {Expected}" : $"{Subject}: expected {Expected}, was {Actual}";

    private string Subject => Where.Length == 0 ? Kind : $"{Kind} {Where}";

    /// <summary>A text of bounded length.</summary>
    public static string Cut(string text) => text.Length <= LongestValue ? text : $"{text[..LongestValue]}… ({text.Length} characters)";
}
