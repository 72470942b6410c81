namespace Orbit.Agent.Secrets;

/// <summary>Hides secret values in bytes that come in pieces: what may be the beginning of a value waits for the piece after it.</summary>
/// <param name="mask">What to hide.</param>
/// <param name="into">Receives the bytes, as many as were added, in the same order.</param>
internal sealed class SecretStream(SecretMask mask, SecretStream.Receiver into)
{
    private byte[] _held = [];

    /// <summary>Receives bytes.</summary>
    internal delegate void Receiver(ReadOnlySpan<byte> bytes);

    /// <summary>Adds a piece.</summary>
    public void Add(ReadOnlySpan<byte> piece)
    {
        if (mask.IsEmpty)
        {
            into(piece);
            return;
        }

        byte[] all = [.. _held, .. piece];
        int decided = mask.Decided(all);
        _ = mask.Hide(all.AsSpan(0, decided));
        into(all.AsSpan(0, decided));
        _held = all[decided..];
    }

    /// <summary>Nothing follows, or what follows is lost: what waits is judged as it is.</summary>
    public void Flush()
    {
        if (_held.Length > 0)
        {
            mask.HideLast(_held);
            into(_held);
            _held = [];
        }
    }
}
