namespace Orbit.ControlPlane.JobVersions;

/// <summary>Which build of one job is selected for testing: by hand, or kept at the newest by auto-sync.</summary>
internal sealed class JobVersion
{
    /// <summary>What <see cref="SelectedBy"/> says when nobody selected by hand.</summary>
    public const string AutoSyncName = "auto-sync";

    /// <summary>Shortest pause: one minute.</summary>
    public const long ShortestInterval = 60;

    /// <summary>Longest pause: 30 days.</summary>
    public const long LongestInterval = 2_592_000;

    private JobVersion() { } // EF Core

    public JobVersion(string jobName, long syncInterval) => (JobName, SyncInterval) = (jobName, syncInterval);

    public string JobName { get; private set; } = "";

    /// <summary>Null when none is selected yet.</summary>
    public long? BuildId { get; private set; }

    public bool AutoSync { get; private set; }

    /// <summary>Seconds.</summary>
    public long SyncInterval { get; private set; }

    public DateTimeOffset? LastSyncAt { get; private set; }
    public string SelectedBy { get; private set; } = "";
    public DateTimeOffset? SelectedAt { get; private set; }

    /// <summary>When auto-sync looks next; null when it is off. Kept in the database, so that a restart neither loses nor repeats a look.</summary>
    public DateTimeOffset? NextSyncAt { get; private set; }

    /// <summary>Counts changes. Two replicas that both find a look due cannot both save it.</summary>
    public int Revision { get; private set; }

    /// <summary>True when auto-sync must look now.</summary>
    public bool IsDue(DateTimeOffset now) => AutoSync && NextSyncAt <= now;

    /// <summary>Selects a build by hand. An automatic look comes a whole interval later, so that it does not take the choice back at once.</summary>
    /// <returns>What changed, for the history; null when that build was selected already.</returns>
    public JobVersionChange? Select(long buildId, string by, DateTimeOffset now)
    {
        JobVersionChange? change = TakeOver(buildId, by, now);
        if (AutoSync)
        {
            NextSyncAt = now.AddSeconds(SyncInterval);
        }

        Revision++;
        return change;
    }

    /// <summary>Follows the newest build.</summary>
    /// <returns>What changed, for the history; null when it was selected already.</returns>
    public JobVersionChange? Follow(long newestBuildId, string by, DateTimeOffset now)
    {
        JobVersionChange? change = TakeOver(newestBuildId, by, now);
        LastSyncAt = now;
        PlanNext(now);
        return change;
    }

    /// <summary>An automatic look found no build of the job.</summary>
    public void FoundNothing(DateTimeOffset now) => PlanNext(now);

    /// <summary>Turns following on or off and sets its pause; nulls keep what is.</summary>
    public void Configure(bool? autoSync, long? interval, DateTimeOffset now)
    {
        bool turnedOn = autoSync is true && !AutoSync;
        long before = SyncInterval;
        AutoSync = autoSync ?? AutoSync;
        SyncInterval = interval ?? SyncInterval;
        if (!AutoSync)
        {
            NextSyncAt = null;
        }
        else if (turnedOn || NextSyncAt is null)
        {
            NextSyncAt = now.AddSeconds(SyncInterval);
        }
        else if (SyncInterval != before)
        {
            DateTimeOffset moved = NextSyncAt.Value.AddSeconds(SyncInterval - before);
            NextSyncAt = moved > now ? moved : now;
        }

        Revision++;
    }

    private JobVersionChange? TakeOver(long buildId, string by, DateTimeOffset now)
    {
        if (BuildId == buildId)
        {
            return null;
        }

        var change = new JobVersionChange
        {
            JobName = JobName,
            PreviousBuildId = BuildId,
            BuildId = buildId,
            SelectedBy = by,
            SelectedAt = now,
        };
        (BuildId, SelectedBy, SelectedAt) = (buildId, by, now);
        return change;
    }

    /// <summary>Looks that were missed while no server ran are made up by one.</summary>
    private void PlanNext(DateTimeOffset now)
    {
        NextSyncAt = AutoSync ? now.AddSeconds(SyncInterval) : null;
        Revision++;
    }
}

/// <summary>One selection that was made.</summary>
internal sealed class JobVersionChange
{
    public long Id { get; private set; }
    public string JobName { get; init; } = "";
    public long? PreviousBuildId { get; init; }
    public long BuildId { get; init; }
    public string SelectedBy { get; init; } = "";
    public DateTimeOffset SelectedAt { get; init; }
}
