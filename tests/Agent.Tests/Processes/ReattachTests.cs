using System.Diagnostics;
using Orbit.Agent.Processes;

namespace Orbit.Agent.Tests.Processes;

/// <summary>The agent is killed; the command is not, and the next agent learns the truth.</summary>
public sealed class ReattachTests : IDisposable
{
    private readonly StepRoom _room = new();

    private string ExitFile => Path.Combine(_room.Directory, "exit");

    public void Dispose() => _room.Dispose();

    [Fact]
    public async Task A_command_outlives_its_agent_and_the_next_one_learns_its_exit_code()
    {
        (Guid step, ProcessIdentity identity) = await StartAndKillAgentAsync("echo begun; while [ ! -e go ]; do sleep 0.02; done; echo ended; exit 42");

        RunningProcess again = RunningProcess.Reattach(identity, step, ExitFile);
        Assert.True(again.IsRunning);
        await _room.PrintedAsync("begun");
        Task<ProcessEnd> end = again.WaitAsync(_room.Limit);
        Assert.False(end.IsCompleted);
        await File.WriteAllTextAsync(Path.Combine(_room.Directory, "go"), "");

        Assert.Equal(new ProcessEnd(ProcessOutcome.Exited, 42), await end);
        Assert.Equal("begun\nended\n", _room.Output);
    }

    [Fact]
    public async Task A_command_that_ended_while_there_was_no_agent_has_left_its_exit_code()
    {
        (Guid step, ProcessIdentity identity) = await StartAndKillAgentAsync("sleep 0.3; exit 5");
        await _room.UntilAsync(() => !identity.IsAlive(), () => "the end of the command");

        Assert.Equal(new ProcessEnd(ProcessOutcome.Exited, 5), await RunningProcess.Reattach(identity, step, ExitFile).WaitAsync(_room.Limit));
    }

    [Fact]
    public async Task A_command_whose_supervisor_was_killed_is_unknown_and_never_a_success()
    {
        (Guid step, ProcessIdentity identity) = await StartAndKillAgentAsync("echo $$; exec sleep 30");
        await _room.PrintedAsync("\n");
        Assert.True(identity.TryStatus(out ProcessStatus supervisor));
        ProcessTree.Signal(supervisor, Native.SigKill);

        RunningProcess again = RunningProcess.Reattach(identity, step, ExitFile);
        ProcessEnd end = await again.WaitAsync(_room.Limit);

        Assert.Equal(ProcessOutcome.Unknown, end.Outcome);
        Assert.Null(end.ExitCode);
        Assert.Equal(int.Parse(_room.Output, System.Globalization.CultureInfo.InvariantCulture), Assert.Single(again.Survivors()).Pid);
        Assert.Empty((await again.KillAsync(TimeSpan.Zero, _room.Limit)).Left);
        Assert.Empty(again.Survivors());
    }

    [Fact]
    public async Task A_command_started_by_an_agent_that_died_before_noting_it_is_found_by_its_exit_file()
    {
        (Guid step, ProcessIdentity identity) = await StartAndKillAgentAsync("echo begun; while [ ! -e go ]; do sleep 0.02; done; exit 3");
        await _room.PrintedAsync("begun");

        RunningProcess? found = StepProcess.Find(step, ExitFile);
        Assert.Equal(identity, found?.Identity);
        Assert.Null(StepProcess.Find(Guid.CreateVersion7(), ExitFile)); // the number alone proves nothing
        await File.WriteAllTextAsync(Path.Combine(_room.Directory, "go"), "");
        Assert.Equal(3, (await found!.WaitAsync(_room.Limit)).ExitCode);

        await _room.UntilAsync(() => !identity.IsAlive(), () => "the end of the command");
        Assert.Equal(3, (await StepProcess.Find(step, ExitFile)!.WaitAsync(_room.Limit)).ExitCode);
        Assert.Null(StepProcess.Find(step, ExitFile + "-never-started"));
    }

    [Fact]
    public async Task A_number_that_belongs_to_another_process_now_is_left_alone()
    {
        using Process stranger = Process.Start("/bin/sleep", "30");
        ProcessIdentity real = ProcessIdentity.Of(stranger.Id)!;
        RunningProcess mistaken = RunningProcess.Reattach(real with { StartTicks = real.StartTicks - 1 }, Guid.CreateVersion7(), ExitFile);
        RunningProcess otherBoot = RunningProcess.Reattach(real with { BootId = "00000000-0000-0000-0000-000000000000" }, Guid.CreateVersion7(), ExitFile);

        foreach (RunningProcess gone in new[] { mistaken, otherBoot })
        {
            KillReport report = await gone.KillAsync(TimeSpan.FromSeconds(1), _room.Limit);
            Assert.Equal(ProcessOutcome.Unknown, report.End.Outcome);
            Assert.False(report.Forced);
        }

        Assert.False(stranger.HasExited);
        stranger.Kill();
    }

    [Theory]
    [InlineData("12:34:boot", true)]
    [InlineData("12:34:", false)]
    [InlineData("-1:34:boot", false)]
    [InlineData("0:34:boot", false)]
    [InlineData("12:34", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void An_identity_is_read_back_from_its_text_or_not_at_all(string? text, bool valid)
    {
        Assert.Equal(valid, ProcessIdentity.TryParse(text, out ProcessIdentity? identity));
        Assert.Equal(valid ? text : null, identity?.ToString());
    }

    private async Task<(Guid Step, ProcessIdentity Identity)> StartAndKillAgentAsync(string script)
    {
        using ChildProgram agent = ChildProgram.Start("start-and-wait", _room.Directory, script);
        string[] line = (await agent.Output.ReadLineAsync(_room.Limit))!.Split(' ');
        await agent.KillAsync();
        Assert.True(ProcessIdentity.TryParse(line[1], out ProcessIdentity? identity));
        return (Guid.Parse(line[0]), identity);
    }
}
