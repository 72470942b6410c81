using System.Diagnostics;

namespace Orbit.Agent.Tests.Files;

/// <summary>A file system of a few megabytes, for tests of a full disk. Needs root, for it is a real mount.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly TemporaryDirectory _parent = new();

    private SmallDisk()
    {
    }

    public string Path => _parent["disk"];

    /// <param name="megabytes">Its size.</param>
    /// <param name="files">How many file entries it has; 0 for plenty.</param>
    public static SmallDisk Mount(int megabytes, int files = 0)
    {
        Assert.True(Environment.UserName == "root", "This test mounts a small tmpfs: run the tests as root.");
        SmallDisk disk = new();
        Directory.CreateDirectory(disk.Path);
        Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m,nr_inodes={files}", "tmpfs", disk.Path);
        return disk;
    }

    public void Dispose()
    {
        Run("umount", "-l", Path);
        _parent.Dispose();
    }

    private static void Run(string command, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{command}: {error}");
    }
}
