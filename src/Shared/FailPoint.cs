using System.Globalization;
using System.Runtime.InteropServices;

namespace Orbit.Shared;

/// <summary>
/// Named places at which a test may have a program killed, as a power cut would: <c>ORBIT_FAILPOINT=name</c> or <c>name:n</c> ends the
/// process by SIGKILL at the n-th pass (the first unless told). Without the variable a pass costs one comparison.
/// docs/protocol.md lists the names of the agent, docs/reliability.md those of the control plane.
/// </summary>
internal static partial class FailPoint
{
    private const int SigKill = 9;
    private static readonly string? Name;
    private static int _passesLeft;

    static FailPoint()
    {
        string[] parts = (Environment.GetEnvironmentVariable("ORBIT_FAILPOINT") ?? "").Split(':', 2);
        Name = parts[0].Length == 0 ? null : parts[0];
        _passesLeft = parts.Length == 2 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : 1;
    }

    /// <summary>Passes the named place.</summary>
    public static void Pass(string name)
    {
        if (Name is not null && Name == name && Interlocked.Decrement(ref _passesLeft) == 0)
        {
            _ = Kill(Environment.ProcessId, SigKill);
            Thread.Sleep(Timeout.Infinite); // the signal is on its way; nothing after this line may happen
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}
