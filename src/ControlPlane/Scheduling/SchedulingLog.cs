namespace Orbit.ControlPlane.Scheduling;

/// <summary>All log lines of the Scheduling folder. Event ids 2250-2299.</summary>
internal static partial class SchedulingLog
{
    [LoggerMessage(2251, LogLevel.Debug, "Assignment {Assignment} offered to {Agent} under epoch {Epoch}.")]
    public static partial void Offered(this ILogger logger, Guid assignment, string agent, long epoch);

    [LoggerMessage(2252, LogLevel.Information, "Assignment {Assignment} was not answered by {Agent} and offered again.")]
    public static partial void OfferedAgain(this ILogger logger, Guid assignment, string agent);

    [LoggerMessage(2253, LogLevel.Information, "Assignment {Assignment} was taken back from agent {Agent}, which is out of contact and had not accepted it.")]
    public static partial void TakenBack(this ILogger logger, Guid assignment, long agent);
}
