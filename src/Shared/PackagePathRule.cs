using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Orbit.Shared;

/// <summary>
/// What a package path and the base address of a package server may look like, and how the two are joined. Pure, and
/// compiled into the control plane (which refuses a bad path when it arrives) and into the agent (which trusts nobody).
/// A path is literal text relative to the base: Orbit does the percent-encoding itself.
/// </summary>
internal static class PackagePathRule
{
    /// <summary>Reason code of every refused package path.</summary>
    public const string PathInvalid = "PACKAGE_PATH_INVALID";

    /// <summary>Reason code of every refused base address.</summary>
    public const string BaseUrlInvalid = "PACKAGE_BASE_URL_INVALID";

    /// <summary>Longest accepted path, in UTF-16 code units.</summary>
    public const int MaxLength = 1024;

    private static readonly SearchValues<char> SchemeCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

    /// <summary>Checks a package path.</summary>
    /// <param name="path">As CI posted it; one trailing slash is allowed and dropped.</param>
    /// <param name="segments">The literal path segments, at least one, when the path is accepted.</param>
    /// <param name="problem">One sentence in the caller's terms when it is not.</param>
    public static bool TryParse(
        string? path, [NotNullWhen(true)] out string[]? segments, [NotNullWhen(false)] out string? problem)
    {
        segments = null;
        problem = Problem(path);
        if (problem is not null)
        {
            return false;
        }

        string[] parts = (path!.EndsWith('/') ? path[..^1] : path).Split('/');
        problem = parts.Select(SegmentProblem).FirstOrDefault(p => p is not null);
        segments = problem is null ? parts : null;
        return problem is null;
    }

    /// <summary>Checks the base address of a package server and gives it the trailing slash without which a join loses its last segment.</summary>
    public static bool TryParseBase(
        string? baseUrl, [NotNullWhen(true)] out Uri? normalised, [NotNullWhen(false)] out string? problem)
    {
        normalised = null;
        problem = BaseProblem(baseUrl, out Uri? parsed);
        if (problem is not null)
        {
            return false;
        }

        string text = parsed!.AbsoluteUri;
        normalised = new Uri(text.EndsWith('/') ? text : text + "/");
        return true;
    }

    /// <summary>Joins a normalised base and accepted segments into the address of a directory (it ends with a slash).</summary>
    /// <exception cref="InvalidOperationException">The result would not lie under the base: a bug here, never bad input.</exception>
    public static Uri Join(Uri normalisedBase, IReadOnlyList<string> segments)
    {
        string prefix = normalisedBase.AbsoluteUri;
        Uri joined = new(prefix + string.Join('/', segments.Select(Uri.EscapeDataString)) + "/");
        return joined.AbsoluteUri.StartsWith(prefix, StringComparison.Ordinal) && joined.AbsoluteUri.Length > prefix.Length
            ? joined
            : throw new InvalidOperationException($"'{joined}' does not lie under '{prefix}'.");
    }

    private static string? Problem(string? path)
    {
        if (string.IsNullOrWhiteSpace(path))
        {
            return "The package path is empty.";
        }

        if (path.Length > MaxLength)
        {
            return $"The package path has {path.Length} characters; {MaxLength} are allowed.";
        }

        if (path.Any(char.IsControl) || path.Any(c => c is '\u2028' or '\u2029'))
        {
            return "The package path holds a control character.";
        }

        if (!IsWholeUnicode(path))
        {
            return "The package path is not valid Unicode text.";
        }

        if (char.IsWhiteSpace(path[0]) || char.IsWhiteSpace(path[^1]))
        {
            return "The package path begins or ends with a space.";
        }

        if (path[0] == '/')
        {
            return "The package path must be relative: it may not begin with '/'.";
        }

        if (path.Contains('\\', StringComparison.Ordinal))
        {
            return "The package path holds a backslash; directories are separated by '/'.";
        }

        if (HasScheme(path))
        {
            return "The package path must be a relative path, not an address with a scheme.";
        }

        if (path.IndexOfAny(['?', '#']) >= 0)
        {
            return "The package path holds '?' or '#'; a query or fragment is not allowed.";
        }

        return HasEscape(path)
            ? "The package path holds a percent escape; write the characters as they are, Orbit encodes them itself."
            : null;
    }

    private static string? SegmentProblem(string segment) => segment switch
    {
        "" => "The package path holds an empty segment ('//').",
        "." or ".." => $"The package path holds the segment '{segment}', which leaves the directory it names.",
        _ => null,
    };

    private static string? BaseProblem(string? baseUrl, out Uri? parsed)
    {
        parsed = null;
        if (string.IsNullOrWhiteSpace(baseUrl))
        {
            return "The package base address is empty.";
        }

        if (baseUrl.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || c == '\\')
            || !Uri.TryCreate(baseUrl, UriKind.Absolute, out parsed))
        {
            return "The package base address is not an absolute address such as http://packages.example/pass/.";
        }

        if (parsed.Scheme != Uri.UriSchemeHttp && parsed.Scheme != Uri.UriSchemeHttps)
        {
            return $"The package base address has the scheme '{parsed.Scheme}'; only http and https are allowed.";
        }

        if (parsed.UserInfo.Length > 0)
        {
            // The value itself stays out of the message: it is a credential.
            return "The package base address holds a user name or password, which is not allowed.";
        }

        if (parsed.Host.Length == 0)
        {
            return "The package base address names no host.";
        }

        return baseUrl.IndexOfAny(['?', '#']) >= 0
            ? "The package base address holds a query or fragment, which is not allowed."
            : null;
    }

    private static bool HasScheme(string path)
    {
        int colon = path.IndexOf(':', StringComparison.Ordinal);
        return colon > 0
            && char.IsAsciiLetter(path[0])
            && path.AsSpan(0, colon).IndexOfAnyExcept(SchemeCharacters) < 0;
    }

    private static bool HasEscape(string path)
    {
        for (int i = path.IndexOf('%', StringComparison.Ordinal); i >= 0; i = path.IndexOf('%', i + 1))
        {
            if (i + 2 < path.Length && char.IsAsciiHexDigit(path[i + 1]) && char.IsAsciiHexDigit(path[i + 2]))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsWholeUnicode(string path)
    {
        for (int i = 0; i < path.Length;)
        {
            if (Rune.DecodeFromUtf16(path.AsSpan(i), out _, out int used) != OperationStatus.Done)
            {
                return false;
            }

            i += used;
        }

        return true;
    }
}
