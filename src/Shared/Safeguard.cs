namespace Orbit.Shared;

/// <summary>
/// What keeps a promise, by name, so that a test can show that the promise breaks without it: <c>ORBIT_FAULTS=1</c> together with
/// <c>ORBIT_FAULTS_WITHOUT=name</c> switches one off. Neither alone does anything; nobody sets both by accident.
/// </summary>
internal static class Safeguard
{
    private static readonly string? Without = Environment.GetEnvironmentVariable("ORBIT_FAULTS") == "1" ? Environment.GetEnvironmentVariable("ORBIT_FAULTS_WITHOUT") : null;

    /// <summary>True unless a test switched it off.</summary>
    public static bool IsOn(string name) => Without != name;
}
