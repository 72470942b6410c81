using System.Globalization;
using System.Text;

namespace Orbit.Agent.Processes;

/// <summary>
/// The few lines of POSIX shell that outlive the agent beside each command: they set limits, run the command and record its exit code.
/// A shell, because every host has one and a second .NET process would cost fifty times the time and memory.
/// </summary>
/// <remarks>
/// Signals are caught, not ignored: caught ones are back to normal in the command, ignored ones would stay ignored. So a signal to the whole
/// group ends the command and the supervisor still records how. The command runs in the foreground, because a shell makes background
/// commands ignore INT and QUIT. A TERM that comes before the command has begun keeps it from beginning. File 9 is the exit file, which the command does not get.
/// The exit code is one write over bytes that exist, so it is there or not, also on a full disk, and needs no rename. It is not synced:
/// after a power loss an absent code reads as unknown, which is true.
/// </remarks>
internal static class Supervisor
{
    private const string SetPriv = "/usr/bin/setpriv";

    /// <summary>Program and arguments that run the command under supervision.</summary>
    /// <param name="spec">The command.</param>
    /// <param name="command">Its program as an absolute path, after an interpreter where it needs one.</param>
    public static List<string> CommandLine(ProcessSpec spec, IEnumerable<string> command)
    {
        List<string> line = ["/bin/sh", "-c", Script(spec.Limits), "orbit-step", spec.WorkingDirectory];
        if (spec.RunAs is StepUser user)
        {
            line.AddRange(SwitchUser(user));
        }

        line.AddRange(command);
        return line;
    }

    private static string Script(ProcessLimits limits)
    {
        StringBuilder script = new("trap 'echo exit 143>&9;exit' TERM;trap : HUP INT QUIT USR1 USR2 ALRM;echo run $$>&9;ulimit -c 0;", 400);
        Limit(script, "n", limits.OpenFiles, "open-files");
        Limit(script, "v", limits.AddressSpaceBytes / 1024, "address-space");
        Limit(script, "t", limits.CpuSeconds, "cpu-seconds");
        if (limits.Processes is int processes)
        {
            // Shells do not agree on the letter, and some end at one they do not know.
            _ = script.Append(CultureInfo.InvariantCulture, $"if (ulimit -u {processes}) 2>/dev/null;then ulimit -u {processes};else ulimit -p {processes};fi||{{ echo no processes>&9;exit 1;}};");
        }

        _ = script.Append("cd -P -- \"$1\"||{ echo no directory>&9;exit 1;};shift;unset OLDPWD;trap : TERM;\"$@\" 9>&-;echo exit $?>&9");
        return script.ToString();
    }

    private static void Limit(StringBuilder script, string letter, long? value, string name)
    {
        if (value is long number)
        {
            _ = script.Append(CultureInfo.InvariantCulture, $"ulimit -{letter} {number}||{{ echo no {name}>&9;exit 1;}};");
        }
    }

    private static IEnumerable<string> SwitchUser(StepUser user)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            throw new ProcessStartException(ProcessStartException.RunAsUnavailable, $"Only an agent that runs as root can run steps as {user.Name}.");
        }

        if (!File.Exists(SetPriv))
        {
            throw new ProcessStartException(ProcessStartException.RunAsUnavailable, $"Steps cannot run as {user.Name}: {SetPriv} (package util-linux) is not installed.");
        }

        string groups = string.Join(',', user.Groups.Select(group => group.ToString(CultureInfo.InvariantCulture)));
        return
        [
            SetPriv,
            string.Create(CultureInfo.InvariantCulture, $"--reuid={user.Uid}"),
            string.Create(CultureInfo.InvariantCulture, $"--regid={user.Gid}"),
            groups.Length == 0 ? "--clear-groups" : $"--groups={groups}",
            "--inh-caps=-all",
            "--",
        ];
    }
}
