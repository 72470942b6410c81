using System.Text;
using Orbit.ApiTesting.Documents;

namespace Orbit.ApiTesting.Running;

/// <summary>Cells of CSV, row by row, with quotes and line ends inside quotes.</summary>
internal sealed class CsvLines(TextReader reader)
{
    private const int LongestCell = 1024 * 1024;
    private readonly char[] _buffer = new char[16 * 1024];
    private int _at;
    private int _end;
    private long _next = 1;

    /// <summary>Line that the newest row began on, from 1.</summary>
    public long Line { get; private set; }

    /// <summary>The next row; null at the end.</summary>
    public async ValueTask<List<string>?> NextAsync(CancellationToken ct)
    {
        if (await PeekAsync(ct) < 0)
        {
            return null;
        }

        Line = _next;
        var cells = new List<string>();
        var cell = new StringBuilder();
        while (true)
        {
            bool quoted = await PeekAsync(ct) == '"';
            if (quoted)
            {
                _at++;
                await QuotedAsync(cell, ct);
            }

            int c;
            while ((c = await PeekAsync(ct)) is >= 0 and not (',' or '\n' or '\r'))
            {
                if (quoted)
                {
                    throw new DocumentException($"line {_next}", "something follows a closing quote");
                }

                Append(cell, (char)c);
                _at++;
            }

            cells.Add(cell.ToString());
            _ = cell.Clear();
            if (c == ',')
            {
                _at++;
                continue;
            }

            await EndOfLineAsync(c, ct);
            return cells;
        }
    }

    private async ValueTask QuotedAsync(StringBuilder cell, CancellationToken ct)
    {
        while (true)
        {
            int c = await PeekAsync(ct);
            if (c < 0)
            {
                throw new DocumentException($"line {Line}", "a quote has no end");
            }

            _at++;
            if (c == '"')
            {
                if (await PeekAsync(ct) != '"')
                {
                    return;
                }

                _at++;
            }

            _next += c == '\n' ? 1 : 0;
            Append(cell, (char)c);
        }
    }

    private async ValueTask EndOfLineAsync(int c, CancellationToken ct)
    {
        if (c == '\r')
        {
            _at++;
            c = await PeekAsync(ct);
        }

        if (c == '\n')
        {
            _at++;
        }

        _next++;
    }

    private void Append(StringBuilder cell, char c)
    {
        if (cell.Length >= LongestCell)
        {
            throw new DocumentException($"line {_next}", $"a value has more than {LongestCell} characters");
        }

        _ = cell.Append(c);
    }

    private async ValueTask<int> PeekAsync(CancellationToken ct)
    {
        if (_at < _end)
        {
            return _buffer[_at];
        }

        (_at, _end) = (0, await reader.ReadAsync(_buffer, ct));
        return _end == 0 ? -1 : _buffer[0];
    }
}
