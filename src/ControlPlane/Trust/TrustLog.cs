namespace Orbit.ControlPlane.Trust;

/// <summary>All log lines of the Trust folder. Event ids 2800-2849.</summary>
internal static partial class TrustLog
{
    [LoggerMessage(2800, LogLevel.Information, "The control plane's own authority has the fingerprint (SHA-256) {Fingerprint} and holds until {Until}.")]
    public static partial void AuthorityInUse(this ILogger logger, string fingerprint, DateTimeOffset until);

    [LoggerMessage(2801, LogLevel.Information, "Made a server certificate that holds until {Until}, for {Names}.")]
    public static partial void CertificateMade(this ILogger logger, DateTimeOffset until, string names);
}
