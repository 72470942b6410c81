using System.Globalization;
using Orbit.Agent.Processes;

namespace Orbit.Agent.Tests.Processes;

public sealed class StepProcessTests : IDisposable
{
    private readonly StepRoom _room = new();

    public void Dispose() => _room.Dispose();

    [Theory]
    [InlineData("exit 0", 0)]
    [InlineData("exit 7", 7)]
    [InlineData("exit 127", 127)]
    public async Task The_exit_code_is_the_commands_own(string script, int expected)
    {
        ProcessEnd end = await _room.Shell(script).WaitAsync(_room.Limit);

        Assert.Equal(new ProcessEnd(ProcessOutcome.Exited, expected), end);
    }

    [Fact]
    public async Task A_command_that_a_signal_ended_says_which()
    {
        ProcessEnd end = await _room.Shell("kill -9 $$").WaitAsync(_room.Limit);

        Assert.Equal(ProcessOutcome.Signalled, end.Outcome);
        Assert.Equal(9, end.Signal);
    }

    [Fact]
    public async Task Arguments_reach_the_command_untouched()
    {
        string[] arguments = ["a b", "$HOME", "*", "", "'\"`\\", "-n", "中文", "line\nbreak"];

        await _room.Start("/usr/bin/printf", ["[%s]", .. arguments]).WaitAsync(_room.Limit);

        Assert.Equal(string.Concat(arguments.Select(argument => $"[{argument}]")), _room.Output);
    }

    [Fact]
    public async Task The_environment_is_what_was_given_and_nothing_else()
    {
        ProcessSpec spec = _room.Spec("/usr/bin/env") with
        {
            Environment = new Dictionary<string, string> { ["GREETING"] = "it's ${me}; $(id)", ["PATH"] = "/usr/bin:/bin" },
        };

        await StepProcess.Start(spec).WaitAsync(_room.Limit);

        string[] expected = ["GREETING=it's ${me}; $(id)", $"ORBIT_STEP_ID={spec.StepId}", "PATH=/usr/bin:/bin", $"PWD={_room.Directory}"];
        Assert.Equal(expected, _room.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Nothing_of_the_agent_is_inherited_but_input_from_nowhere_and_the_output_file()
    {
        using FileStream held = new(Path.Combine(_room.Directory, "held"), FileMode.Create);

        await _room.Start("/bin/ls", ["-l", "/proc/self/fd"]).WaitAsync(_room.Limit);

        string[] files = [.. _room.Output.Split('\n').Where(line => line.Contains(" -> ", StringComparison.Ordinal)).Select(line => line[(line.IndexOf("-> ", StringComparison.Ordinal) + 3)..])];
        Assert.Equal(["/dev/null", _room.OutputFile, _room.OutputFile], files[..3]);
        Assert.StartsWith("/proc/", Assert.Single(files[3..]), StringComparison.Ordinal); // the listing itself
    }

    [Fact]
    public async Task The_command_gets_signals_as_any_program_does()
    {
        await _room.Start("/bin/cat", "/proc/self/status").WaitAsync(_room.Limit);

        foreach (string kind in new[] { "SigBlk", "SigIgn", "SigCgt" })
        {
            string mask = _room.Output.Split('\n').Single(line => line.StartsWith(kind, StringComparison.Ordinal)).Split('\t')[1];
            Assert.Equal("0000000000000000", mask);
        }
    }

    [Fact]
    public async Task The_command_leads_a_session_that_is_not_the_agents()
    {
        RunningProcess running = _room.Shell("ps -o sid= -p $$");

        await running.WaitAsync(_room.Limit);

        Assert.Equal(running.Identity.Pid.ToString(CultureInfo.InvariantCulture), _room.Output.Trim());
    }

    [Fact]
    public async Task Output_of_both_kinds_is_in_one_file_in_order_and_appended()
    {
        await File.WriteAllTextAsync(_room.OutputFile, "before\n");

        await _room.Shell("echo one; echo two >&2; echo three").WaitAsync(_room.Limit);

        Assert.Equal("before\none\ntwo\nthree\n", _room.Output);
    }

    [Fact]
    public async Task Limits_reach_the_command()
    {
        ProcessSpec spec = _room.Spec("/bin/sh", "-c", "ulimit -n; ulimit -c; ulimit -v; ulimit -t; nice") with
        {
            Limits = new ProcessLimits { OpenFiles = 123, AddressSpaceBytes = 2L << 30, CpuSeconds = 55, Nice = 5 },
        };

        await StepProcess.Start(spec).WaitAsync(_room.Limit);

        Assert.Equal(["123", "0", "2097152", "55", "5"], _room.Output.Trim().Split('\n'));
        await _room.Shell("nice").WaitAsync(_room.Limit);
        Assert.EndsWith("\n5\n0\n", _room.Output, StringComparison.Ordinal); // the agent itself kept its own
    }

    [Fact]
    public async Task A_limit_that_cannot_be_set_keeps_the_command_from_running()
    {
        ProcessSpec spec = _room.Spec("/bin/echo", "ran") with { Limits = new ProcessLimits { OpenFiles = int.MaxValue } };

        ProcessEnd end = await StepProcess.Start(spec).WaitAsync(_room.Limit);

        Assert.Equal(ProcessOutcome.NotStarted, end.Outcome);
        Assert.Contains("open-files", end.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("ran", _room.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_script_without_a_first_line_runs_in_the_shell()
    {
        string script = _room.Script("echo from $0 $1");

        await _room.Start(script, ["x"]).WaitAsync(_room.Limit);

        Assert.Equal($"from {script} x\n", _room.Output);
    }

    [Fact]
    public void What_cannot_run_is_refused_by_name_before_anything_starts()
    {
        string script = _room.Script("#!/usr/bin/python9\n");
        string windows = _room.Script("#!/bin/sh\r\necho hi\r\n");
        string plain = Path.Combine(_room.Directory, "plain");
        File.WriteAllText(plain, "#!/bin/sh\n");

        AssertRefused(ProcessStartException.CommandNotFound, "/no/such/program", "/no/such/program");
        AssertRefused(ProcessStartException.CommandNotFound, "no-such-program", "no-such-program");
        AssertRefused(ProcessStartException.CommandNotExecutable, plain, plain);
        AssertRefused(ProcessStartException.InterpreterMissing, "python9", script);
        AssertRefused(ProcessStartException.InterpreterMissing, "Windows line ends", windows);
        AssertRefused(ProcessStartException.InvalidSpec, "NUL", "/bin/echo", "a\0b");

        ProcessSpec nowhere = _room.Spec("/bin/true") with { WorkingDirectory = "/no/such/directory" };
        Assert.Equal(ProcessStartException.DirectoryMissing, Assert.Throws<ProcessStartException>(() => StepProcess.Start(nowhere)).Reason);
        Assert.False(File.Exists(nowhere.ExitFile));
    }

    [Fact]
    public async Task A_command_never_starts_twice_over_one_exit_file()
    {
        ProcessSpec spec = _room.Spec("/bin/sh", "-c", "echo ran");
        await StepProcess.Start(spec).WaitAsync(_room.Limit);

        ProcessStartException refused = Assert.Throws<ProcessStartException>(() => StepProcess.Start(spec));

        Assert.Equal(ProcessStartException.AlreadyStarted, refused.Reason);
        Assert.Equal("ran\n", _room.Output);
    }

    [Fact]
    public async Task A_child_that_keeps_the_output_open_does_not_hold_up_the_end()
    {
        RunningProcess running = _room.Shell("sleep 60 & echo done");

        ProcessEnd end = await running.WaitAsync(_room.Limit);

        Assert.Equal(0, end.ExitCode);
        Assert.Single(running.Survivors());
        KillReport report = await running.KillAsync(TimeSpan.Zero, _room.Limit);
        Assert.Empty(report.Left);
        Assert.Empty(running.Survivors());
    }

    [Fact]
    public async Task A_script_runs_as_another_user_who_can_neither_read_nor_write_the_record()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return; // only root can become somebody else
        }

        StepUser nobody = new("nobody", 65534, 65534, [65534], "/nonexistent");
        ProcessSpec spec = _room.Spec("/bin/sh", "-c", "id -u; id -G; echo forged > exit-1; echo err >> /dev/stderr; grep CapEff /proc/self/status") with { RunAs = nobody };
        File.SetUnixFileMode(_room.Directory, (UnixFileMode)0b111_101_101);

        ProcessEnd end = await StepProcess.Start(spec).WaitAsync(_room.Limit);

        Assert.True(end.ExitCode == 0, $"{end}: {_room.Output}");
        Assert.DoesNotContain("forged\n", File.ReadAllText(spec.ExitFile), StringComparison.Ordinal);
        Assert.StartsWith("65534\n65534\n", _room.Output, StringComparison.Ordinal);
        Assert.Contains("\nerr\n", _room.Output, StringComparison.Ordinal);
        Assert.Contains("CapEff:\t0000000000000000", _room.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_end_can_be_waited_for_without_process_handles_too()
    {
        RunningProcess running = _room.Shell("sleep 0.2; exit 3");
        RunningProcess old = new(running.Identity, running.StepId, running.ExitFile, isChild: false, new ExitWatch(withHandles: false));

        Assert.Equal(3, (await old.WaitAsync(_room.Limit)).ExitCode);
    }

    private void AssertRefused(string reason, string named, string file, params string[] arguments)
    {
        ProcessStartException refused = Assert.Throws<ProcessStartException>(() => _room.Start(file, arguments));
        Assert.Equal(reason, refused.Reason);
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
    }
}
