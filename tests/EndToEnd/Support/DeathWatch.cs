namespace Orbit.EndToEnd.Support;

/// <summary>Ends what works in a directory of a test when the test's process is killed and cannot do it itself.</summary>
internal static class DeathWatch
{
    private const string Script = """
        while kill -0 "$1" 2>/dev/null; do sleep 1; done
        for round in 1 2 3; do # a keeper starts again what was ended before it
          for process in /proc/[0-9]*; do
            pid=${process#/proc/}
            [ "$pid" != $$ ] || continue
            case $(readlink "$process/cwd" 2>/dev/null) in "$2" | "$2"/*) kill -KILL "$pid" 2>/dev/null ;; esac
            tr '\0' '\n' <"$process/cmdline" 2>/dev/null | grep -Fq "$2" && kill -KILL "$pid" 2>/dev/null
          done
          sleep 1
        done
        rm -rf "$2"
        """;

    /// <summary>Begins; dispose it once the directory is gone.</summary>
    public static ChildProgram Over(string directory) => ChildProgram.Start("/bin/sh", ["-c", Script, "death-watch", $"{Environment.ProcessId}", directory]);
}
