using Orbit.ApiTesting.Values;

namespace Orbit.ApiTesting.JsonPath;

/// <summary>What follows <c>$</c> or <c>@</c>, step by step.</summary>
internal sealed record Segment(IReadOnlyList<Selector> Selectors, bool Descendant);

internal abstract record Selector;

internal sealed record NameSelector(string Name) : Selector;

internal sealed record WildcardSelector : Selector;

internal sealed record IndexSelector(long Index) : Selector;

internal sealed record SliceSelector(long? Start, long? End, long Step) : Selector;

internal sealed record FilterSelector(Logical Condition) : Selector;

internal abstract record Logical;

internal sealed record Or(IReadOnlyList<Logical> Any) : Logical;

internal sealed record And(IReadOnlyList<Logical> All) : Logical;

internal sealed record Not(Logical Inner) : Logical;

internal sealed record Compared(Operand Left, string Operator, Operand Right) : Logical;

internal sealed record Exists(QueryOperand Query) : Logical;

internal sealed record FunctionTest(FunctionOperand Function) : Logical;

/// <summary>A side of a comparison or an argument of a function.</summary>
internal abstract record Operand;

internal sealed record LiteralOperand(Value Value) : Operand;

internal sealed record QueryOperand(bool FromRoot, IReadOnlyList<Segment> Segments) : Operand
{
    /// <summary>True when it can give one node at most.</summary>
    public bool IsSingular => Segments.All(s => !s.Descendant && s.Selectors is [NameSelector or IndexSelector]);
}

internal sealed record FunctionOperand(JsonPathFunction Function, IReadOnlyList<Operand> Arguments) : Operand
{
    /// <summary>A literal pattern, compiled once.</summary>
    public System.Text.RegularExpressions.Regex? Pattern { get; init; }
}

internal enum JsonPathFunction
{
    Length,
    Count,
    Match,
    Search,
    Value,
}
