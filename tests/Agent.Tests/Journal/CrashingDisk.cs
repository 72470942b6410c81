using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;
using Orbit.Agent.Journal;

namespace Orbit.Agent.Tests.Journal;

/// <summary>
/// Ends at a chosen operation, which takes effect in part. With <c>losesPower</c>, blocks that were written and never synced may be gone
/// as well, in any combination, as when the host loses power.
/// </summary>
internal sealed class CrashingDisk(int crashAt, Random random, bool losesPower) : JournalDisk
{
    private const int SectorBytes = 512;
    private readonly ConcurrentDictionary<string, List<(long Offset, byte[] Before)>> _unsynced = new();
    private int _operations;

    public bool Crashed { get; private set; }

    public override void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset)
    {
        string path = PathOf(file);
        if (IsCrash())
        {
            Remember(path, file, offset, random.Next(bytes.Length + 1), bytes);
            Crash();
        }

        Remember(path, file, offset, bytes.Length, bytes);
    }

    public override void Sync(SafeFileHandle file)
    {
        if (IsCrash())
        {
            Crash();
        }

        _unsynced.TryRemove(PathOf(file), out _);
    }

    public override void SyncDirectory(string directory)
    {
        if (IsCrash())
        {
            Crash();
        }
    }

    public override void Rename(string from, string to)
    {
        if (IsCrash())
        {
            Crash();
        }

        base.Rename(from, to);
    }

    public override void Delete(string path)
    {
        if (IsCrash())
        {
            Crash();
        }

        base.Delete(path);
    }

    private static string PathOf(SafeFileHandle file) =>
        File.ResolveLinkTarget($"/proc/self/fd/{file.DangerousGetHandle()}", returnFinalTarget: false)!.FullName;

    private bool IsCrash() => Crashed || ++_operations == crashAt;

    private void Remember(string path, SafeFileHandle file, long offset, int count, ReadOnlySpan<byte> bytes)
    {
        byte[] before = new byte[count];
        int had = RandomAccess.Read(file, before, offset);
        _unsynced.GetOrAdd(path, _ => []).Add((offset, before[..had]));
        base.Write(file, bytes[..count], offset);
    }

    private void Crash()
    {
        if (!Crashed && losesPower)
        {
            LoseUnsyncedSectors();
        }

        Crashed = true;
        throw new IOException("the process has been killed");
    }

    private void LoseUnsyncedSectors()
    {
        foreach ((string path, List<(long Offset, byte[] Before)> writes) in _unsynced)
        {
            using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            foreach ((long offset, byte[] before) in Enumerable.Reverse(writes))
            {
                for (int at = 0; at < before.Length;)
                {
                    int sectorEnd = (int)Math.Min(before.Length, ((offset + at) / SectorBytes * SectorBytes) + SectorBytes - offset);
                    if (random.Next(2) == 0)
                    {
                        RandomAccess.Write(file, before.AsSpan(at, sectorEnd - at), offset + at);
                    }

                    at = sectorEnd;
                }
            }
        }
    }
}
