using System.Text;
using System.Text.RegularExpressions;

namespace Orbit.Agent.Processes;

/// <summary>Starts commands of steps so that neither can hurt the other: the agent may die while the command runs, and the command may do what it likes.</summary>
internal static partial class StepProcess
{
    /// <summary>The environment variable that every descendant of a step carries, with the step's id as its value.</summary>
    public const string Marker = "ORBIT_STEP_ID";

    /// <summary>
    /// Starts the command: own session, no input, output to a file, exactly the given environment, exit code recorded by a supervisor.
    /// Returns when the supervisor runs; the command follows within a millisecond.
    /// </summary>
    /// <exception cref="ProcessStartException">Nothing was started.</exception>
    public static RunningProcess Start(ProcessSpec spec)
    {
        Validate(spec);
        IReadOnlyList<string> command = CommandFile.Resolve(spec.FileName, spec.Environment);
        List<string> line = Supervisor.CommandLine(spec, [.. command, .. spec.Arguments]);
        List<string> environment = [$"{Marker}={spec.StepId:D}", .. spec.Environment.Select(variable => $"{variable.Key}={variable.Value}")];
        ExitRecord.Create(spec.ExitFile);
        try
        {
            PrepareOutput(spec.OutputFile, spec.RunAs);
            int pid = Spawner.Start(line[0], line, environment, spec.OutputFile, spec.ExitFile, spec.Limits.Nice);
            ProcessIdentity identity = ProcessIdentity.Of(pid)
                ?? throw new InvalidOperationException($"Process {pid} is our child and yet unknown to the system."); // it cannot vanish before it is waited for
            return new RunningProcess(identity, spec.StepId, spec.ExitFile, isChild: true);
        }
        catch (ProcessStartException)
        {
            File.Delete(spec.ExitFile);
            throw;
        }
    }

    /// <summary>
    /// For a restarted agent that knows what it wanted to start but not whether it did: finds the supervisor through the exit file and makes
    /// sure by the marker. Null when the command was never started, or its supervisor is gone without a trace.
    /// </summary>
    public static RunningProcess? Find(Guid stepId, string exitFile)
    {
        ExitRecord record = ExitRecord.Read(exitFile);
        if (record.Supervisor is int pid && ProcessStatus.HasVariable(pid, MarkerOf(stepId)) && ProcessIdentity.Of(pid) is ProcessIdentity alive)
        {
            return RunningProcess.Reattach(alive, stepId, exitFile);
        }

        return record.End is null ? null : RunningProcess.Reattach(Nobody, stepId, exitFile);
    }

    internal static byte[] MarkerOf(Guid stepId) => Encoding.ASCII.GetBytes($"{Marker}={stepId:D}");

    private static ProcessIdentity Nobody { get; } = new(int.MaxValue, 0, "ended");

    /// <summary>Makes a file that a command of somebody else may write to; its folder must not be that user's, who could put a link there.</summary>
    internal static void PrepareOutput(string path, StepUser? owner)
    {
        try
        {
            FileStreamOptions options = new()
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.Write,
                Share = FileShare.ReadWrite | FileShare.Delete,
                BufferSize = 0,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            };
            using FileStream file = new(path, options);
            if (owner is StepUser user)
            {
                // Scripts open /dev/stderr, which is this file again and needs the right to it.
                _ = Native.ChangeOwner(file.SafeFileHandle, user.Uid, user.Gid);
            }
        }
        catch (IOException cause)
        {
            throw new ProcessStartException(ProcessStartException.StorageFull, $"{path} cannot be written: {cause.Message}", cause);
        }
    }

    private static void Validate(ProcessSpec spec)
    {
        Require(Path.IsPathRooted(spec.WorkingDirectory), $"The working directory '{spec.WorkingDirectory}' is not absolute.");
        Require(Path.IsPathRooted(spec.OutputFile) && Path.IsPathRooted(spec.ExitFile), "Output and exit file must be absolute paths.");
        Require(!spec.FileName.Contains('\0', StringComparison.Ordinal) && spec.FileName.Length > 0, "The program has no name.");
        Require(spec.Limits.Nice is >= 0 and <= 19, $"Niceness {spec.Limits.Nice} is not between 0 and 19.");
        for (int i = 0; i < spec.Arguments.Count; i++)
        {
            Require(!spec.Arguments[i].Contains('\0', StringComparison.Ordinal), $"Argument {i + 1} of {spec.FileName} holds a NUL character.");
        }

        foreach ((string name, string value) in spec.Environment)
        {
            Require(VariableName().IsMatch(name), $"'{name}' is no name of an environment variable (letters, digits, underscore).");
            Require(name != Marker, $"{Marker} is set by the agent.");
            Require(!value.Contains('\0', StringComparison.Ordinal), $"The environment variable {name} holds a NUL character.");
        }

        if (!Directory.Exists(spec.WorkingDirectory))
        {
            throw new ProcessStartException(ProcessStartException.DirectoryMissing, $"There is no directory {spec.WorkingDirectory}.");
        }
    }

    private static void Require(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new ProcessStartException(ProcessStartException.InvalidSpec, otherwise);
        }
    }

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*\\z")]
    private static partial Regex VariableName();
}
