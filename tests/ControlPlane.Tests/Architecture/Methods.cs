using System.Text.RegularExpressions;

namespace Orbit.ControlPlane.Tests.Architecture;

/// <summary>One method or constructor.</summary>
/// <param name="File">Where.</param>
/// <param name="FirstLine">Line that its modifiers begin on, from 1. Attributes, such as a table of cases, do not count.</param>
/// <param name="Header">Its name.</param>
/// <param name="Lines">Lines from the first to the closing brace or semicolon.</param>
internal sealed record Method(string File, int FirstLine, string Header, int Lines);

/// <summary>
/// Finds the methods of a C# file by its braces, once text and comments are gone: a member of a type whose first parenthesis comes before any
/// assignment. Local functions and lambdas count with the method they are in.
/// </summary>
internal static partial class Methods
{
    /// <summary>The methods of a file, in order.</summary>
    public static IEnumerable<Method> In(SourceFile file)
    {
        string code = NotCode().Replace(file.Text, blank => Lines().Replace(blank.Value, " "));
        int begin = 0;
        var (inBraces, inBrackets, assigned) = (0, 0, false);
        for (int at = 0; at < code.Length; at++)
        {
            char letter = code[at];
            inBrackets += letter is '(' or '[' ? 1 : letter is ')' or ']' ? -1 : 0;
            assigned |= letter == '=' && inBraces == 0 && inBrackets == 0;
            if (letter == '{' && inBraces++ == 0 && IsType(code[begin..at]))
            {
                (inBraces, begin) = (0, at + 1); // its members follow
                continue;
            }

            if (letter == '}' && inBraces-- == 0)
            {
                (inBraces, begin) = (0, at + 1); // the end of a type
            }
            else if (inBraces == 0 && inBrackets == 0 && (letter == ';' || (letter == '}' && !assigned)))
            {
                if (Read(file, code, begin, at) is { } method)
                {
                    yield return method;
                }

                (begin, assigned) = (at + 1, false);
            }
        }
    }

    private static bool IsType(string header) => TypeHeader().IsMatch(header);

    private static Method? Read(SourceFile file, string code, int begin, int end)
    {
        string member = code[begin..(end + 1)];
        if (Header().Match(member) is not { Success: true } header)
        {
            return null;
        }

        int first = begin + header.Groups["first"].Index;
        return new Method(file.Path, LineOf(code, first), header.Groups["name"].Value, LineOf(code, end) - LineOf(code, first) + 1);
    }

    private static int LineOf(string text, int at) => text.AsSpan(0, at).Count('\n') + 1;

    // Comments, preprocessor lines, raw, interpolated, verbatim and plain strings, characters.
    [GeneratedRegex(
        """"
        //[^\n]* | ^[ ]*\#[^\n]* | /\*.*?\*/ | \$*("{3,}).*?\1(?!")
        | \$"(?:\\.|\{\{|\}\}|\{(?:[^{}"]|"{3}.*?"{3}|"(?:\\.|[^"\\])*")*\}|[^"\\{])*" | (?:@|\$@|@\$)"(?:[^"]|"")*" | "(?:\\.|[^"\\\n])*" | '(?:\\[^']+|\\'|[^'\\])'
        """",
        RegexOptions.Singleline | RegexOptions.Multiline | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex NotCode();

    [GeneratedRegex(@"[^\n]")]
    private static partial Regex Lines();

    [GeneratedRegex(@"^\s*(?:\[[^\]]*\]\s*)*(?:(?:public|internal|private|protected|static|sealed|abstract|partial|readonly|ref|file|unsafe|new)\s+)*(?:class|struct|interface|enum|record|extension|namespace)\b")]
    private static partial Regex TypeHeader();

    [GeneratedRegex(@"^\s*(?:\[[^\]]*\]\s*)*(?<first>[^({=;]*?)(?:\([^={;]*?\)\??\s+)?(?<name>\w+)(?:<[\w, ]*>)?\(")]
    private static partial Regex Header();
}
