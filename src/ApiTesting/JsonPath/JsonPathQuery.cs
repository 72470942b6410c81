using System.Text.Json;
using System.Text.RegularExpressions;
using Orbit.ApiTesting.Values;

namespace Orbit.ApiTesting.JsonPath;

/// <summary>A compiled JSONPath (RFC 9535). Safe for any number of threads.</summary>
public sealed class JsonPathQuery
{
    /// <summary>Nodes that one evaluation may touch: queries such as <c>$..*..*..*</c> grow without bound.</summary>
    public const int MostNodes = 1_000_000;

    private readonly IReadOnlyList<Segment> _segments;

    private JsonPathQuery(string text, IReadOnlyList<Segment> segments) => (Text, _segments) = (text, segments);

    /// <summary>The query as written.</summary>
    public string Text { get; }

    /// <summary>Compiles a query.</summary>
    /// <exception cref="JsonPathException">It is no JSONPath; the message names the place.</exception>
    public static JsonPathQuery Parse(string text) => new(text, JsonPathParser.Parse(text));

    /// <summary>All nodes, in the order of the standard.</summary>
    /// <exception cref="JsonPathException">More than <see cref="MostNodes"/> nodes were touched.</exception>
    public IReadOnlyList<JsonPathNode> Find(JsonElement document) => new Evaluation(document).Run(new(document, null), _segments);

    /// <summary>The value of the first node; missing when there is none.</summary>
    public Value First(JsonElement document)
    {
        JsonElement at = document;
        foreach (Segment segment in _segments)
        {
            if (segment.Descendant || segment.Selectors is not [NameSelector or IndexSelector])
            {
                return Find(document) is [{ } first, ..] ? Value.Of(first.Json) : Value.Missing;
            }

            if (!TryStep(segment.Selectors[0], ref at))
            {
                return Value.Missing;
            }
        }

        return Value.Of(at);
    }

    private static bool TryStep(Selector selector, ref JsonElement at)
    {
        if (selector is NameSelector named)
        {
            return at.ValueKind is JsonValueKind.Object && JsonText.TryMember(at, named.Name, out at);
        }

        long index = ((IndexSelector)selector).Index;
        int length = at.ValueKind is JsonValueKind.Array ? at.GetArrayLength() : 0;
        index = index < 0 ? length + index : index;
        if (index < 0 || index >= length)
        {
            return false;
        }

        at = at[(int)index];
        return true;
    }

    /// <summary>One run of a query over one document.</summary>
    private sealed class Evaluation(JsonElement root)
    {
        private int _touched;

        public List<JsonPathNode> Run(JsonPathNode start, IReadOnlyList<Segment> segments)
        {
            List<JsonPathNode> nodes = [start];
            foreach (Segment segment in segments)
            {
                var next = new List<JsonPathNode>();
                foreach (JsonPathNode node in nodes)
                {
                    if (segment.Descendant)
                    {
                        Descend(node, segment.Selectors, next);
                    }
                    else
                    {
                        SelectAll(node, segment.Selectors, next);
                    }
                }

                nodes = next;
            }

            return nodes;
        }

        private void Descend(JsonPathNode node, IReadOnlyList<Selector> selectors, List<JsonPathNode> found)
        {
            SelectAll(node, selectors, found);
            foreach (JsonPathNode child in Children(node))
            {
                if (child.Json.ValueKind is JsonValueKind.Array or JsonValueKind.Object)
                {
                    Descend(child, selectors, found);
                }
            }
        }

        private void SelectAll(JsonPathNode node, IReadOnlyList<Selector> selectors, List<JsonPathNode> found)
        {
            foreach (Selector selector in selectors)
            {
                Select(node, selector, found);
            }
        }

        private void Select(JsonPathNode node, Selector selector, List<JsonPathNode> found)
        {
            switch (selector)
            {
                case NameSelector { Name: var name }:
                    if (node.Json.ValueKind is JsonValueKind.Object && JsonText.TryMember(node.Json, name, out JsonElement member))
                    {
                        Touch();
                        found.Add(node.Member(member, name));
                    }

                    break;
                case WildcardSelector:
                    found.AddRange(Children(node));
                    break;
                case IndexSelector { Index: var index }:
                    SelectIndex(node, index, found);
                    break;
                case SliceSelector slice:
                    SelectSlice(node, slice, found);
                    break;
                case FilterSelector { Condition: var condition }:
                    found.AddRange(Children(node).Where(child => Holds(condition, child.Json)));
                    break;
                default:
                    throw new InvalidOperationException($"No selector {selector}.");
            }
        }

        private void SelectIndex(JsonPathNode node, long index, List<JsonPathNode> found)
        {
            int length = node.Json.ValueKind is JsonValueKind.Array ? node.Json.GetArrayLength() : 0;
            long at = index < 0 ? length + index : index;
            if (at >= 0 && at < length)
            {
                Touch();
                found.Add(node.Element(node.Json[(int)at], (int)at));
            }
        }

        private void SelectSlice(JsonPathNode node, SliceSelector slice, List<JsonPathNode> found)
        {
            if (node.Json.ValueKind is not JsonValueKind.Array || slice.Step == 0)
            {
                return;
            }

            long length = node.Json.GetArrayLength();
            long Normal(long i) => i >= 0 ? i : length + i;
            JsonElement[] elements = [.. node.Json.EnumerateArray()];
            if (slice.Step > 0)
            {
                long lower = Math.Clamp(Normal(slice.Start ?? 0), 0, length);
                long upper = Math.Clamp(Normal(slice.End ?? length), 0, length);
                for (long i = lower; i < upper; i += slice.Step)
                {
                    Touch();
                    found.Add(node.Element(elements[i], (int)i));
                }

                return;
            }

            long from = Math.Clamp(slice.Start is { } start ? Normal(start) : length - 1, -1, length - 1);
            long to = slice.End is { } end ? Math.Clamp(Normal(end), -1, length - 1) : -1;
            for (long i = from; i > to; i += slice.Step)
            {
                Touch();
                found.Add(node.Element(elements[i], (int)i));
            }
        }

        private List<JsonPathNode> Children(JsonPathNode node)
        {
            var children = new List<JsonPathNode>();
            if (node.Json.ValueKind is JsonValueKind.Array)
            {
                foreach (JsonElement element in node.Json.EnumerateArray())
                {
                    Touch();
                    children.Add(node.Element(element, children.Count));
                }
            }
            else if (node.Json.ValueKind is JsonValueKind.Object)
            {
                foreach (JsonProperty member in node.Json.EnumerateObject())
                {
                    Touch();
                    children.Add(node.Member(member.Value, JsonText.NameOf(member)));
                }
            }

            return children;
        }

        private bool Holds(Logical condition, JsonElement current) => condition switch
        {
            Or or => or.Any.Any(c => Holds(c, current)),
            And and => and.All.All(c => Holds(c, current)),
            Not not => !Holds(not.Inner, current),
            Exists exists => Nodes(exists.Query, current).Count > 0,
            FunctionTest test => Matches(test.Function, current),
            Compared comparison => Compare(ValueOf(comparison.Left, current), comparison.Operator, ValueOf(comparison.Right, current)),
            _ => throw new InvalidOperationException($"No condition {condition}."),
        };

        private List<JsonPathNode> Nodes(QueryOperand query, JsonElement current) =>
            Run(new(query.FromRoot ? root : current, null), query.Segments);

        private Value ValueOf(Operand operand, JsonElement current) => operand switch
        {
            LiteralOperand literal => literal.Value,
            QueryOperand query => Nodes(query, current) is [{ } only] ? Value.Of(only.Json) : Value.Missing,
            FunctionOperand { Function: JsonPathFunction.Length } length => ValueOf(length.Arguments[0], current).Length is { } n ? Value.Of((double)n) : Value.Missing,
            FunctionOperand { Function: JsonPathFunction.Count } count => Value.Of((double)Nodes((QueryOperand)count.Arguments[0], current).Count),
            FunctionOperand { Function: JsonPathFunction.Value } value => Nodes((QueryOperand)value.Arguments[0], current) is [{ } only] ? Value.Of(only.Json) : Value.Missing,
            _ => throw new InvalidOperationException($"No operand {operand}."),
        };

        private bool Matches(FunctionOperand function, JsonElement current)
        {
            Value subject = ValueOf(function.Arguments[0], current);
            Value pattern = ValueOf(function.Arguments[1], current);
            if (subject.Kind is not ValueKind.Text || pattern.Kind is not ValueKind.Text)
            {
                return false;
            }

            Regex? regex = function.Pattern ?? IRegexp.TryCompile(pattern.ToString(), function.Function is JsonPathFunction.Match);
            return regex?.IsMatch(subject.ToString()) ?? false;
        }

        private static bool Compare(Value left, string comparison, Value right) => comparison switch
        {
            "==" => left.Same(right),
            "!=" => !left.Same(right),
            "<" => left.Compare(right) < 0,
            ">" => left.Compare(right) > 0,
            "<=" => left.Same(right) || left.Compare(right) < 0,
            _ => left.Same(right) || left.Compare(right) > 0,
        };

        private void Touch()
        {
            if (++_touched > MostNodes)
            {
                throw new JsonPathException($"the query touches more than {MostNodes} nodes", 0);
            }
        }
    }
}
