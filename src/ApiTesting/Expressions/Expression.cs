using System.Diagnostics;
using System.Text.Json;
using Orbit.ApiTesting.Values;

namespace Orbit.ApiTesting.Expressions;

/// <summary>Gives the values of the names that an expression uses.</summary>
/// <param name="name">The name.</param>
/// <param name="value">Its value.</param>
/// <returns>False: there is no such name.</returns>
public delegate bool NameLookup(string name, out Value value);

/// <summary>
/// A compiled expression: no loops, no assignment, no reach beyond the names it is given, bounded in depth, steps and time. Safe for any
/// number of threads.
/// </summary>
public sealed class Expression
{
    private const int MostSteps = 100_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private readonly Term _term;

    private Expression(string text, Term term) => (Text, _term) = (text, term);

    /// <summary>As written.</summary>
    public string Text { get; }

    /// <summary>Compiles.</summary>
    /// <exception cref="ExpressionException">It is none; the message names the place.</exception>
    public static Expression Parse(string text) => new(text, ExpressionParser.Parse(text));

    /// <summary>Evaluates.</summary>
    /// <exception cref="ExpressionException">A name is unknown, a value does not fit, or it took too much.</exception>
    public Value Evaluate(NameLookup names)
    {
        try
        {
            return new Evaluation(names).Value(_term);
        }
        catch (Exception slow) when (slow is System.Text.RegularExpressions.RegexMatchTimeoutException or FormatException)
        {
            throw new ExpressionException(slow.Message);
        }
    }

    /// <summary>What counts as true: everything but false, null, nothing, 0 and the empty text.</summary>
    public static bool Holds(Value value) => value.Kind switch
    {
        ValueKind.Missing or ValueKind.Null => false,
        ValueKind.Boolean => value.IsTrue,
        ValueKind.Number => value.Number != 0,
        ValueKind.Text => value.ToString().Length > 0,
        _ => true,
    };

    private sealed class Evaluation(NameLookup names)
    {
        private readonly long _started = Stopwatch.GetTimestamp();
        private int _steps;

        public Value Value(Term term)
        {
            if (++_steps > MostSteps || ((_steps & 0xff) == 0 && Stopwatch.GetElapsedTime(_started) > Patience))
            {
                throw new ExpressionException("the expression takes too long");
            }

            return term switch
            {
                Constant constant => constant.Value,
                NameTerm name => names(name.Name, out Value value) ? value : throw new ExpressionException($"there is no name '{name.Name}'", name.At),
                MemberTerm member => Member(Value(member.Of), member.Name),
                IndexTerm index => Index(Value(index.Of), Value(index.Index)),
                ListTerm list => List(list),
                UnaryTerm { Operator: '!' } not => Values.Value.Of(!Holds(Value(not.Of))),
                UnaryTerm minus => Values.Value.Of(-Number(Value(minus.Of), "-")),
                ChoiceTerm choice => Value(Holds(Value(choice.Condition)) ? choice.Then : choice.Else),
                BinaryTerm { Operator: "&&" } and => Values.Value.Of(Holds(Value(and.Left)) && Holds(Value(and.Right))),
                BinaryTerm { Operator: "||" } or => Values.Value.Of(Holds(Value(or.Left)) || Holds(Value(or.Right))),
                BinaryTerm binary => Binary(binary),
                CallTerm call => ExpressionFunctions.Call(call.Function, [.. call.Arguments.Select(Value)], call.At),
                _ => throw new ExpressionException($"no term {term}"),
            };
        }

        private Value List(ListTerm list) =>
            Values.Value.Of(JsonText.Parse("[" + string.Join(',', list.Items.Select(item => Value(item).ToJson())) + "]"));

        private Value Binary(BinaryTerm binary)
        {
            Value left = Value(binary.Left);
            Value right = Value(binary.Right);
            return binary.Operator switch
            {
                "==" => Values.Value.Of(left.Same(right)),
                "!=" => Values.Value.Of(!left.Same(right)),
                "<" => Values.Value.Of(Order(left, right, binary) < 0),
                ">" => Values.Value.Of(Order(left, right, binary) > 0),
                "<=" => Values.Value.Of(Order(left, right, binary) <= 0),
                ">=" => Values.Value.Of(Order(left, right, binary) >= 0),
                "contains" => Values.Value.Of(ExpressionFunctions.Contains(left, right)),
                "in" => Values.Value.Of(ExpressionFunctions.Contains(right, left)),
                "matches" => Values.Value.Of(SafeRegex.Compile(right.ToString()).IsMatch(left.ToString())),
                "+" when left.Kind is ValueKind.Text || right.Kind is ValueKind.Text => ExpressionFunctions.Join(left, right),
                "+" => Values.Value.Of(Number(left, "+") + Number(right, "+")),
                "-" => Values.Value.Of(Number(left, "-") - Number(right, "-")),
                "*" => Values.Value.Of(Number(left, "*") * Number(right, "*")),
                "/" => Values.Value.Of(Number(left, "/") / Number(right, "/")),
                _ => Values.Value.Of(Number(left, "%") % Number(right, "%")),
            };
        }

        private static int Order(Value left, Value right, BinaryTerm binary) =>
            left.Compare(right) ?? throw new ExpressionException($"'{binary.Operator}' cannot compare {Words(left)} with {Words(right)}", binary.At);

        private static double Number(Value value, string symbol) => value.Kind is ValueKind.Number
            ? value.Number
            : throw new ExpressionException($"'{symbol}' needs numbers, not {Words(value)}; number(x) converts text");

        private static Value Member(Value of, string name)
        {
            if (of.Kind is ValueKind.Object)
            {
                return JsonText.TryMember(of.Json, name, out JsonElement member) ? Values.Value.Of(member) : Values.Value.Missing;
            }

            return name == "length" && of.Length is { } length ? Values.Value.Of((double)length) : Values.Value.Missing;
        }

        private static Value Index(Value of, Value index)
        {
            if (index.Kind is ValueKind.Text)
            {
                return of.Kind is ValueKind.Object && JsonText.TryMember(of.Json, index.ToString(), out JsonElement member) ? Values.Value.Of(member) : Values.Value.Missing;
            }

            if (of.Kind is not ValueKind.Array || index.Kind is not ValueKind.Number || index.Number % 1 != 0)
            {
                return Values.Value.Missing;
            }

            int length = of.Json.GetArrayLength();
            double at = index.Number < 0 ? length + index.Number : index.Number;
            return at >= 0 && at < length ? Values.Value.Of(of.Json[(int)at]) : Values.Value.Missing;
        }

        private static string Words(Value value) => value.Kind switch
        {
            ValueKind.Missing => "nothing",
            ValueKind.Null => "null",
            var kind => $"{kind.ToString().ToLowerInvariant()} {Limit(value.ToString())}",
        };

        private static string Limit(string text) => text.Length <= 60 ? text : text[..60] + "…";
    }
}
