using System.IO.Enumeration;

namespace Orbit.Agent.Policy;

/// <summary>
/// A command that a host allows besides what lies below its roots: words separated by spaces. The first is the full path of the program,
/// where <c>*</c> stands for anything but a slash. Alone it allows any arguments. Further words stand for one argument each, where <c>*</c>
/// is anything; a last <c>**</c> stands for any number of further ones. <c>?</c> is one character.
/// </summary>
/// <example><c>/usr/bin/systemctl restart shop*.service</c> · <c>/usr/bin/python3* -m pytest **</c> · <c>/opt/tools/bin/check</c></example>
internal sealed class CommandPattern
{
    private readonly string[] _program;
    private readonly string[] _arguments;
    private readonly bool _open;

    private CommandPattern(string text, string[] words)
    {
        Text = text;
        _program = words[0].Split('/');
        _open = words.Length == 1 || words[^1] == "**";
        _arguments = words[1..(words.Length > 1 && _open ? ^1 : ^0)];
    }

    /// <summary>As written.</summary>
    public string Text { get; }

    /// <summary>Null when the text is no pattern: it must begin with a full path.</summary>
    public static CommandPattern? Parse(string text)
    {
        string[] words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.Length > 0 && words[0].StartsWith('/') && words[0].Length > 1 ? new CommandPattern(text, words) : null;
    }

    /// <summary>Whether the program, by full path, with these arguments is allowed.</summary>
    public bool Allows(string program, IReadOnlyList<string> arguments)
    {
        string[] parts = program.Split('/');
        return parts.Length == _program.Length
            && !parts.Where((part, i) => !Matches(_program[i], part)).Any()
            && (_open ? arguments.Count >= _arguments.Length : arguments.Count == _arguments.Length)
            && !_arguments.Where((pattern, i) => !Matches(pattern, arguments[i])).Any();
    }

    // MatchesSimpleExpression knows *, ? and a backslash that makes the next character plain.
    private static bool Matches(string pattern, string text) =>
        pattern.Length == 0 ? text.Length == 0 : FileSystemName.MatchesSimpleExpression(pattern, text, ignoreCase: false);
}
