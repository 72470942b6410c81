namespace Orbit.Agent.Secrets;

/// <summary>Hides secret values in files that the tests left, before they are listed and sent.</summary>
internal static class SecretFile
{
    private const int Block = 1024 * 1024;

    /// <summary>Overwrites every value in the file by stars; its length stays.</summary>
    public static void Hide(string path, SecretMask mask)
    {
        if (mask.IsEmpty)
        {
            return;
        }

        using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        byte[] block = new byte[Block];
        long written = 0;
        var stream = new SecretStream(mask, bytes => written = Replace(file, written, bytes));
        int read;
        for (long at = 0; (read = RandomAccess.Read(file.SafeFileHandle, block, at)) > 0; at += read)
        {
            stream.Add(block.AsSpan(0, read));
        }

        stream.Flush();
    }

    /// <summary>Writes only what differs: a file without secrets is not touched.</summary>
    private static long Replace(FileStream file, long at, ReadOnlySpan<byte> bytes)
    {
        byte[] present = new byte[bytes.Length];
        int read = RandomAccess.Read(file.SafeFileHandle, present, at);
        if (!present.AsSpan(0, read).SequenceEqual(bytes))
        {
            RandomAccess.Write(file.SafeFileHandle, bytes, at);
        }

        return at + bytes.Length;
    }
}
