using System.Globalization;
using System.Text;

namespace Orbit.Agent.Archives;

/// <summary>What pax records and GNU long-name entries say about the entry that follows them.</summary>
internal sealed class TarExtensions
{
    private byte[]? _name;
    private byte[]? _linkName;
    private long? _size;
    private DateTime? _changed;

    public bool IsEmpty => _name is null && _linkName is null && _size is null && _changed is null;

    public void SetLongName(byte[] body) => _name = TarHeader.Text(body);

    public void SetLongLink(byte[] body) => _linkName = TarHeader.Text(body);

    /// <summary>Reads pax records: <c>length key=value\n</c>, the length counting the whole record.</summary>
    /// <param name="body">All records.</param>
    /// <param name="isGlobal">Global records may hold comments; one that would rename every entry is refused.</param>
    public void ReadPax(ReadOnlySpan<byte> body, bool isGlobal)
    {
        while (!body.IsEmpty)
        {
            int space = body.IndexOf((byte)' ');
            if (space is < 1 or > 9
                || !int.TryParse(body[..space], NumberStyles.None, CultureInfo.InvariantCulture, out int length)
                || length <= space + 1 || length > body.Length || body[length - 1] != (byte)'\n')
            {
                throw ArchiveRefusal.Broken("an extended header has no proper records");
            }

            ReadOnlySpan<byte> record = body[(space + 1)..(length - 1)];
            int equals = record.IndexOf((byte)'=');
            if (equals < 1)
            {
                throw ArchiveRefusal.Broken("an extended header has a record without a key");
            }

            Apply(Encoding.UTF8.GetString(record[..equals]), record[(equals + 1)..], isGlobal);
            body = body[length..];
        }
    }

    /// <summary>Applies what was said to the entry.</summary>
    public TarHeader Extend(TarHeader header) => header with
    {
        Name = _name ?? header.Name,
        LinkName = _linkName ?? header.LinkName,
        Size = _size ?? header.Size,
        Changed = _changed ?? header.Changed,
    };

    private void Apply(string key, ReadOnlySpan<byte> value, bool isGlobal)
    {
        if (key.StartsWith("GNU.sparse.", StringComparison.Ordinal))
        {
            throw new ArchiveRefusal(ArchiveRefusal.Unsupported, "The archive holds a sparse file, which is not supported.");
        }

        if (key is not ("path" or "linkpath" or "size" or "mtime"))
        {
            return;
        }

        if (isGlobal)
        {
            throw new ArchiveRefusal(ArchiveRefusal.Unsupported, $"The archive sets '{key}' for all entries at once, which is not supported.");
        }

        switch (key)
        {
            case "path":
                _name = WithoutNul(value);
                break;
            case "linkpath":
                _linkName = WithoutNul(value);
                break;
            case "size":
                _size = (long)ReadNumber(value, "size");
                break;
            default:
                _changed = TarHeader.ToTime((long)ReadNumber(value, "mtime"));
                break;
        }
    }

    private static byte[] WithoutNul(ReadOnlySpan<byte> value) =>
        value.Contains((byte)0) ? throw ArchiveRefusal.Broken("an extended name holds a NUL") : value.ToArray();

    private static decimal ReadNumber(ReadOnlySpan<byte> value, string what) =>
        decimal.TryParse(value, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out decimal number)
        && number <= long.MaxValue && (number >= 0 || (what == "mtime" && number >= long.MinValue))
            ? decimal.Truncate(number)
            : throw ArchiveRefusal.Broken($"an extended header's {what} is no number");
}
