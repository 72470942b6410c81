using Orbit.ControlPlane.JobVersions;

namespace Orbit.ControlPlane.Tests.JobVersions;

public sealed class JobVersionTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Selecting_the_same_build_again_leaves_no_trace_in_the_history()
    {
        var version = new JobVersion("J", 86_400);

        JobVersionChange? first = version.Select(7, "zhang@x", Now);
        JobVersionChange? again = version.Select(7, "li@x", Now.AddHours(1));

        Assert.Equal((null, 7L, "zhang@x"), (first!.PreviousBuildId, first.BuildId, first.SelectedBy));
        Assert.Null(again);
        Assert.Equal(("zhang@x", Now), (version.SelectedBy, version.SelectedAt));
    }

    [Fact]
    public void Turning_auto_sync_on_looks_after_one_interval_and_a_choice_by_hand_puts_it_off()
    {
        var version = new JobVersion("J", 86_400);
        version.Configure(autoSync: true, interval: 3600, Now);
        Assert.Equal(Now.AddHours(1), version.NextSyncAt);
        Assert.False(version.IsDue(Now.AddMinutes(59)));
        Assert.True(version.IsDue(Now.AddHours(1)));

        version.Select(7, "zhang@x", Now.AddMinutes(50));

        Assert.Equal(Now.AddMinutes(110), version.NextSyncAt);
    }

    [Fact]
    public void A_shorter_interval_counts_from_the_last_look_but_never_looks_in_the_past()
    {
        var version = new JobVersion("J", 86_400);
        version.Configure(autoSync: true, interval: 86_400, Now);

        version.Configure(autoSync: null, interval: 3600 * 12, Now.AddHours(6));
        Assert.Equal(Now.AddHours(12), version.NextSyncAt);

        version.Configure(autoSync: null, interval: 60, Now.AddHours(7));
        Assert.Equal(Now.AddHours(7), version.NextSyncAt);
    }

    [Fact]
    public void Looks_that_were_missed_are_made_up_by_one()
    {
        var version = new JobVersion("J", 86_400);
        version.Configure(autoSync: true, interval: 60, Now);

        version.Follow(9, JobVersion.AutoSyncName, Now.AddDays(2));

        Assert.Equal(Now.AddDays(2).AddMinutes(1), version.NextSyncAt);
        Assert.Equal(Now.AddDays(2), version.LastSyncAt);
    }

    [Fact]
    public void Turned_off_it_is_never_due()
    {
        var version = new JobVersion("J", 86_400);
        version.Configure(autoSync: true, interval: 60, Now);

        version.Configure(autoSync: false, interval: null, Now);

        Assert.Null(version.NextSyncAt);
        Assert.False(version.IsDue(DateTimeOffset.MaxValue));
    }
}
