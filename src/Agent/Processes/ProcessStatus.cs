using System.Buffers.Text;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Orbit.Agent.Processes;

/// <summary>A line of <c>/proc/PID/stat</c>, the parts that matter here.</summary>
internal readonly record struct ProcessStatus(int Pid, char State, int Parent, int Group, int Session, ulong StartTicks)
{
    /// <summary>Ended; only the entry is left until the parent takes notice.</summary>
    public bool IsDead => State is 'Z' or 'X' or 'x';

    /// <summary>Stopped by a signal.</summary>
    public bool IsStopped => State is 'T';

    /// <summary>False when there is no such process.</summary>
    public static bool TryRead(int pid, out ProcessStatus status)
    {
        status = default;
        Span<byte> line = stackalloc byte[1024];
        int length = ReadFile($"/proc/{pid}/stat", line);
        int name = line[..Math.Max(0, length)].LastIndexOf((byte)')'); // the name may hold anything, spaces and brackets included
        return name > 0 && TryParse(pid, line[(name + 2)..length], out status);
    }

    /// <summary>Status of every process that this user can see.</summary>
    public static List<ProcessStatus> All()
    {
        List<ProcessStatus> all = new(256);
        foreach (string entry in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(entry.AsSpan()), out int pid) && TryRead(pid, out ProcessStatus status))
            {
                all.Add(status);
            }
        }

        return all;
    }

    /// <summary>Whether the process was started with exactly this <c>NAME=value</c> in its environment.</summary>
    public static bool HasVariable(int pid, ReadOnlySpan<byte> nameAndValue)
    {
        byte[] buffer = new byte[64 * 1024];
        int length = ReadFile($"/proc/{pid}/environ", buffer);
        while (length == buffer.Length && length < 4 * 1024 * 1024)
        {
            buffer = new byte[buffer.Length * 4];
            length = ReadFile($"/proc/{pid}/environ", buffer);
        }

        ReadOnlySpan<byte> rest = buffer.AsSpan(0, Math.Max(0, length));
        while (!rest.IsEmpty)
        {
            int end = rest.IndexOf((byte)0);
            ReadOnlySpan<byte> variable = end < 0 ? rest : rest[..end];
            if (variable.SequenceEqual(nameAndValue))
            {
                return true;
            }

            rest = end < 0 ? default : rest[(end + 1)..];
        }

        return false;
    }

    /// <summary>The command line for people, at most 200 characters; empty when it cannot be read.</summary>
    public static string CommandLine(int pid)
    {
        byte[] buffer = new byte[200];
        int length = Math.Max(0, ReadFile($"/proc/{pid}/cmdline", buffer));
        return Encoding.UTF8.GetString(buffer, 0, length).Replace('\0', ' ').Trim();
    }

    private static bool TryParse(int pid, ReadOnlySpan<byte> fields, out ProcessStatus status)
    {
        char state = (char)fields[0];
        Span<ulong> numbers = stackalloc ulong[19]; // fields 4 to 22
        ReadOnlySpan<byte> rest = fields[2..];
        for (int i = 0; i < numbers.Length; i++)
        {
            // Some fields between (terminal, priority) may be negative; those are not used.
            bool negative = rest[0] == '-';
            if (!Utf8Parser.TryParse(negative ? rest[1..] : rest, out numbers[i], out int used))
            {
                status = default;
                return false;
            }

            rest = rest[Math.Min(rest.Length, used + (negative ? 2 : 1))..];
        }

        status = new ProcessStatus(pid, state, (int)numbers[0], (int)numbers[1], (int)numbers[2], numbers[18]);
        return true;
    }

    private static int ReadFile(string path, Span<byte> buffer)
    {
        try
        {
            using SafeFileHandle file = File.OpenHandle(path);
            int length = 0;
            while (length < buffer.Length)
            {
                int read = RandomAccess.Read(file, buffer[length..], length);
                if (read == 0)
                {
                    break;
                }

                length += read;
            }

            return length;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return -1; // it ended meanwhile, or belongs to somebody else: not ours in either case
        }
    }
}
