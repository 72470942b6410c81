using System.Diagnostics;
using System.Globalization;
using Orbit.Agent.Processes;

namespace Orbit.Agent.Tests.Processes;

/// <summary>Nothing of a step is left after a kill, whatever it does; and what is not of the step is not touched.</summary>
public sealed class KillTests : IDisposable
{
    private readonly StepRoom _room = new();

    public void Dispose() => _room.Dispose();

    [Fact]
    public async Task A_command_that_heeds_the_signal_ends_by_itself_with_its_own_exit_code()
    {
        RunningProcess running = _room.Shell("trap 'echo cleaned; exit 9' TERM; echo up; while :; do sleep 0.05; done");
        await _room.PrintedAsync("up");

        KillReport report = await running.KillAsync(TimeSpan.FromSeconds(10), _room.Limit);

        Assert.Equal(new ProcessEnd(ProcessOutcome.Exited, 9), report.End);
        Assert.Empty(report.Left);
        Assert.Contains("cleaned", _room.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_that_ignores_the_signal_is_killed_after_the_grace()
    {
        RunningProcess running = _room.Shell("trap '' TERM; echo up; sleep 60; sleep 60");
        await _room.PrintedAsync("up");
        long begun = Stopwatch.GetTimestamp();

        KillReport report = await running.KillAsync(TimeSpan.FromMilliseconds(300), _room.Limit);

        Assert.InRange(Stopwatch.GetElapsedTime(begun), TimeSpan.FromMilliseconds(290), TimeSpan.FromSeconds(8));
        Assert.Equal(9, report.End.Signal);
        Assert.True(report.Forced);
        Assert.Empty(report.Left);
        Assert.False(running.IsRunning);
    }

    [Fact]
    public async Task A_double_fork_into_another_session_does_not_escape()
    {
        RunningProcess running = _room.Shell("setsid sh -c 'trap \"\" TERM; (setsid sleep 61 &) ; sleep 62' & echo up; sleep 60");
        await _room.PrintedAsync("up");
        await _room.UntilAsync(() => running.Survivors().Count >= 4, () => "all four processes");

        KillReport report = await running.KillAsync(TimeSpan.FromMilliseconds(200), _room.Limit);

        Assert.Empty(report.Left);
        Assert.Empty(running.Survivors());
        Assert.True(report.Forced);
    }

    [Fact]
    public async Task A_descendant_that_hides_its_environment_is_found_as_long_as_it_has_a_parent_or_the_session()
    {
        RunningProcess running = _room.Shell("env -i setsid sh -c 'env -i sleep 61; :' & (env -i sleep 62 &) ; echo up; sleep 60");
        await _room.PrintedAsync("up");
        await _room.UntilAsync(() => running.Survivors().Count >= 5, () => "all five processes");

        Assert.Empty((await running.KillAsync(TimeSpan.Zero, _room.Limit)).Left);
        Assert.Empty(running.Survivors());
    }

    [Fact]
    public async Task A_stopped_command_is_woken_to_end_by_itself()
    {
        RunningProcess running = _room.Shell("trap 'exit 4' TERM; echo $$; while :; do sleep 0.05; done");
        await _room.PrintedAsync("\n");
        Assert.Equal(0, Native.Kill(int.Parse(_room.Output, CultureInfo.InvariantCulture), Native.SigStop));

        KillReport report = await running.KillAsync(TimeSpan.FromSeconds(10), _room.Limit);

        Assert.Equal(4, report.End.ExitCode);
    }

    [Fact]
    public async Task A_command_killed_right_at_its_start_is_gone_too()
    {
        for (int i = 0; i < 10; i++)
        {
            RunningProcess running = _room.Shell("sleep 60");

            KillReport report = await running.KillAsync(i % 2 == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(5), _room.Limit);

            Assert.Empty(report.Left);
            Assert.Empty(running.Survivors());
            Assert.NotEqual(0, report.End.ExitCode);
        }
    }

    [Fact]
    public async Task A_fork_bomb_under_a_limit_is_put_out()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return; // the limit counts all processes of a user, so the test needs one that has none
        }

        File.SetUnixFileMode(_room.Directory, (UnixFileMode)0b111_101_101);
        ProcessSpec spec = _room.Spec("/bin/sh", "-c", "echo up; b() { b & b; }; b") with
        {
            RunAs = new StepUser("games", 5, 60, [60], "/"),
            Limits = new ProcessLimits { Processes = 60, Nice = 10 },
        };
        RunningProcess running = StepProcess.Start(spec);
        await _room.UntilAsync(() => running.Survivors().Count > 20 || !running.IsRunning, () => "the bomb");

        KillReport report = await running.KillAsync(TimeSpan.FromMilliseconds(100), _room.Limit);

        Assert.Empty(report.Left);
        Assert.Empty(running.Survivors());
    }

    [Fact]
    public async Task A_released_service_lives_on_and_other_steps_do_not_see_it()
    {
        RunningProcess start = _room.Shell("setsid sh -c 'echo serving; sleep 63' & sleep 0.1");
        Assert.Equal(0, (await start.WaitAsync(_room.Limit)).ExitCode);
        await _room.PrintedAsync("serving");
        IReadOnlyList<SurvivingProcess> service = start.ReleaseSurvivors();
        Assert.Contains(service, one => one.CommandLine == "sleep 63");

        RunningProcess test = _room.Shell("sleep 64");
        Assert.Empty((await test.KillAsync(TimeSpan.Zero, _room.Limit)).Left);
        await Assert.ThrowsAsync<InvalidOperationException>(() => start.KillAsync(TimeSpan.Zero, _room.Limit));

        Assert.All(service, one => Assert.True(one.Identity.IsAlive()));
    }

    [Fact]
    public async Task A_kill_may_be_repeated_and_keeps_the_first_end()
    {
        RunningProcess running = _room.Shell("exit 6");
        await running.WaitAsync(_room.Limit);

        KillReport first = await running.KillAsync(TimeSpan.FromSeconds(5), _room.Limit);
        KillReport second = await running.KillAsync(TimeSpan.Zero, _room.Limit);

        Assert.Equal((6, false), (first.End.ExitCode!.Value, first.Forced));
        Assert.Equal((6, false), (second.End.ExitCode!.Value, second.Forced));
    }

    [Fact]
    public async Task A_result_is_recorded_on_a_full_disk()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return; // mounting needs root
        }

        using Process mount = Process.Start("mount", ["-t", "tmpfs", "-o", "size=64k", "orbit-test", _room.Directory]);
        await mount.WaitForExitAsync(_room.Limit);
        if (mount.ExitCode != 0)
        {
            return; // not allowed in this container
        }

        try
        {
            ProcessEnd end = await _room.Shell("cat /dev/zero > filler; echo lost; exit 11").WaitAsync(_room.Limit);
            Assert.Equal(new ProcessEnd(ProcessOutcome.Exited, 11), end);

            ProcessStartException refused = Assert.Throws<ProcessStartException>(() => _room.Shell("exit 0"));
            Assert.Equal(ProcessStartException.StorageFull, refused.Reason);
            Assert.Contains(_room.Directory, refused.Message, StringComparison.Ordinal);
        }
        finally
        {
            using Process unmount = Process.Start("umount", _room.Directory);
            await unmount.WaitForExitAsync(CancellationToken.None);
        }
    }
}
