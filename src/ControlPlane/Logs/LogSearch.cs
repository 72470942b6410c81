using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Logs;

/// <summary>A line that holds what was looked for.</summary>
internal readonly record struct LogMatch(long Line, string Text);

/// <summary>What a search found.</summary>
/// <param name="Matches">In order.</param>
/// <param name="NextLine">Line to go on with; 0: looked through to the end.</param>
internal sealed record LogFindings(IReadOnlyList<LogMatch> Matches, long NextLine);

/// <summary>Finds lines in bytes that come in pieces. Lines longer than 64 KiB are looked at in parts.</summary>
internal sealed class LogSearch
{
    private const int LongestLine = 64 * 1024;
    private const int LongestText = 500;
    private const int LongestQuery = 1000;

    private readonly string _text;
    private readonly Regex? _pattern;
    private readonly int _most;
    private readonly ArrayBufferWriter<byte> _rest = new();
    private readonly List<LogMatch> _found = [];
    private long _line = -1;

    /// <summary>Refuses what cannot be looked for.</summary>
    public LogSearch(string query, bool regex, int most)
    {
        if (query.Length is 0 or > LongestQuery)
        {
            throw OrbitException.Invalid("SEARCH_INVALID", $"query must have 1 to {LongestQuery} characters.");
        }

        (_text, _most) = (query, most);
        if (regex)
        {
            try
            {
                // Without backtracking, so that no pattern takes longer than the text is long.
                _pattern = new Regex(query, RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);
            }
            catch (Exception unreadable) when (unreadable is ArgumentException or NotSupportedException)
            {
                throw OrbitException.Invalid("SEARCH_INVALID", $"query is no pattern that can be searched for: {unreadable.Message}");
            }
        }
    }

    /// <summary>What was found so far.</summary>
    public IReadOnlyList<LogMatch> Found => _found;

    /// <summary>True when as much was found as was asked for.</summary>
    public bool Full => _found.Count >= _most;

    /// <summary>The first line that was not looked at, or not to its end.</summary>
    public long NextLine => Math.Max(0, _line);

    /// <summary>Looks at the lines that end in this piece.</summary>
    public void Add(ReadOnlySpan<byte> piece, long firstLine)
    {
        _line = _line < 0 ? firstLine : _line;
        while (!Full)
        {
            // What is left of the line that began before comes first, then all whole lines at once.
            int feed = _rest.WrittenCount > 0 ? piece.IndexOf((byte)'\n') : piece.LastIndexOf((byte)'\n');
            if (feed < 0)
            {
                _rest.Write(piece);
                if (_rest.WrittenCount >= LongestLine)
                {
                    LookAt(_rest.WrittenSpan);
                    _rest.ResetWrittenCount();
                }

                return;
            }

            bool joined = _rest.WrittenCount > 0;
            if (joined)
            {
                _rest.Write(piece[..(feed + 1)]);
            }

            LookAt(joined ? _rest.WrittenSpan : piece[..(feed + 1)]);
            _rest.ResetWrittenCount();
            piece = piece[(feed + 1)..];
        }
    }

    /// <summary>Looks at the last line, which has no line feed.</summary>
    public void End()
    {
        LookAt(_rest.WrittenSpan);
        _rest.ResetWrittenCount();
    }

    private void LookAt(ReadOnlySpan<byte> bytes)
    {
        string text = Encoding.UTF8.GetString(bytes);
        int at = 0;
        while (at < text.Length)
        {
            int hit = _pattern is null ? text.IndexOf(_text, at, StringComparison.OrdinalIgnoreCase) : NextLineOfPattern(text, at);
            if (hit < 0)
            {
                break;
            }

            int start = hit == 0 ? 0 : text.LastIndexOf('\n', hit - 1) + 1;
            int end = text.IndexOf('\n', hit);
            end = end < 0 ? text.Length : end;
            _line += text.AsSpan(at, start - at).Count('\n');
            _found.Add(new(_line, text[start..Math.Min(end, start + LongestText)].TrimEnd('\r')));
            _line += end < text.Length ? 1 : 0;
            at = end + 1;
            if (Full)
            {
                return;
            }
        }

        _line += at < text.Length ? text.AsSpan(at).Count('\n') : 0;
    }

    private int NextLineOfPattern(string text, int at)
    {
        while (at < text.Length)
        {
            int end = text.IndexOf('\n', at);
            end = end < 0 ? text.Length : end;
            if (_pattern!.IsMatch(text.AsSpan(at, end - at)))
            {
                return at;
            }

            at = end + 1;
        }

        return -1;
    }
}
