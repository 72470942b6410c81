using System.Globalization;
using System.Text;
using Orbit.ApiTesting.Values;

namespace Orbit.ApiTesting.Expressions;

/// <summary>Reads expressions; docs/api-tests.md has the grammar.</summary>
internal sealed class ExpressionParser
{
    private const int DeepestNesting = 64;
    private const int Longest = 4000;

    private static readonly string[][] Levels =
    [
        ["||"],
        ["&&"],
        ["==", "!=", "<=", ">=", "<", ">", "contains", "matches", "in"],
        ["+", "-"],
        ["*", "/", "%"],
    ];

    private readonly string _text;
    private int _at;
    private int _depth;

    private ExpressionParser(string text) => _text = text;

    public static Term Parse(string text)
    {
        if (text.Length > Longest)
        {
            throw new ExpressionException($"the expression has {text.Length} characters; at most {Longest} are allowed");
        }

        var parser = new ExpressionParser(text);
        Term term = parser.Choice();
        parser.SkipBlanks();
        return parser._at == text.Length ? term : throw parser.Wrong("the expression should end here");
    }

    private Term Choice()
    {
        Enter();
        Term condition = Level(0);
        if (Take("?"))
        {
            Term then = Choice();
            Require(":");
            condition = new ChoiceTerm(condition, then, Choice());
        }

        _depth--;
        return condition;
    }

    private Term Level(int level)
    {
        if (level == Levels.Length)
        {
            return Unary();
        }

        Term left = Level(level + 1);
        int links = 0;
        while (TakeOperator(Levels[level]) is { } symbol)
        {
            if (++links > 200)
            {
                throw Wrong("the expression has too many operators in a row");
            }

            left = new BinaryTerm(symbol, left, Level(level + 1), _at);
        }

        return left;
    }

    private string? TakeOperator(string[] symbols)
    {
        foreach (string symbol in symbols)
        {
            int before = _at;
            if (!Take(symbol))
            {
                continue;
            }

            if (char.IsLetter(symbol[0]) && _at < _text.Length && (char.IsLetterOrDigit(_text[_at]) || _text[_at] == '_'))
            {
                _at = before; // a longer word
                continue;
            }

            return symbol;
        }

        return null;
    }

    private Term Unary()
    {
        SkipBlanks();
        if (_at < _text.Length && _text[_at] is '!' or '-' && _at < _text.Length)
        {
            char symbol = _text[_at++];
            Enter();
            var unary = new UnaryTerm(symbol, Unary());
            _depth--;
            return unary;
        }

        return Postfix();
    }

    private Term Postfix()
    {
        Term term = Primary();
        for (int links = 0; ; links++)
        {
            if (links > 200)
            {
                throw Wrong("the expression reaches too deep");
            }

            if (Take("."))
            {
                term = new MemberTerm(term, Word());
            }
            else if (Take("["))
            {
                Term index = Choice();
                Require("]");
                term = new IndexTerm(term, index);
            }
            else
            {
                return term;
            }
        }
    }

    private Term Primary()
    {
        SkipBlanks();
        char c = _at < _text.Length ? _text[_at] : '\0';
        if (c is '"' or '\'')
        {
            return new Constant(Value.Of(Quoted()));
        }

        if (char.IsAsciiDigit(c))
        {
            return Number();
        }

        if (c == '(')
        {
            _at++;
            Term inner = Choice();
            Require(")");
            return inner;
        }

        if (c == '[')
        {
            _at++;
            return new ListTerm(Items("]"));
        }

        int start = _at;
        string word = Word();
        return word switch
        {
            "true" => new Constant(Value.Of(true)),
            "false" => new Constant(Value.Of(false)),
            "null" => new Constant(Value.Null),
            _ when Take("(") => new CallTerm(ExpressionFunctions.Require(word, start), Items(")"), start),
            _ => new NameTerm(word, start),
        };
    }

    private List<Term> Items(string end)
    {
        var items = new List<Term>();
        if (Take(end))
        {
            return items;
        }

        do
        {
            items.Add(Choice());
        }
        while (Take(","));
        Require(end);
        return items;
    }

    private Constant Number()
    {
        int start = _at;
        while (_at < _text.Length && (char.IsAsciiDigit(_text[_at]) || _text[_at] == '.' || (_text[_at] is 'e' or 'E') || (_text[_at] is '+' or '-' && _text[_at - 1] is 'e' or 'E')))
        {
            _at++;
        }

        return double.TryParse(_text.AsSpan(start, _at - start), NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
            ? new(Value.Of(number))
            : throw new ExpressionException($"'{_text[start.._at]}' is no number", start);
    }

    private string Quoted()
    {
        char quote = _text[_at++];
        var text = new StringBuilder();
        while (_at < _text.Length && _text[_at] != quote)
        {
            char c = _text[_at++];
            if (c == '\\' && _at < _text.Length)
            {
                c = _text[_at++] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', var other => other };
            }

            _ = text.Append(c);
        }

        if (_at >= _text.Length)
        {
            throw Wrong("the text has no end");
        }

        _at++;
        return text.ToString();
    }

    private string Word()
    {
        SkipBlanks();
        int start = _at;
        while (_at < _text.Length && (char.IsLetter(_text[_at]) || _text[_at] is '_' or '$' || (_at > start && char.IsDigit(_text[_at]))))
        {
            _at++;
        }

        return _at > start ? _text[start.._at] : throw Wrong("a value is expected");
    }

    private bool Take(string symbol)
    {
        SkipBlanks();
        if (string.CompareOrdinal(_text, _at, symbol, 0, symbol.Length) != 0)
        {
            return false;
        }

        _at += symbol.Length;
        return true;
    }

    private void Require(string symbol)
    {
        if (!Take(symbol))
        {
            throw Wrong($"'{symbol}' is expected");
        }
    }

    private void SkipBlanks()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
        {
            _at++;
        }
    }

    private void Enter()
    {
        if (++_depth > DeepestNesting)
        {
            throw Wrong($"an expression may be nested {DeepestNesting} deep");
        }
    }

    private ExpressionException Wrong(string message) => new(message, _at);
}
