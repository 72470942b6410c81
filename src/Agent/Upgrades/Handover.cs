using System.Diagnostics;
using System.Globalization;
using System.Text;
using Orbit.Agent.Files;

namespace Orbit.Agent.Upgrades;

/// <summary>
/// The last thing that this process does: it puts the next program into its own place and starts a guard, which puts this one back when the next
/// has no session within the limit. Whoever keeps the agent running starts the next one.
/// </summary>
/// <param name="program">This program.</param>
/// <param name="dataDirectory">The agent's data directory.</param>
/// <param name="limit">How long the next one may take to a session.</param>
internal sealed class Handover(InstalledProgram program, string dataDirectory, TimeSpan limit)
{
    private string Folder => Path.Combine(dataDirectory, "upgrade");

    private string PendingFile => Path.Combine(Folder, "pending");

    private string OutcomeFile => Path.Combine(Folder, "outcome");

    /// <summary>What came of the last upgrade, when this program was put back; null otherwise.</summary>
    public UpgradeNews? Outcome()
    {
        if (!File.Exists(OutcomeFile))
        {
            return null;
        }

        string[] lines = File.ReadAllLines(OutcomeFile);
        return lines is [{ } ids, { } text, ..] && ids.Split(' ') is [{ } upgrade, { } attempt]
            && long.TryParse(upgrade, CultureInfo.InvariantCulture, out long id) && int.TryParse(attempt, CultureInfo.InvariantCulture, out int number)
                ? new UpgradeNews(id, number, Failed: true, text)
                : null;
    }

    /// <summary>What came of the last upgrade is old news.</summary>
    public void ForgetOutcome()
    {
        if (File.Exists(OutcomeFile))
        {
            File.Delete(OutcomeFile);
        }
    }

    /// <summary>The machine went down in the middle of an upgrade: the guard takes up its watch again.</summary>
    public void TakeUpAgain()
    {
        if (program.System.Length > 0 && File.Exists(PendingFile))
        {
            StartGuard();
        }
    }

    /// <summary>Exchanges the programs. Nothing of this process may need its files afterwards.</summary>
    public void Switch(UpgradeWish wish, string next)
    {
        string previous = program.Directory + ".previous";
        Directory.CreateDirectory(Folder);
        DurableFile.Write(Path.Combine(Folder, "guard"), Encoding.UTF8.GetBytes(Guard));
        DurableFile.Write(PendingFile, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{wish.Upgrade} {wish.Attempt}\n")));
        File.Delete(Path.Combine(dataDirectory, "connected"));
        if (Directory.Exists(previous))
        {
            Directory.Delete(previous, recursive: true);
        }

        StartGuard(); // it waits for the exchange: whatever happens from here on, somebody watches
        Posix.Require(Posix.RenameAt(Posix.CurrentDirectory, next, Posix.CurrentDirectory, program.Directory, Posix.Exchange), "The programs could not be exchanged");
        Directory.Move(next, previous);
        DurableFile.SyncDirectory(program.Parent);
    }

    private void StartGuard()
    {
        string seconds = ((long)limit.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        using Process guard = Process.Start(new ProcessStartInfo("setsid", ["/bin/sh", Path.Combine(Folder, "guard"), program.Directory, dataDirectory, seconds]) { WorkingDirectory = dataDirectory })!;
    }

    /// <summary>A program of its own, in words that every host understands: the new agent may be anything but trusted.</summary>
    private const string Guard = """
        #!/bin/sh
        # Watches over an agent that was exchanged: guard PROGRAM-DIRECTORY DATA-DIRECTORY SECONDS. Without a session within that time the agent of
        # before is put back; whoever keeps the agent running starts it.
        program=$1 data=$2 seconds=$3
        exec </dev/null >>"$data/upgrade/guard.log" 2>&1
        exec 9>"$data/upgrade/guard.lock"
        flock -n 9 || exit 0

        # A process of this host that was started as this program with this data directory; those of containers have mount namespaces of their own.
        is_the_agent() {
          [ "$(readlink "$1/ns/mnt" 2>/dev/null)" = "$(readlink /proc/self/ns/mnt)" ] || return 1
          words=$(tr '\0' '\n' <"$1/cmdline" 2>/dev/null) || return 1
          printf '%s\n' "$words" | head -n 2 | grep -Fxq "$program/orbit-agent" && printf '%s\n' "$words" | grep -Fxq -- "$data"
        }

        go_back() {
          [ -d "$program.previous" ] || { echo "there is no agent of before"; exit 1; }
          echo "$(date -u '+%Y-%m-%d %H:%M:%S') the new agent had no session within $seconds s; the one before is put back"
          rm -rf "$program.failed"
          mv "$program" "$program.failed" && mv "$program.previous" "$program" || exit 1
          { cat "$data/upgrade/pending"; echo "the new agent had no session within $seconds s; the one before was put back, the new one lies in $program.failed"; } >"$data/upgrade/outcome.new"
          mv "$data/upgrade/outcome.new" "$data/upgrade/outcome"
          rm -f "$data/upgrade/pending"
          for process in /proc/[0-9]*; do
            if is_the_agent "$process"; then kill -KILL "${process#/proc/}" 2>/dev/null; fi
          done
          exit 0
        }

        half=0 steady=0
        while [ $steady -lt 6 ]; do # connected for three seconds on end
          half=$((half + 1))
          [ $half -le $((seconds * 2)) ] || go_back
          if [ -e "$data/connected" ]; then steady=$((steady + 1)); else steady=0; fi
          sleep 0.5
        done
        rm -f "$data/upgrade/pending"
        """ + "\n";
}
