namespace Orbit.ControlPlane.Access;

/// <summary>All log lines of the Access folder. Event ids 1300-1399.</summary>
internal static partial class AccessLog
{
    [LoggerMessage(1301, LogLevel.Warning, "Sign-ins of kind {Kind} from {Source} failed repeatedly and are refused for {Wait}.")]
    public static partial void SignInSlowed(this ILogger logger, string kind, string source, TimeSpan wait);

    [LoggerMessage(1302, LogLevel.Information, "{Email} signed in from {Source}; admin: {IsAdmin}.")]
    public static partial void SignedIn(this ILogger logger, string email, string source, bool isAdmin);

    [LoggerMessage(1303, LogLevel.Warning, "Keys:Master is not set, so this replica keeps the master key in {File}; other replicas cannot open the keys without it.")]
    public static partial void MasterKeyInFile(this ILogger logger, string file);

    [LoggerMessage(1304, LogLevel.Warning, "Access:AdminPassword has fewer than {Least} characters; it can be guessed.")]
    public static partial void AdminPasswordShort(this ILogger logger, int least);

    [LoggerMessage(1305, LogLevel.Information, "Removed {Sessions} sessions that had ended.")]
    public static partial void SessionsRemoved(this ILogger logger, int sessions);
}
