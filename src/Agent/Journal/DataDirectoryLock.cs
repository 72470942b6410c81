using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Orbit.Agent.Journal;

/// <summary>
/// Holds a directory for one process. The kernel lets go when the process ends, however it ends, so a restart after a crash is never
/// locked out; children do not inherit the lock.
/// </summary>
internal sealed partial class DataDirectoryLock : IDisposable
{
    private const int ExclusiveWithoutWaiting = 2 | 4; // LOCK_EX | LOCK_NB
    private const int Unlock = 8; // LOCK_UN

    // A child of a killed agent shares the lock for the moment between its fork and its exec.
    private const int PatienceMs = 500;
    private const int WouldBlock = 11;
    private const int ReadWriteCreate = 0x2 | 0x40 | 0x80000; // O_RDWR | O_CREAT | O_CLOEXEC
    private readonly SafeFileHandle _file;

    private DataDirectoryLock(SafeFileHandle file) => _file = file;

    /// <summary>Takes the directory, which is created when absent.</summary>
    /// <exception cref="JournalException"><see cref="JournalException.InUse"/>: another process has it.</exception>
    public static DataDirectoryLock Acquire(string directory)
    {
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        string path = Path.Combine(directory, "lock");
        // Not by .NET's own open, which takes a shared lock of the same kind.
        SafeFileHandle file = OpenFile(path, ReadWriteCreate, 0x180 /* 0600 */);
        if (file.IsInvalid)
        {
            int cause = Marshal.GetLastPInvokeError();
            throw new IOException($"{path} cannot be opened: {Marshal.GetPInvokeErrorMessage(cause)}", cause);
        }

        if (!TryLock(file, out int error))
        {
            string holder = Holder(file);
            file.Dispose();
            throw error == WouldBlock
                ? new JournalException(JournalException.InUse, $"{directory} is in use by another agent{holder}. Every agent needs a data directory of its own.")
                : new IOException($"{path} cannot be locked: {Marshal.GetPInvokeErrorMessage(error)}", error);
        }

        byte[] pid = System.Text.Encoding.ASCII.GetBytes($"{Environment.ProcessId}\n");
        RandomAccess.SetLength(file, 0);
        RandomAccess.Write(file, pid, 0);
        return new DataDirectoryLock(file);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ = Lock(_file, Unlock); // closing alone would leave it to a child that is just being started
        _file.Dispose();
    }

    private static bool TryLock(SafeFileHandle file, out int error)
    {
        long begun = Environment.TickCount64;
        while (Lock(file, ExclusiveWithoutWaiting) != 0)
        {
            error = Marshal.GetLastPInvokeError();
            if (error != WouldBlock || Environment.TickCount64 - begun > PatienceMs)
            {
                return false;
            }

            Thread.Sleep(10);
        }

        error = 0;
        return true;
    }

    private static string Holder(SafeFileHandle file)
    {
        Span<byte> text = stackalloc byte[16];
        int read = RandomAccess.Read(file, text, 0);
        return int.TryParse(text[..read].TrimEnd((byte)'\n'), NumberStyles.None, CultureInfo.InvariantCulture, out int pid)
            ? $" (process {pid})"
            : "";
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle OpenFile(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Lock(SafeFileHandle file, int operation);
}
