using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Orbit.Agent.Files;

/// <summary>
/// A directory held open, and everything below it by relative path. Each step of a path is opened relative to the one
/// before and links are never followed, so that nobody who owns a part of the tree can lead the agent out of it, not even
/// between a check and a use.
/// </summary>
internal sealed class TreeRoot : IDisposable
{
    private readonly SafeFileHandle _root;

    private TreeRoot(string path, SafeFileHandle root) => (Path, _root) = (path, root);

    /// <summary>Where it is, for messages.</summary>
    public string Path { get; }

    /// <summary>Opens a directory that is no link itself.</summary>
    public static TreeRoot Open(string path) =>
        new(path, OpenDirectory(Posix.CurrentDirectory, path, path));

    /// <returns>None when there is nothing.</returns>
    public FileStatus? Status(string relative)
    {
        if (relative.Length == 0)
        {
            return FileStatus.Of(Handle(_root), ".", Path);
        }

        using Place? place = TryFind(relative);
        return place is null ? null : FileStatus.Of(Handle(place.Directory), place.Name, Shown(relative));
    }

    /// <summary>Names in a directory, in ordinal order.</summary>
    /// <exception cref="TreeRefusal">A name is not UTF-8, so that nothing here could name it again.</exception>
    public IReadOnlyList<string> Names(string relative)
    {
        using SafeFileHandle directory = OpenBelow(relative);
        List<string> names = [.. Directory.EnumerateFileSystemEntries(ProcPath(directory)).Select(p => System.IO.Path.GetFileName(p))];
        if (names.Find(n => n.Contains('\uFFFD', StringComparison.Ordinal)) is { } strange)
        {
            throw new TreeRefusal(TreeRefusal.NameNotText, $"The name of '{Shown(relative)}/{strange}' is not UTF-8.");
        }

        names.Sort(StringComparer.Ordinal);
        return names;
    }

    /// <summary>Opens a regular file for reading.</summary>
    public FileStream OpenRead(string relative) =>
        new(OpenFile(relative, Posix.NonBlocking, 0), FileAccess.Read, bufferSize: 0);

    /// <summary>Makes a file that must not exist, writable for its owner alone until its mode is set.</summary>
    public FileStream CreateFile(string relative) =>
        new(OpenFile(relative, Posix.WriteOnly | Posix.Create | Posix.Exclusive, 0b110_000_000), FileAccess.Write, bufferSize: 0);

    public string ReadLink(string relative)
    {
        using Place place = Find(relative);
        byte[] target = new byte[4096];
        nint length = Posix.ReadLinkAt(place.Directory, place.Name, target, (nuint)target.Length);
        return length >= 0
            ? Encoding.UTF8.GetString(target, 0, (int)length)
            : throw Posix.Failure($"The link '{Shown(relative)}' could not be read");
    }

    public void MakeLink(string relative, string target)
    {
        using Place place = Find(relative);
        Posix.Require(Posix.SymbolicLinkAt(target, place.Directory, place.Name), $"The link '{Shown(relative)}' could not be made");
    }

    /// <returns>False when it was there already.</returns>
    public bool MakeDirectory(string relative)
    {
        using Place place = Find(relative);
        if (Posix.MakeDirectoryAt(place.Directory, place.Name, 0b111_000_000) == 0)
        {
            return true;
        }

        IOException failure = Posix.Failure($"The directory '{Shown(relative)}' could not be made");
        return failure.HResult == Posix.Exists && FileStatus.Of(Handle(place.Directory), place.Name, Shown(relative))?.Kind == EntryKind.Directory
            ? false
            : throw failure;
    }

    /// <summary>Removes a file, link or special entry; nothing there is fine.</summary>
    public void Remove(string relative)
    {
        using Place? place = TryFind(relative);
        if (place is not null && Posix.UnlinkAt(place.Directory, place.Name, 0) < 0)
        {
            IOException failure = Posix.Failure($"'{Shown(relative)}' could not be removed");
            _ = failure.HResult == Posix.NoEntry ? 0 : throw failure;
        }
    }

    /// <returns>False when something still lies in it, which then stays.</returns>
    public bool RemoveDirectory(string relative)
    {
        using Place? place = TryFind(relative);
        if (place is null || Posix.UnlinkAt(place.Directory, place.Name, Posix.RemoveDirectory) == 0)
        {
            return true;
        }

        IOException failure = Posix.Failure($"The directory '{Shown(relative)}' could not be removed");
        return failure.HResult switch
        {
            Posix.NoEntry => true,
            Posix.NotEmpty or Posix.Exists => false,
            _ => throw failure,
        };
    }

    /// <summary>Removes an entry with all that lies below it.</summary>
    public void RemoveTree(string relative)
    {
        if (Status(relative) is not { } status)
        {
            return;
        }

        if (status.Kind != EntryKind.Directory)
        {
            Remove(relative);
            return;
        }

        foreach (string name in Names(relative))
        {
            RemoveTree(Join(relative, name));
        }

        if (!RemoveDirectory(relative))
        {
            throw new IOException($"'{Shown(relative)}' was filled again while it was removed.");
        }
    }

    /// <summary>Renames within the tree, replacing what is there in one step.</summary>
    public void Rename(string from, string to)
    {
        using Place source = Find(from);
        using Place target = Find(to);
        Posix.Require(
            Posix.RenameAt(Handle(source.Directory), source.Name, Handle(target.Directory), target.Name, 0),
            $"'{Shown(from)}' could not be renamed to '{Shown(to)}'");
    }

    /// <summary>Sets owner, mode and time, in the order in which the system does not undo the one before.</summary>
    /// <param name="relative">An entry; the mode of a link cannot be set and is left.</param>
    /// <param name="status">Its owner, mode and time are taken.</param>
    public void Dress(string relative, in FileStatus status)
    {
        if (relative.Length > 0)
        {
            using Place place = Find(relative);
            SetOwner(place.Directory, place.Name, status, Shown(relative));
            SetMode(place, status, relative);
            long[] times = [status.ChangedNanoseconds / 1_000_000_000, status.ChangedNanoseconds % 1_000_000_000];
            Posix.Require(
                Posix.SetTimesAt(place.Directory, place.Name, [.. times, .. times], Posix.NoFollow), $"The time of '{Shown(relative)}' could not be set");
        }
        else
        {
            SetOwner(_root, ".", status, Path);
            Posix.Require(Posix.ChangeMode(_root, (uint)status.Mode), $"The mode of '{Path}' could not be set");
        }
    }

    /// <summary>Makes the names in a directory durable.</summary>
    public void SyncDirectory(string relative)
    {
        using SafeFileHandle directory = OpenBelow(relative);
        Posix.Require(Posix.Sync(directory), $"'{Shown(relative)}' could not be written out");
    }

    public static string Join(string directory, string name) => directory.Length == 0 ? name : $"{directory}/{name}";

    public void Dispose() => _root.Dispose();

    private static void SetOwner(SafeFileHandle directory, string name, in FileStatus wanted, string shown)
    {
        FileStatus? now = FileStatus.Of(Handle(directory), name, shown);
        if (now?.User != wanted.User || now?.Group != wanted.Group)
        {
            Posix.Require(
                Posix.ChangeOwnerAt(directory, name, wanted.User, wanted.Group, Posix.NoFollow), $"The owner of '{shown}' could not be set");
        }
    }

    private void SetMode(Place place, in FileStatus wanted, string relative)
    {
        if (wanted.Kind is EntryKind.Link or EntryKind.Special)
        {
            return;
        }

        int flags = Posix.NoFollowLast | Posix.CloseOnExec | Posix.NonBlocking;
        using SafeFileHandle file = Own(Posix.OpenAt(Handle(place.Directory), place.Name, flags, 0), $"'{Shown(relative)}' could not be opened");
        Posix.Require(Posix.ChangeMode(file, (uint)wanted.Mode), $"The mode of '{Shown(relative)}' could not be set");
    }

    private SafeFileHandle OpenFile(string relative, int flags, uint mode)
    {
        using Place place = Find(relative);
        int all = flags | Posix.NoFollowLast | Posix.CloseOnExec;
        SafeFileHandle file = Own(Posix.OpenAt(Handle(place.Directory), place.Name, all, mode), $"'{Shown(relative)}' could not be opened");
        if (FileStatus.OfOpen(Handle(file), Shown(relative)).Kind == EntryKind.File)
        {
            return file;
        }

        file.Dispose();
        throw new IOException($"'{Shown(relative)}' is no regular file.");
    }

    private Place Find(string relative) =>
        TryFind(relative) ?? throw new IOException($"The directory of '{Shown(relative)}' does not exist.", Posix.NoEntry);

    private Place? TryFind(string relative)
    {
        int slash = relative.LastIndexOf('/');
        try
        {
            return new(OpenBelow(slash < 0 ? "" : relative[..slash]), relative[(slash + 1)..]);
        }
        catch (IOException missing) when (missing.HResult == Posix.NoEntry)
        {
            return null;
        }
    }

    private SafeFileHandle OpenBelow(string relative)
    {
        SafeFileHandle current = OpenDirectory(Handle(_root), ".", Path);
        foreach (string segment in relative.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            using SafeFileHandle above = current;
            current = OpenDirectory(Handle(above), segment is ".." ? throw new ArgumentException($"'{relative}' leads up.") : segment, Shown(relative));
        }

        return current;
    }

    private static SafeFileHandle OpenDirectory(int directory, string name, string shown)
    {
        int opened = Posix.OpenAt(directory, name, Posix.OnlyDirectory | Posix.NoFollowLast | Posix.CloseOnExec, 0);
        if (opened >= 0)
        {
            return new SafeFileHandle(opened, ownsHandle: true);
        }

        IOException failure = Posix.Failure($"The directory '{shown}' could not be opened");
        throw failure.HResult is Posix.NotDirectory or Posix.TooManyLinks
            ? new TreeRefusal(TreeRefusal.NotDirectory, $"'{shown}' leads over something that is no directory, or a link, which is not followed.", failure)
            : failure;
    }

    private static SafeFileHandle Own(int opened, string what) =>
        opened >= 0 ? new SafeFileHandle(opened, ownsHandle: true) : throw Posix.Failure(what);

    private string Shown(string relative) => relative.Length == 0 ? Path : $"{Path}/{relative}";

    private static string ProcPath(SafeFileHandle directory) =>
        $"/proc/self/fd/{directory.DangerousGetHandle()}";

    private static int Handle(SafeFileHandle file) => (int)file.DangerousGetHandle();

    private sealed record Place(SafeFileHandle Directory, string Name) : IDisposable
    {
        public void Dispose() => Directory.Dispose();
    }
}

/// <summary>A tree holds something that cannot be handled safely.</summary>
internal sealed class TreeRefusal(string reason, string message, Exception? inner = null) : HostRefusal(reason, message, inner)
{
    public const string NameNotText = "FILE_NAME_NOT_TEXT";
    public const string NotDirectory = "PATH_LEADS_OVER_LINK";
}
