namespace Orbit.Cli;

/// <summary>The caller asked for something that cannot be; nothing was done. Ends the program with <see cref="ExitCodes.WrongUsage"/>.</summary>
internal sealed class UsageException(string message, string reason = "USAGE") : Exception(message)
{
    /// <summary>Stable code, shown after the message.</summary>
    public string Reason { get; } = reason;
}
