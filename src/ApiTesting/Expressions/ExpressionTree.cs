using Orbit.ApiTesting.Values;

namespace Orbit.ApiTesting.Expressions;

internal abstract record Term;

internal sealed record Constant(Value Value) : Term;

internal sealed record ListTerm(IReadOnlyList<Term> Items) : Term;

internal sealed record NameTerm(string Name, int At) : Term;

internal sealed record MemberTerm(Term Of, string Name) : Term;

internal sealed record IndexTerm(Term Of, Term Index) : Term;

internal sealed record CallTerm(string Function, IReadOnlyList<Term> Arguments, int At) : Term;

internal sealed record UnaryTerm(char Operator, Term Of) : Term;

internal sealed record BinaryTerm(string Operator, Term Left, Term Right, int At) : Term;

internal sealed record ChoiceTerm(Term Condition, Term Then, Term Else) : Term;
