namespace Orbit.Agent.Archives;

/// <summary>Reads a tar stream: v7, ustar, GNU and pax. Files, directories and links only; everything else is refused.</summary>
internal sealed class TarUnpacker(Stream tar, ArchiveLimits limits, TreeWriter writer, ArchiveMeter meter, EntryCopy copy)
{
    private const int MaxExtensionBytes = 1024 * 1024;

    private readonly byte[] _block = new byte[TarHeader.BlockBytes];

    public void Run()
    {
        TarExtensions extensions = new();
        while (ReadHeader() is { } header)
        {
            copy.ThrowIfCancelled();
            meter.CountEntry();
            if (ReadExtension(header, extensions))
            {
                continue;
            }

            Unpack(extensions.Extend(header));
            extensions = new();
        }

        if (!extensions.IsEmpty)
        {
            throw ArchiveRefusal.Broken("it ends after an extended header");
        }

        Drain();
    }

    /// <returns>None at the end mark. A file that stops without one was cut off.</returns>
    private TarHeader? ReadHeader()
    {
        if (tar.ReadAtLeast(_block, _block.Length, throwOnEndOfStream: false) < _block.Length)
        {
            throw ArchiveRefusal.Broken("it stops without an end mark");
        }

        return _block.AsSpan().IndexOfAnyExcept((byte)0) < 0 ? null : TarHeader.Parse(_block);
    }

    /// <returns>True when the entry only said something about the next one.</returns>
    private bool ReadExtension(TarHeader header, TarExtensions extensions)
    {
        switch (header.Kind)
        {
            case 'L':
                extensions.SetLongName(ReadSmall(header));
                return true;
            case 'K':
                extensions.SetLongLink(ReadSmall(header));
                return true;
            case 'x' or 'X':
                extensions.ReadPax(ReadSmall(header), isGlobal: false);
                return true;
            case 'g':
                extensions.ReadPax(ReadSmall(header), isGlobal: true);
                return true;
            default:
                return false;
        }
    }

    private void Unpack(TarHeader header)
    {
        string path = ArchiveName.Parse(header.Name, limits.MaxDepth);
        bool isOldDirectory = header.Kind is '0' or '\0' && header.Name.AsSpan().EndsWith("/"u8);
        switch (isOldDirectory ? '5' : header.Kind)
        {
            case '0' or '\0' or '7':
                UnpackFile(path, header);
                break;
            case '5':
                writer.AddDirectory(path, header.Mode, header.Changed);
                break;
            case '1':
                RequireNoContent(header, path);
                writer.AddHardLink(path, ArchiveName.Parse(header.LinkName, limits.MaxDepth));
                break;
            case '2':
                RequireNoContent(header, path);
                writer.AddSymbolicLink(path, ArchiveName.Decode(header.LinkName));
                break;
            case '3' or '4' or '6':
                throw new ArchiveRefusal(
                    ArchiveRefusal.SpecialEntry, $"'{path}' in the archive is a {(header.Kind == '6' ? "pipe" : "device")}, which a package may not hold.");
            default:
                throw new ArchiveRefusal(
                    ArchiveRefusal.Unsupported, $"'{path}' in the archive is of kind '{Shown(header.Kind)}' (sparse, multi-volume or unknown), which is not supported.");
        }
    }

    private void UnpackFile(string path, TarHeader header)
    {
        using FileStream file = writer.CreateFile(path, header.Mode);
        copy.Copy(tar, file, header.Size, path);
        TreeWriter.FinishFile(file, header.Mode, header.Changed);
        SkipPadding(header.Size);
    }

    private byte[] ReadSmall(TarHeader header)
    {
        if (header.Size > MaxExtensionBytes)
        {
            throw new ArchiveRefusal(
                ArchiveRefusal.Unsupported, $"The archive has an extended header of {header.Size:N0} bytes; {MaxExtensionBytes:N0} are allowed.");
        }

        byte[] body = new byte[header.Size];
        if (tar.ReadAtLeast(body, body.Length, throwOnEndOfStream: false) < body.Length)
        {
            throw ArchiveRefusal.Broken("an extended header is cut off");
        }

        SkipPadding(header.Size);
        return body;
    }

    private void SkipPadding(long size)
    {
        int padding = (int)((TarHeader.BlockBytes - (size % TarHeader.BlockBytes)) % TarHeader.BlockBytes);
        if (tar.ReadAtLeast(_block.AsSpan(0, padding), padding, throwOnEndOfStream: false) < padding)
        {
            throw ArchiveRefusal.Broken("an entry is cut off");
        }
    }

    /// <summary>Reads to the very end, because only there gzip's own checksum is seen to hold.</summary>
    private void Drain()
    {
        byte[] rest = new byte[64 * 1024];
        long drained = 0;
        while (tar.Read(rest) is > 0 and int count)
        {
            copy.ThrowIfCancelled();
            drained += count;
            if (drained > limits.MaxTotalBytes)
            {
                throw new ArchiveRefusal(ArchiveRefusal.TooLarge, "The archive goes on without end behind its end mark.");
            }
        }
    }

    private static void RequireNoContent(TarHeader header, string path)
    {
        if (header.Size != 0)
        {
            throw new ArchiveRefusal(ArchiveRefusal.Unsupported, $"The link '{path}' in the archive carries content, which is not supported.");
        }
    }

    private static char Shown(char kind) => char.IsAsciiLetterOrDigit(kind) ? kind : '?';
}
