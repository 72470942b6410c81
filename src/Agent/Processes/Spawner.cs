using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Orbit.Agent.Processes;

/// <summary>
/// Starts a program with <c>posix_spawn</c>, which shares the memory of the agent until the program begins, so that its cost does not grow
/// with the agent. The new process leads a session of its own, has every signal at its default, and inherits no file but those named here.
/// </summary>
internal static unsafe class Spawner
{
    /// <summary>Where the supervisor finds its exit file.</summary>
    public const int ExitFileNumber = 9;

    // glibc needs 336, 80 and 128 bytes; other C libraries less.
    private const int AttributesBytes = 512;
    private const int ActionsBytes = 256;
    private const int SignalSetBytes = 128;
    private const short Flags = 0x04 | 0x08 | 0x80; // SETSIGDEF | SETSIGMASK | SETSID
    private const int ReadOnly = 0;
    private const int WriteOnly = 1;
    private const int AppendOnly = 1 | 0x400; // O_WRONLY | O_APPEND

    static Spawner() => SealInheritedFiles();

    /// <summary>Starts the program and returns its number. Output and exit file must exist.</summary>
    /// <exception cref="ProcessStartException">The system refused.</exception>
    public static int Start(string program, IReadOnlyList<string> argv, IReadOnlyList<string> environment, string outputFile, string exitFile, int nice)
    {
        if (nice == 0)
        {
            return StartHere(program, argv, environment, outputFile, exitFile);
        }

        // Linux keeps niceness by thread and a child inherits that of the thread that started it; a thread cannot go back, so this one ends.
        int pid = 0;
        ExceptionDispatchInfo? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                _ = Native.SetPriority(0, 0, nice);
                pid = StartHere(program, argv, environment, outputFile, exitFile);
            }
            catch (ProcessStartException refused)
            {
                failure = ExceptionDispatchInfo.Capture(refused);
            }
        })
        { IsBackground = true, Name = "spawn" };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return pid;
    }

    private static int StartHere(string program, IReadOnlyList<string> argv, IReadOnlyList<string> environment, string outputFile, string exitFile)
    {
        byte* attributes = stackalloc byte[AttributesBytes];
        byte* actions = stackalloc byte[ActionsBytes];
        byte* signals = stackalloc byte[SignalSetBytes];
        using NativeStrings arguments = new(argv);
        using NativeStrings variables = new(environment);
        using NativeStrings path = new([program]);
        Check(Native.AttributesInit(attributes), program);
        Check(Native.ActionsInit(actions), program);
        try
        {
            Check(Native.AttributesSetFlags(attributes, Flags), program);
            new Span<byte>(signals, SignalSetBytes).Clear();
            Check(Native.AttributesSetSignalMask(attributes, signals), program);
            new Span<byte>(signals, SignalSetBytes).Fill(0xFF); // sigfillset would leave two out, which the C library then starts ignored
            Check(Native.AttributesSetDefaultSignals(attributes, signals), program);
            Check(Native.ActionsOpen(actions, 0, "/dev/null", ReadOnly, 0), program);
            Check(Native.ActionsOpen(actions, 1, outputFile, AppendOnly, 0), program);
            Check(Native.ActionsDuplicate(actions, 1, 2), program);
            Check(Native.ActionsOpen(actions, ExitFileNumber, exitFile, WriteOnly, 0), program);
            Check(Native.Spawn(out int pid, path.Pointers[0], actions, attributes, arguments.Pointers, variables.Pointers), program);
            return pid;
        }
        finally
        {
            _ = Native.ActionsDestroy(actions);
            _ = Native.AttributesDestroy(attributes);
        }
    }

    private static void Check(int error, string program)
    {
        if (error != 0)
        {
            throw new ProcessStartException(ProcessStartException.SpawnFailed, $"The system did not start {program}: {Marshal.GetPInvokeErrorMessage(error)}.");
        }
    }

    /// <summary>Files that whoever started the agent left open must not reach the steps. .NET's own are never inherited.</summary>
    private static void SealInheritedFiles()
    {
        foreach (string entry in Directory.EnumerateFileSystemEntries("/proc/self/fd"))
        {
            if (int.TryParse(Path.GetFileName(entry.AsSpan()), out int file) && file > 2)
            {
                _ = Native.FileControl(file, 2 /* F_SETFD */, 1 /* FD_CLOEXEC */); // fails for the listing's own, closed by now
            }
        }
    }

    /// <summary>A null-terminated array of C strings.</summary>
    private readonly ref struct NativeStrings
    {
        public NativeStrings(IReadOnlyList<string> strings)
        {
            int bytes = strings.Sum(text => Encoding.UTF8.GetByteCount(text) + 1);
            int table = (strings.Count + 1) * sizeof(byte*);
            byte* memory = (byte*)NativeMemory.Alloc((nuint)(table + bytes));
            Pointers = (byte**)memory;
            byte* at = memory + table;
            for (int i = 0; i < strings.Count; i++)
            {
                Pointers[i] = at;
                int written = Encoding.UTF8.GetBytes(strings[i], new Span<byte>(at, bytes));
                at[written] = 0;
                at += written + 1;
                bytes -= written + 1;
            }

            Pointers[strings.Count] = null;
        }

        public byte** Pointers { get; }

        public void Dispose() => NativeMemory.Free(Pointers);
    }
}
