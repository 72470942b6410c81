using System.Security.Cryptography;
using System.Text;

namespace Orbit.ApiTesting.Records;

/// <summary>The same cause gets the same mark, whatever the values were.</summary>
public static class Fingerprint
{
    /// <summary>12 hex digits of step, class and the reason's words without digits, quoted text and turns of loops.</summary>
    public static string Of(string step, string failureClass, string reason)
    {
        var words = new StringBuilder(reason.Length);
        bool quoted = false;
        bool digits = false;
        foreach (char c in reason.Length > 2000 ? reason[..2000] : reason)
        {
            if (c == '"')
            {
                quoted = !quoted;
                _ = quoted ? words.Append("\"…\"") : words;
                continue;
            }

            if (quoted || (char.IsAsciiHexDigit(c) && digits))
            {
                continue;
            }

            digits = char.IsAsciiDigit(c);
            _ = words.Append(digits ? '0' : c);
        }

        int turn = step.IndexOf('#', StringComparison.Ordinal);
        string key = $"{(turn < 0 ? step : step[..turn])}\n{failureClass}\n{words}";
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)).AsSpan(0, 6));
    }
}
