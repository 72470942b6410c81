using Orbit.ApiTesting.Values;

namespace Orbit.ApiTesting.JsonPath;

/// <summary>Reads RFC 9535 queries. Refuses what is not well-typed, as the standard asks.</summary>
internal sealed class JsonPathParser(string text)
{
    private const int DeepestNesting = 64;
    private readonly JsonPathLexer _lexer = new(text);
    private int _depth;

    public static IReadOnlyList<Segment> Parse(string text)
    {
        var parser = new JsonPathParser(text);
        parser._lexer.Require("$");
        IReadOnlyList<Segment> segments = parser.Segments();
        return parser._lexer.AtEnd ? segments : throw parser._lexer.Wrong("the query should end here");
    }

    private List<Segment> Segments()
    {
        var segments = new List<Segment>();
        while (true)
        {
            int before = _lexer.Position;
            _lexer.SkipBlanks();
            if (_lexer.Take(".."))
            {
                segments.Add(new(_lexer.Current == '[' ? Bracketed() : [Shorthand()], Descendant: true));
            }
            else if (_lexer.Take("."))
            {
                segments.Add(new([Shorthand()], Descendant: false));
            }
            else if (_lexer.Current == '[')
            {
                segments.Add(new(Bracketed(), Descendant: false));
            }
            else
            {
                _lexer.Position = before; // blanks belong to what follows the query
                return segments;
            }
        }
    }

    private Selector Shorthand() => _lexer.Take("*") ? new WildcardSelector() : new NameSelector(_lexer.Name());

    private List<Selector> Bracketed()
    {
        _lexer.Require("[");
        var selectors = new List<Selector>();
        do
        {
            _lexer.SkipBlanks();
            selectors.Add(OneSelector());
            _lexer.SkipBlanks();
        }
        while (_lexer.Take(","));
        _lexer.Require("]");
        return selectors;
    }

    private Selector OneSelector()
    {
        switch (_lexer.Current)
        {
            case '\'' or '"':
                return new NameSelector(_lexer.String());
            case '*':
                _lexer.Position++;
                return new WildcardSelector();
            case '?':
                _lexer.Position++;
                _lexer.SkipBlanks();
                return new FilterSelector(Disjunction());
            default:
                return IndexOrSlice();
        }
    }

    private Selector IndexOrSlice()
    {
        long? start = _lexer.Current == ':' ? null : _lexer.Integer();
        int afterStart = _lexer.Position;
        _lexer.SkipBlanks();
        if (!_lexer.Take(":"))
        {
            _lexer.Position = afterStart;
            return new IndexSelector(start!.Value);
        }

        long? end = Bound();
        _lexer.SkipBlanks();
        long? step = _lexer.Take(":") ? Bound() : null;
        return new SliceSelector(start, end, step ?? 1);
    }

    private long? Bound()
    {
        _lexer.SkipBlanks();
        return char.IsAsciiDigit(_lexer.Current) || _lexer.Current == '-' ? _lexer.Integer() : null;
    }

    private Logical Disjunction()
    {
        if (++_depth > DeepestNesting)
        {
            throw _lexer.Wrong($"a filter may be nested {DeepestNesting} deep");
        }

        List<Logical> any = [Conjunction()];
        while (TakeAfterBlanks("||"))
        {
            any.Add(Conjunction());
        }

        _depth--;
        return any.Count == 1 ? any[0] : new Or(any);
    }

    private Logical Conjunction()
    {
        List<Logical> all = [Basic()];
        while (TakeAfterBlanks("&&"))
        {
            all.Add(Basic());
        }

        return all.Count == 1 ? all[0] : new And(all);
    }

    private bool TakeAfterBlanks(string token)
    {
        int before = _lexer.Position;
        _lexer.SkipBlanks();
        if (_lexer.Take(token))
        {
            _lexer.SkipBlanks();
            return true;
        }

        _lexer.Position = before;
        return false;
    }

    private Logical Basic()
    {
        if (_lexer.Current == '!')
        {
            _lexer.Position++;
            _lexer.SkipBlanks();
            return new Not(_lexer.Current == '(' ? Parenthesised() : Test(Primary()));
        }

        if (_lexer.Current == '(')
        {
            return Parenthesised();
        }

        Operand left = Primary();
        int before = _lexer.Position;
        _lexer.SkipBlanks();
        if (Operator() is not { } comparison)
        {
            _lexer.Position = before;
            return Test(left);
        }

        _lexer.SkipBlanks();
        return new Compared(Comparable(left), comparison, Comparable(Primary()));
    }

    private Logical Parenthesised()
    {
        _lexer.Require("(");
        _lexer.SkipBlanks();
        Logical inner = Disjunction();
        _lexer.SkipBlanks();
        _lexer.Require(")");
        return inner;
    }

    private string? Operator()
    {
        foreach (string candidate in (ReadOnlySpan<string>)["==", "!=", "<=", ">=", "<", ">"])
        {
            if (_lexer.Take(candidate))
            {
                return candidate;
            }
        }

        return null;
    }

    private Logical Test(Operand operand) => operand switch
    {
        QueryOperand query => new Exists(query),
        FunctionOperand { Function: JsonPathFunction.Match or JsonPathFunction.Search } function => new FunctionTest(function),
        _ => throw _lexer.Wrong("a value is no condition; compare it with something"),
    };

    private Operand Comparable(Operand operand) => operand switch
    {
        QueryOperand { IsSingular: false } => throw _lexer.Wrong("a query that may give several nodes cannot be compared"),
        FunctionOperand { Function: JsonPathFunction.Match or JsonPathFunction.Search } => throw _lexer.Wrong("match and search are conditions and cannot be compared"),
        _ => operand,
    };

    private Operand Primary()
    {
        switch (_lexer.Current)
        {
            case '@' or '$':
                bool root = _lexer.Current == '$';
                _lexer.Position++;
                return new QueryOperand(root, Segments());
            case '\'' or '"':
                return new LiteralOperand(Value.Of(_lexer.String()));
            case '-' or (>= '0' and <= '9'):
                return new LiteralOperand(_lexer.Number());
            default:
                return Word();
        }
    }

    private Operand Word()
    {
        int start = _lexer.Position;
        while (char.IsAsciiLetterLower(_lexer.Current) || (_lexer.Position > start && (char.IsAsciiDigit(_lexer.Current) || _lexer.Current == '_')))
        {
            _lexer.Position++;
        }

        string word = text[start.._lexer.Position];
        if (_lexer.Current == '(')
        {
            return Function(word);
        }

        return word switch
        {
            "true" => new LiteralOperand(Value.Of(true)),
            "false" => new LiteralOperand(Value.Of(false)),
            "null" => new LiteralOperand(Value.Null),
            _ => throw new JsonPathException(word.Length == 0 ? "a value, a query or a function is expected" : $"'{word}' is not known", start),
        };
    }

    private FunctionOperand Function(string name)
    {
        (JsonPathFunction function, int count, bool nodes) = name switch
        {
            "length" => (JsonPathFunction.Length, 1, false),
            "count" => (JsonPathFunction.Count, 1, true),
            "match" => (JsonPathFunction.Match, 2, false),
            "search" => (JsonPathFunction.Search, 2, false),
            "value" => (JsonPathFunction.Value, 1, true),
            _ => throw _lexer.Wrong($"there is no function '{name}'"),
        };
        List<Operand> arguments = Arguments();
        if (arguments.Count != count)
        {
            throw _lexer.Wrong($"{name} takes {count} argument(s)");
        }

        if (nodes && arguments[0] is not QueryOperand)
        {
            throw _lexer.Wrong($"{name} takes a query");
        }

        List<Operand> typed = nodes ? arguments : arguments.ConvertAll(Comparable);
        bool matches = function is JsonPathFunction.Match or JsonPathFunction.Search;
        return new(function, typed)
        {
            Pattern = matches && typed[1] is LiteralOperand { Value: { Kind: ValueKind.Text } pattern } ? IRegexp.TryCompile(pattern.ToString(), function is JsonPathFunction.Match) : null,
        };
    }

    private List<Operand> Arguments()
    {
        if (++_depth > DeepestNesting)
        {
            throw _lexer.Wrong($"a filter may be nested {DeepestNesting} deep");
        }

        _lexer.Require("(");
        _lexer.SkipBlanks();
        var arguments = new List<Operand>();
        if (_lexer.Current != ')')
        {
            do
            {
                _lexer.SkipBlanks();
                arguments.Add(Primary());
                _lexer.SkipBlanks();
            }
            while (_lexer.Take(","));
        }

        _lexer.Require(")");
        _depth--;
        return arguments;
    }
}
