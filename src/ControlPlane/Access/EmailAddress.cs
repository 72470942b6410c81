using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Access;

/// <summary>
/// One plain e-mail address in its one form. It names a person, so whatever could make two names look or count alike is refused rather than
/// understood: lists, display names, comments, quoted parts, control characters, letters beyond ASCII.
/// </summary>
internal static class EmailAddress
{
    /// <summary>Longest address, RFC 5321.</summary>
    public const int Longest = 254;

    private const int LongestLocal = 64;
    private const int LongestLabel = 63;
    private const string LocalMarks = "!#$%&'*+-/=?^_`{|}~.";

    /// <summary>The address in lower case.</summary>
    /// <exception cref="OrbitException">EMAIL_INVALID.</exception>
    public static string Parse(string given) =>
        ParseOrNull(given)
        ?? throw OrbitException.Invalid("EMAIL_INVALID", "email must be one plain address such as name@example.org, in ASCII, at most 254 characters.");

    /// <summary>The address in lower case; null when it is none.</summary>
    public static string? ParseOrNull(string given)
    {
        string text = given.Trim(' ');
        int at = text.IndexOf('@', StringComparison.Ordinal);
        bool plain = text.Length <= Longest && at > 0 && IsLocal(text.AsSpan(0, at)) && IsDomain(text.AsSpan(at + 1));
        return plain ? text.ToLowerInvariant() : null;
    }

    private static bool IsLocal(ReadOnlySpan<char> local)
    {
        if (local.Length > LongestLocal || local[0] == '.' || local[^1] == '.' || local.Contains("..", StringComparison.Ordinal))
        {
            return false;
        }

        foreach (char letter in local)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && !LocalMarks.Contains(letter, StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsDomain(ReadOnlySpan<char> domain)
    {
        if (domain.Length is 0 or > 253)
        {
            return false;
        }

        foreach (Range range in domain.Split('.'))
        {
            ReadOnlySpan<char> label = domain[range];
            bool encoded = label.StartsWith("xn--", StringComparison.OrdinalIgnoreCase); // shows as other letters than it has
            if (label.Length is 0 or > LongestLabel || label[0] == '-' || label[^1] == '-' || encoded || ContainsOther(label))
            {
                return false;
            }
        }

        return true;
    }

    private static bool ContainsOther(ReadOnlySpan<char> label)
    {
        foreach (char letter in label)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && letter != '-')
            {
                return true;
            }
        }

        return false;
    }
}
