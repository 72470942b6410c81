using System.Buffers;
using System.Text;

namespace Orbit.ControlPlane.Logs;

/// <summary>Finds lines that hold a text, ignoring case, in bytes that come in pieces. Lines longer than 64 KiB are looked at in parts.</summary>
internal sealed class LogGrep(string text)
{
    private const int LongestLine = 64 * 1024;
    private readonly ArrayBufferWriter<byte> _line = new();

    /// <summary>The matching lines that end in this piece, with their line feeds.</summary>
    public byte[] Matches(ReadOnlySpan<byte> piece)
    {
        using var found = new MemoryStream();
        while (piece.Length > 0)
        {
            int feed = piece.IndexOf((byte)'\n');
            int take = feed < 0 ? piece.Length : feed + 1;
            _line.Write(piece[..take]);
            piece = piece[take..];
            if (feed >= 0 || _line.WrittenCount >= LongestLine)
            {
                Flush(found);
            }
        }

        return found.ToArray();
    }

    /// <summary>The last line, when it has no line feed and matches.</summary>
    public byte[] Rest()
    {
        using var found = new MemoryStream();
        Flush(found);
        return found.ToArray();
    }

    private void Flush(MemoryStream found)
    {
        ReadOnlySpan<byte> line = _line.WrittenSpan;
        if (line.Length > 0 && Encoding.UTF8.GetString(line).Contains(text, StringComparison.OrdinalIgnoreCase))
        {
            found.Write(line);
        }

        _line.ResetWrittenCount();
    }
}
