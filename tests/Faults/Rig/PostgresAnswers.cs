using System.Buffers.Binary;

namespace Orbit.Faults.Rig;

/// <summary>Reads along what PostgreSQL answers on one connection (protocol 3) and notices when something that was written is committed.</summary>
internal sealed class PostgresAnswers
{
    private const int HeaderBytes = 5; // type, length
    private const int LooksAt = 8; // of a body
    private static readonly string[] Writing = ["INSERT", "UPDATE", "DELETE", "MERGE", "COPY"];
    private readonly byte[] _start = new byte[HeaderBytes + LooksAt];
    private int _have;
    private int _left;
    private bool _begun;
    private bool _wrote;

    /// <summary>Reads on.</summary>
    /// <returns>True when an answer in there says that a transaction with a write in it, or a write by itself, is committed.</returns>
    public bool Read(ReadOnlySpan<byte> bytes)
    {
        bool committed = false;
        while (bytes.Length > 0)
        {
            if (!_begun && bytes[0] is (byte)'N' or (byte)'S')
            {
                bytes = bytes[1..]; // the answer to a question for encryption: one letter
                continue;
            }

            _begun = true;
            if (_have < HeaderBytes)
            {
                _start[_have++] = bytes[0];
                bytes = bytes[1..];
                _left = _have == HeaderBytes ? BinaryPrimitives.ReadInt32BigEndian(_start.AsSpan(1)) - sizeof(int) : 0;
            }
            else
            {
                int now = Math.Min(_left, bytes.Length);
                int kept = Math.Min(now, _start.Length - _have);
                bytes[..kept].CopyTo(_start.AsSpan(_have));
                (_have, _left) = (_have + kept, _left - now);
                bytes = bytes[now..];
            }

            if (_have >= HeaderBytes && _left == 0)
            {
                committed |= Take(_start.AsSpan(0, _have));
                _have = 0;
            }
        }

        return committed;
    }

    private bool Take(ReadOnlySpan<byte> message)
    {
        ReadOnlySpan<byte> body = message[HeaderBytes..];
        if (message[0] == (byte)'C')
        {
            string tag = System.Text.Encoding.ASCII.GetString(body);
            _wrote = tag.StartsWith("COMMIT", StringComparison.Ordinal) ? _wrote
                : !tag.StartsWith("ROLLBACK", StringComparison.Ordinal) && (_wrote || Array.Exists(Writing, word => tag.StartsWith(word, StringComparison.Ordinal)));
        }

        if (message[0] != (byte)'Z')
        {
            return false;
        }

        bool committed = _wrote && body[0] == (byte)'I';
        _wrote &= body[0] == (byte)'T'; // within a transaction it counts at its end
        return committed;
    }
}
