namespace Orbit.ControlPlane.Notifications;

/// <summary>When something that was not taken is tried again.</summary>
internal static class Backoff
{
    /// <summary>After so many tries, about eight hours, it is given up; a person may send it again.</summary>
    public const int MostTries = 16;

    private static readonly TimeSpan First = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <summary>Pause after a number of failed tries: doubles from 15 s to an hour, ± a fifth, so that what failed together does not come back together.</summary>
    /// <param name="tries">From 1.</param>
    /// <param name="random">From 0 to 1.</param>
    public static TimeSpan After(int tries, double random)
    {
        TimeSpan doubled = tries > 10 ? Longest : First * Math.Pow(2, tries - 1);
        TimeSpan pause = doubled < Longest ? doubled : Longest;
        return pause * (0.8 + (0.4 * random));
    }
}
