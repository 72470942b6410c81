namespace Orbit.ApiTesting.Expressions;

/// <summary>An expression that cannot be read, or whose evaluation failed or took too much.</summary>
public sealed class ExpressionException(string message, int? position = null)
    : Exception(position is { } at ? $"{message} (at character {at + 1})" : message);
