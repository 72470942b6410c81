namespace Orbit.EndToEnd.Support;

/// <summary>Clears away after a test whose process is killed and cannot do it itself.</summary>
internal static class DeathWatch
{
    /// <summary>
    /// A session of its own, and deaf to what a terminal or a time limit sends to a whole group: it must outlive those whom it watches. A process
    /// that has ended and was not waited for yet has ended.
    /// </summary>
    private const string Wait = """
        trap '' INT TERM HUP QUIT
        while read -r _ _ state _ 2>/dev/null <"/proc/$1/stat" && [ "$state" != Z ]; do sleep 1; done
        shift

        """;

    private const string EndAll = """
        for round in 1 2 3; do # a keeper starts again what was ended before it
          for process in /proc/[0-9]*; do
            pid=${process#/proc/}
            [ "$pid" != $$ ] || continue
            case $(readlink "$process/cwd" 2>/dev/null) in "$1" | "$1"/*) kill -KILL "$pid" 2>/dev/null ;; esac
            tr '\0' '\n' <"$process/cmdline" 2>/dev/null | grep -Fq "$1" && kill -KILL "$pid" 2>/dev/null
          done
          sleep 1
        done
        rm -rf "$1"
        """;

    /// <summary>Ends what works in a directory and deletes it. Dispose it once the directory is gone.</summary>
    public static ChildProgram Over(string directory) => Then(EndAll, directory);

    /// <summary>Runs a script of the shell, with <c>$1</c> and so on, once this process has ended. Dispose it when that is not needed any more.</summary>
    public static ChildProgram Then(string script, params string[] arguments) =>
        ChildProgram.Start("/usr/bin/setsid", ["/bin/sh", "-c", Wait + script, "death-watch", $"{Environment.ProcessId}", .. arguments]);
}
