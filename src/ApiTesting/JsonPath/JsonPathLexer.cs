using System.Globalization;
using System.Text;
using Orbit.ApiTesting.Values;

namespace Orbit.ApiTesting.JsonPath;

/// <summary>The characters of a query: blanks, names, strings, numbers.</summary>
internal sealed class JsonPathLexer(string text)
{
    private const long LargestInteger = 9_007_199_254_740_991; // 2^53 - 1, as the standard asks

    public int Position { get; set; }

    public bool AtEnd => Position >= text.Length;

    public char Current => AtEnd ? '\0' : text[Position];

    public string Text => text;

    public JsonPathException Wrong(string message) => new(message, Position);

    public bool LooksAt(string expected) => string.CompareOrdinal(text, Position, expected, 0, expected.Length) == 0;

    public bool Take(string expected)
    {
        if (!LooksAt(expected))
        {
            return false;
        }

        Position += expected.Length;
        return true;
    }

    public void Require(string expected)
    {
        if (!Take(expected))
        {
            throw Wrong($"'{expected}' is expected");
        }
    }

    public void SkipBlanks()
    {
        while (Current is ' ' or '\t' or '\n' or '\r' && !AtEnd)
        {
            Position++;
        }
    }

    public bool AtName => !AtEnd && (char.IsAsciiLetter(Current) || Current == '_' || Current >= '\x80');

    /// <summary>A member name without quotes.</summary>
    public string Name()
    {
        int start = Position;
        if (!AtName)
        {
            throw Wrong("a name is expected");
        }

        while (AtName || (!AtEnd && char.IsAsciiDigit(Current)))
        {
            RefuseHalf();
            Position++;
        }

        return text[start..Position];
    }

    /// <summary>A whole number in the range that JSON numbers keep exactly.</summary>
    public long Integer()
    {
        int start = Position;
        _ = Take("-");
        int digits = Position;
        while (char.IsAsciiDigit(Current))
        {
            Position++;
        }

        ReadOnlySpan<char> number = text.AsSpan(start, Position - start);
        bool wellFormed = Position > digits && (text[digits] != '0' || (Position == digits + 1 && digits == start));
        if (!wellFormed || !long.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) || Math.Abs(value) > LargestInteger)
        {
            Position = start;
            throw Wrong("a whole number between -(2^53-1) and 2^53-1 without leading zeros is expected");
        }

        return value;
    }

    /// <summary>A number literal of a filter.</summary>
    public Value Number()
    {
        int start = Position;
        _ = Take("-");
        int digits = Position;
        Digits();
        if (text[digits] == '0' && Position > digits + 1)
        {
            throw Wrong("a number must not begin with 0");
        }

        if (Take("."))
        {
            Digits();
        }

        if (Current is 'e' or 'E')
        {
            Position++;
            _ = Current is '+' or '-' ? Position++ : 0;
            Digits();
        }

        return Value.Of(double.Parse(text.AsSpan(start, Position - start), NumberStyles.Float, CultureInfo.InvariantCulture));
    }

    /// <summary>A quoted string.</summary>
    public string String()
    {
        char quote = Current;
        Position++;
        var value = new StringBuilder();
        while (Current != quote || AtEnd)
        {
            if (AtEnd)
            {
                throw Wrong("the string has no end");
            }

            char c = Current;
            if (c < ' ')
            {
                throw Wrong("a control character in a string must be written as an escape");
            }

            RefuseHalf();
            Position++;
            _ = c == '\\' ? value.Append(Escape(quote)) : value.Append(c);
        }

        Position++;
        return value.ToString();
    }

    private void RefuseHalf()
    {
        bool half = char.IsHighSurrogate(Current)
            ? Position + 1 >= text.Length || !char.IsLowSurrogate(text[Position + 1])
            : char.IsLowSurrogate(Current) && (Position == 0 || !char.IsHighSurrogate(text[Position - 1]));
        if (half)
        {
            throw Wrong("half of a surrogate pair");
        }
    }

    private string Escape(char quote)
    {
        char kind = Current;
        Position++;
        if (kind == quote)
        {
            return quote.ToString();
        }

        return kind switch
        {
            'b' => "\b",
            'f' => "\f",
            'n' => "\n",
            'r' => "\r",
            't' => "\t",
            '/' => "/",
            '\\' => "\\",
            'u' => Unicode(),
            _ => throw new JsonPathException($"'\\{kind}' is no escape", Position - 1),
        };
    }

    private string Unicode()
    {
        char first = Hex();
        if (char.IsLowSurrogate(first))
        {
            throw Wrong("half of a surrogate pair");
        }

        if (!char.IsHighSurrogate(first))
        {
            return first.ToString();
        }

        if (!Take("\\u"))
        {
            throw Wrong("half of a surrogate pair");
        }

        char second = Hex();
        return char.IsLowSurrogate(second) ? new string([first, second]) : throw Wrong("half of a surrogate pair");
    }

    private char Hex()
    {
        if (Position + 4 > text.Length || !ushort.TryParse(text.AsSpan(Position, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort code))
        {
            throw Wrong("four hexadecimal digits are expected");
        }

        Position += 4;
        return (char)code;
    }

    private void Digits()
    {
        int start = Position;
        while (char.IsAsciiDigit(Current))
        {
            Position++;
        }

        if (Position == start)
        {
            throw Wrong("a digit is expected");
        }
    }
}
