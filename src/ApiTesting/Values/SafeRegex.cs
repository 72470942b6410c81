using System.Text.RegularExpressions;

namespace Orbit.ApiTesting.Values;

/// <summary>Regular expressions of strangers: linear time where the pattern allows it, a time limit where it does not.</summary>
public static class SafeRegex
{
    /// <summary>Longest pattern in characters.</summary>
    public const int LongestPattern = 10_000;

    /// <summary>Longest time for one match of a pattern with look-around or back references.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    /// <summary>Compiles a pattern.</summary>
    /// <exception cref="FormatException">The pattern is wrong or too long; the message says what.</exception>
    public static Regex Compile(string pattern)
    {
        if (pattern.Length > LongestPattern)
        {
            throw new FormatException($"the regular expression has {pattern.Length} characters; at most {LongestPattern} are allowed");
        }

        try
        {
            try
            {
                return new(pattern, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, Patience);
            }
            catch (NotSupportedException)
            {
                return new(pattern, RegexOptions.CultureInvariant, Patience);
            }
        }
        catch (ArgumentException wrong)
        {
            throw new FormatException($"the regular expression is wrong: {wrong.Message}", wrong);
        }
    }
}
