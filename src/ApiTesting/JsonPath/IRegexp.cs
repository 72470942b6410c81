using System.Text;
using System.Text.RegularExpressions;
using Orbit.ApiTesting.Values;

namespace Orbit.ApiTesting.JsonPath;

/// <summary>The regular expressions of JSONPath (RFC 9485) in .NET's words: a dot is one code point and no line end.</summary>
internal static class IRegexp
{
    private const string Dot = @"(?:[^\n\r\uD800-\uDFFF]|[\uD800-\uDBFF][\uDC00-\uDFFF])";

    /// <summary>The compiled pattern; null when it is wrong, which matches nothing.</summary>
    public static Regex? TryCompile(string pattern, bool whole)
    {
        try
        {
            string translated = Translate(pattern);
            return SafeRegex.Compile(whole ? @"\A(?:" + translated + @")\z" : translated);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static string Translate(string pattern)
    {
        var translated = new StringBuilder(pattern.Length + 16);
        bool inClass = false;
        for (int i = 0; i < pattern.Length; i++)
        {
            char c = pattern[i];
            if (c == '\\' && i + 1 < pattern.Length)
            {
                _ = translated.Append(c).Append(pattern[++i]);
                continue;
            }

            inClass = c switch { '[' => true, ']' => false, _ => inClass };
            _ = c == '.' && !inClass ? translated.Append(Dot) : translated.Append(c);
        }

        return translated.ToString();
    }
}
