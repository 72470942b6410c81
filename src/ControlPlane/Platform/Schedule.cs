using Quartz;

namespace Orbit.ControlPlane.Platform;

/// <summary>
/// A cron expression in a time zone: six or seven fields with seconds first, or the five of a crontab. Quartz reads it; nothing else of
/// Quartz is used.
/// </summary>
internal sealed class Schedule
{
    /// <summary>Longest expression.</summary>
    public const int LongestCron = 200;

    private const int CrontabFields = 5;

    private readonly CronExpression _cron;

    private Schedule(CronExpression cron) => _cron = cron;

    /// <summary>Reads an expression that was checked before.</summary>
    public static Schedule Parse(string cron, string timeZone) =>
        new(Read(cron).WithTimeZone(timeZone.Length == 0 ? TimeZoneInfo.Utc : TimeZoneInfo.FindSystemTimeZoneById(timeZone)));

    /// <summary>Reads an expression; says what is wrong with it.</summary>
    /// <returns>Null when something is wrong; then <paramref name="problems"/> names each field.</returns>
    public static Schedule? TryParse(string cron, string timeZone, IDictionary<string, string> problems)
    {
        if (cron.Length is 0 or > LongestCron)
        {
            problems["cron"] = $"must be an expression of 1 to {LongestCron} characters: seconds minutes hours day-of-month month day-of-week, e.g. '0 30 2 ? * MON-FRI'";
        }
        else
        {
            try
            {
                _ = Read(cron);
            }
            catch (FormatException wrong)
            {
                problems["cron"] = $"is not understood ({wrong.Message}); it is: seconds minutes hours day-of-month month day-of-week, e.g. '0 30 2 ? * MON-FRI', or a crontab's five fields";
            }
        }

        if (timeZone.Length > 0 && (timeZone.Length > 100 || !TimeZoneInfo.TryFindSystemTimeZoneById(timeZone, out _)))
        {
            problems["time_zone"] = "must be a name such as 'Asia/Shanghai' or 'Europe/Berlin'";
        }

        return problems.ContainsKey("cron") || problems.ContainsKey("time_zone") ? null : Parse(cron, timeZone);
    }

    /// <summary>The next time after a given one; null when there is none. What falls into an hour that summer time leaves out comes right after it.</summary>
    public DateTimeOffset? After(DateTimeOffset time) => _cron.GetNextValidTimeAfter(time)?.ToUniversalTime();

    /// <summary>The next times after a given one.</summary>
    public IReadOnlyList<DateTimeOffset> Next(DateTimeOffset time, int count)
    {
        var times = new List<DateTimeOffset>(count);
        for (DateTimeOffset? next = After(time); next is { } one && times.Count < count; next = After(one))
        {
            times.Add(one);
        }

        return times;
    }

    /// <summary>Days of the week count as each form counts them: a crontab's 1 is Monday.</summary>
    private static CronExpression Read(string cron) =>
        cron.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length == CrontabFields
            ? CronExpression.Parse(cron, CronFormat.Unix)
            : new CronExpression(cron, TimeZoneInfo.Utc);
}
