using System.Diagnostics.CodeAnalysis;

namespace Orbit.ControlPlane.Platform.Rest;

/// <summary>
/// A path of <c>google.api.http</c>: literals, <c>*</c>, a last <c>**</c>, <c>{field}</c>, <c>{field=a/*}</c> and a custom verb.
/// </summary>
internal sealed class PathTemplate
{
    private const string One = "*";
    private const string Rest = "**";

    private readonly List<string> _segments = [];
    private readonly List<Variable> _variables = [];
    private readonly string? _verb;

    private PathTemplate(string text)
    {
        Text = text;
        int verb = text.LastIndexOf(':');
        if (verb > text.LastIndexOf('}') && verb > text.LastIndexOf('/'))
        {
            _verb = text[verb..];
            text = text[..verb];
        }

        foreach (string part in SplitOutsideBraces(text[1..]))
        {
            Add(part);
        }

        if (_segments.IndexOf(Rest) is >= 0 and int rest && rest != _segments.Count - 1)
        {
            throw new FormatException($"\"**\" must come last in the path {Text}.");
        }
    }

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>Fields that the path fills, such as <c>id</c> or <c>item.id</c>.</summary>
    public IEnumerable<string> Fields => _variables.Select(variable => variable.Field);

    /// <summary>Sorts before the ranks of paths that say less; equal for two paths that match the same.</summary>
    public string Rank =>
        string.Join('/', _segments.Select(segment => segment switch { Rest => "~~", One => "~", _ => segment })) + (_verb ?? "~");

    private bool IsOpen => _segments.Count > 0 && _segments[^1] == Rest;

    /// <summary>Parses; a wrong template is a bug in a .proto file.</summary>
    public static PathTemplate Parse(string text) =>
        text.StartsWith('/') ? new(text) : throw new FormatException($"The path \"{text}\" does not begin with a slash.");

    /// <summary>Path of OpenAPI, where a variable is only a name.</summary>
    public string ToOpenApi()
    {
        var path = new System.Text.StringBuilder();
        for (int index = 0; index < _segments.Count; index++)
        {
            Variable? variable = _variables.Find(each => each.Start <= index && index < each.Start + each.Length);
            if (variable is null)
            {
                path.Append('/').Append(_segments[index]);
            }
            else if (variable.Start == index)
            {
                path.Append("/{").Append(variable.Field).Append('}');
            }
        }

        return path.Append(_verb).ToString();
    }

    /// <summary>Matches the still encoded segments of a path.</summary>
    public bool TryMatch(IReadOnlyList<string> path, [NotNullWhen(true)] out List<KeyValuePair<string, string>>? fields)
    {
        fields = null;
        if (IsOpen ? path.Count < _segments.Count - 1 : path.Count != _segments.Count)
        {
            return false;
        }

        if (_verb is not null)
        {
            if (path.Count == 0 || !path[^1].EndsWith(_verb, StringComparison.Ordinal))
            {
                return false;
            }

            path = [.. path.SkipLast(1), path[^1][..^_verb.Length]];
        }

        for (int index = 0; index < _segments.Count && _segments[index] != Rest; index++)
        {
            if (_segments[index] == One ? path[index].Length == 0 : Uri.UnescapeDataString(path[index]) != _segments[index])
            {
                return false;
            }
        }

        fields = [.. _variables.Select(variable => KeyValuePair.Create(variable.Field, variable.ValueIn(path)))];
        return true;
    }

    private static List<string> SplitOutsideBraces(string text)
    {
        var parts = new List<string>();
        int start = 0;
        int depth = 0;
        for (int index = 0; index < text.Length; index++)
        {
            depth += text[index] switch { '{' => 1, '}' => -1, _ => 0 };
            if (text[index] == '/' && depth == 0)
            {
                parts.Add(text[start..index]);
                start = index + 1;
            }
        }

        parts.Add(text[start..]);
        return parts;
    }

    private void Add(string part)
    {
        if (!part.StartsWith('{'))
        {
            _segments.Add(part);
            return;
        }

        if (!part.EndsWith('}'))
        {
            throw new FormatException($"\"{part}\" in the path {Text} is no variable.");
        }

        string[] fieldAndPattern = part[1..^1].Split('=', 2);
        string[] pattern = fieldAndPattern.Length == 1 ? [One] : fieldAndPattern[1].Split('/');
        _variables.Add(new(fieldAndPattern[0], _segments.Count, pattern[^1] == Rest ? int.MaxValue / 2 : pattern.Length));
        _segments.AddRange(pattern);
    }

    /// <summary>A field and the segments that it holds.</summary>
    private sealed record Variable(string Field, int Start, int Length)
    {
        public string ValueIn(IReadOnlyList<string> path)
        {
            if (Length == 1)
            {
                return Uri.UnescapeDataString(path[Start]);
            }

            // In a value of several segments an encoded slash stays encoded, else it could not be told from a separator.
            return string.Join('/', path.Skip(Start).Take(Length).Select(segment => string.Join(
                "%2F", segment.Split("%2F").SelectMany(part => part.Split("%2f")).Select(Uri.UnescapeDataString))));
        }
    }
}
