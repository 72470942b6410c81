using System.Text.RegularExpressions;
using Microsoft.Win32.SafeHandles;
using Orbit.Agent.Plans;
using Orbit.Agent.Processes;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Steps;

/// <summary>Stops and starts installed services by their own scripts, systemd or a command.</summary>
internal sealed partial class ServiceControl(CommandRunner commands)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan TermGrace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan KillGrace = TimeSpan.FromSeconds(5);

    /// <summary>Stops the service in the install directory, and waits until its processes are gone.</summary>
    /// <param name="context">The step that asks.</param>
    /// <param name="how">How.</param>
    /// <param name="number">Which command of the step this is.</param>
    /// <param name="patience">How long its processes may take to go by themselves after the stop command has ended.</param>
    public async Task<StepResult> StopAsync(StepContext context, ServiceStep how, int number, TimeSpan patience)
    {
        string installDir = context.Work.InstallDir;
        List<ServiceProcess> before = ServiceProcesses.In(installDir);
        foreach (ServiceProcess process in before)
        {
            context.Log.Remark($"runs: process {process.Identity.Pid} ({process.CommandLine}){(process.Ports.Count > 0 ? $", ports {string.Join(", ", process.Ports)}" : "")}");
        }

        StepResult stopped = await CommandAsync(context, how, "stop", number, FailureClass.Deploy);
        return stopped.Status == StepStatus.Succeeded ? await WaitUntilGoneAsync(context, before, patience) : stopped;
    }

    /// <summary>Ends the processes that run from the install directory, without its stop command.</summary>
    public static Task<StepResult> EndAsync(StepContext context) => WaitUntilGoneAsync(context, [], TimeSpan.Zero);

    /// <summary>Starts the service; what it leaves running is the service and is never touched again by the step.</summary>
    public Task<StepResult> StartAsync(StepContext context, ServiceStep how, int number) =>
        CommandAsync(context, how, "start", number, FailureClass.Start);

    private async Task<StepResult> CommandAsync(StepContext context, ServiceStep how, string verb, int number, FailureClass failureClass)
    {
        IReadOnlyList<string> argv = CommandLine(context.Work.InstallDir, how, verb);
        CommandEnd ended = await commands.RunAsync(
            context, new StepCommand { Argv = argv, Directory = context.Work.InstallDir, Number = number, MayLeaveProcesses = true });
        return ended.Stopped != StopCause.None ? StepEnds.Of(ended.Stopped, context.Assignment, context.Name, context.Limit, ended.End.ExitCode)
            : ended.End.Outcome == ProcessOutcome.Unknown ? StepResult.Unknown($"Whether the {verb} command finished cannot be known. {ended.End.Detail}")
            : ended.End is { Outcome: ProcessOutcome.Exited, ExitCode: 0 } ? StepResult.Succeeded(0)
            : StepResult.Failed(failureClass, $"{verb.ToUpperInvariant()}_FAILED", $"The {verb} command {string.Join(' ', argv)} ended with {Words(ended.End)}.", ended.End.ExitCode);
    }

    private static IReadOnlyList<string> CommandLine(string installDir, ServiceStep how, string verb)
    {
        switch (how.HowCase)
        {
            case ServiceStep.HowOneofCase.Script:
                string script = Path.GetFullPath(Path.Combine(installDir, how.Script));
                return !script.StartsWith(installDir.TrimEnd('/') + "/", StringComparison.Ordinal)
                    ? throw new ProcessStartException("SCRIPT_OUTSIDE", $"The {verb} script '{how.Script}' is not below the install directory {installDir}.")
                    : File.Exists(script) ? [script]
                    : throw new ProcessStartException("SCRIPT_MISSING", $"There is no {verb} script {script}.");
            case ServiceStep.HowOneofCase.Systemd:
                return UnitName().IsMatch(how.Systemd)
                    ? ["systemctl", verb, how.Systemd]
                    : throw new ProcessStartException("UNIT_INVALID", $"'{how.Systemd}' is no name of a systemd unit.");
            case ServiceStep.HowOneofCase.Command when how.Command.Argv.Count > 0:
                return [.. how.Command.Argv];
            default:
                throw new ProcessStartException("COMMAND_MISSING", $"The plan does not say how to {verb} the service.");
        }
    }

    private static async Task<StepResult> WaitUntilGoneAsync(StepContext context, List<ServiceProcess> before, TimeSpan patience)
    {
        List<ServiceProcess> left = await LeftAfterAsync(context, before, patience);
        if (left.Count > 0)
        {
            context.Log.Remark($"still there after {patience.TotalSeconds:0.#} s: {Named(left)}; SIGTERM");
            Signal(left, Native.SigTerm);
            left = await LeftAfterAsync(context, before, TermGrace);
        }

        if (left.Count > 0)
        {
            context.Log.Remark($"still there: {Named(left)}; SIGKILL");
            Signal(left, Native.SigKill);
            left = await LeftAfterAsync(context, before, KillGrace);
        }

        return left.Count == 0
            ? StepResult.Succeeded(0)
            : StepResult.Failed(FailureClass.Deploy, "SERVICE_DOES_NOT_STOP", $"The service does not stop; still there: {Named(left)}.");
    }

    /// <summary>Processes of the install directory that are left, those of before and those that came instead of them.</summary>
    private static async Task<List<ServiceProcess>> LeftAfterAsync(StepContext context, List<ServiceProcess> before, TimeSpan limit)
    {
        long begun = context.Time.GetTimestamp();
        while (true)
        {
            List<ServiceProcess> left = ServiceProcesses.In(context.Work.InstallDir);
            left.AddRange(before.Where(process => process.Identity.IsAlive() && !left.Exists(one => one.Identity == process.Identity)));
            if (left.Count == 0 || context.Time.GetElapsedTime(begun) > limit)
            {
                return left;
            }

            await Task.Delay(LookEvery, context.Time, context.Stop.Token);
        }
    }

    private static void Signal(List<ServiceProcess> processes, int signal)
    {
        foreach (ServiceProcess process in processes)
        {
            using SafeFileHandle handle = Native.OpenPidFd(process.Identity.Pid, out _);
            if (process.Identity.IsAlive() && !handle.IsInvalid)
            {
                _ = Native.SendSignal(handle, signal); // the handle was opened before the look, so it means this very process
            }
        }
    }

    private static string Named(List<ServiceProcess> processes) =>
        string.Join("; ", processes.Take(5).Select(process => $"{process.Identity.Pid} ({process.CommandLine})"));

    private static string Words(ProcessEnd end) => end.Signal is int signal ? $"signal {signal}" : $"exit code {end.ExitCode}";

    [GeneratedRegex("^[A-Za-z0-9:_.\\\\@][A-Za-z0-9:_.\\\\@-]{0,250}\\z")]
    private static partial Regex UnitName();
}
