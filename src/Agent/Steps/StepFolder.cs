using System.Runtime.InteropServices;
using Orbit.Agent.Processes;

namespace Orbit.Agent.Steps;

/// <summary>Makes directories that belong to whoever steps run as.</summary>
internal static partial class StepFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Makes a directory; harmless when it exists.</summary>
    /// <param name="path">Absolute.</param>
    /// <param name="user">Who is to own it; null for the agent's own user.</param>
    public static void Make(string path, StepUser? user)
    {
        if (Directory.Exists(path))
        {
            return;
        }

        _ = Directory.CreateDirectory(path, OwnerOnly);
        if (user is not null && ChangeOwner(path, user.Uid, user.Gid) != 0)
        {
            throw new IOException($"{path} cannot be given to {user.Name}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, uint user, uint group);
}
