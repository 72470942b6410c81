using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Orbit.Agent.Steps;

/// <summary>
/// Keeps a step that writes without end from filling the disk: beyond the limit the bytes are given back to the file system, while the
/// file's length goes on telling how many there were.
/// </summary>
internal static partial class LogLimit
{
    private const int PunchHoleKeepSize = 3;

    /// <summary>Looks at the log until the step's command has ended.</summary>
    public static async Task KeepAsync(StepLogFile log, Task ended, TimeSpan every, TimeProvider time, CancellationToken ct)
    {
        long freed = log.Keep;
        while (!ended.IsCompleted && !ct.IsCancellationRequested)
        {
            _ = await Task.WhenAny(ended, Task.Delay(every, time, ct));
            freed = Free(log, freed);
        }
    }

    private static long Free(StepLogFile log, long from)
    {
        FileInfo found = new(log.Path);
        if (!found.Exists || found.Length <= from)
        {
            return from;
        }

        using SafeFileHandle file = File.OpenHandle(log.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        // Where the file system cannot do it the bytes stay; they are not sent in either case.
        return Allocate(file, PunchHoleKeepSize, from, found.Length - from) == 0 ? found.Length : from;
    }

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    private static partial int Allocate(SafeFileHandle file, int mode, long offset, long length);
}
