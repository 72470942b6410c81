using System.Runtime.CompilerServices;

namespace Grpc.Core.Utils;

/// <summary>Checks of arguments and states that generated and hand-written code around gRPC uses.</summary>
public static class GrpcPreconditions
{
    /// <summary>Refuses an argument.</summary>
    public static void CheckArgument(bool condition, string? errorMessage = null)
    {
        if (!condition)
        {
            throw new ArgumentException(errorMessage);
        }
    }

    /// <summary>Refuses a missing value.</summary>
    public static T CheckNotNull<T>(T reference, [CallerArgumentExpression(nameof(reference))] string? paramName = null)
    {
        ArgumentNullException.ThrowIfNull(reference, paramName);
        return reference;
    }

    /// <summary>Refuses a state.</summary>
    public static void CheckState(bool condition, string? errorMessage = null)
    {
        if (!condition)
        {
            throw new InvalidOperationException(errorMessage);
        }
    }
}
