using System.Runtime.InteropServices;
using Orbit.Agent.Processes;

namespace Orbit.Agent.Policy;

/// <summary>Users of this host, by the system's own lookup (files, LDAP, whatever it is set up for).</summary>
internal static unsafe partial class HostUsers
{
    private const int BufferBytes = 64 * 1024;
    private const int NotFound = 0;

    /// <summary>The user that the agent runs as.</summary>
    public static StepUser Own()
    {
        uint uid = EffectiveUser();
        return Find((entry, buffer, result) => ByNumber(uid, entry, buffer, BufferBytes, result))
            ?? new StepUser(uid.ToString(System.Globalization.CultureInfo.InvariantCulture), uid, EffectiveGroup(), [EffectiveGroup()], "/");
    }

    /// <summary>A user by login name; null when there is none.</summary>
    public static StepUser? Find(string name)
    {
        nint text = Marshal.StringToCoTaskMemUTF8(name);
        try
        {
            return Find((entry, buffer, result) => ByName(text, entry, buffer, BufferBytes, result));
        }
        finally
        {
            Marshal.FreeCoTaskMem(text);
        }
    }

    private delegate int Lookup(Entry* entry, byte* buffer, Entry** result);

    private static StepUser? Find(Lookup lookup)
    {
        byte* buffer = (byte*)NativeMemory.Alloc(BufferBytes);
        try
        {
            Entry entry;
            Entry* found = null;
            int error = lookup(&entry, buffer, &found);
            if (found is null)
            {
                // Absent users are 0 or one of several numbers, depending on the source; only these mean that nobody could be asked.
                return error is NotFound or 1 or 2 or 3 or 9 ? null : throw new IOException($"The users of this host cannot be looked up: {Marshal.GetPInvokeErrorMessage(error)}", error);
            }

            return new StepUser(
                Marshal.PtrToStringUTF8(entry.Name)!, entry.Uid, entry.Gid, GroupsOf(entry.Name, entry.Gid), Marshal.PtrToStringUTF8(entry.Home) ?? "/");
        }
        finally
        {
            NativeMemory.Free(buffer);
        }
    }

    private static uint[] GroupsOf(nint name, uint primary)
    {
        for (int size = 64; ; size *= 4)
        {
            uint[] groups = new uint[size];
            int count = size;
            if (GroupList(name, primary, groups, ref count) >= 0)
            {
                return groups[..count];
            }

            if (size > 65536)
            {
                throw new IOException($"User {Marshal.PtrToStringUTF8(name)} is in more groups than a process can have.");
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "getpwnam_r")]
    private static partial int ByName(nint name, Entry* entry, byte* buffer, nuint length, Entry** result);

    [LibraryImport("libc", EntryPoint = "getpwuid_r")]
    private static partial int ByNumber(uint uid, Entry* entry, byte* buffer, nuint length, Entry** result);

    [LibraryImport("libc", EntryPoint = "getgrouplist")]
    private static partial int GroupList(nint name, uint primary, [In, Out] uint[] groups, ref int count);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "getegid")]
    private static partial uint EffectiveGroup();

    /// <summary>The C library's <c>struct passwd</c> on Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Entry
    {
        public nint Name;
        public nint Password;
        public uint Uid;
        public uint Gid;
        public nint Comment;
        public nint Home;
        public nint Shell;
    }
}
