using System.Text.Json;

namespace Orbit.ControlPlane.Outbox;

/// <summary>What a mail says.</summary>
/// <param name="Text">The plain part.</param>
/// <param name="Html">The HTML part; empty for none.</param>
/// <param name="Images">Pictures that the HTML part names by <c>cid:</c>.</param>
internal sealed record MailBody(string Text, string Html, IReadOnlyList<MailImage> Images)
{
    /// <summary>A mail of plain text alone.</summary>
    public static MailBody Plain(string text) => new(text, "", []);

    /// <summary>As it is stored.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this);

    /// <summary>Reads back what <see cref="ToBytes"/> made.</summary>
    public static MailBody From(ReadOnlySpan<byte> stored) => JsonSerializer.Deserialize<MailBody>(stored)!;
}

/// <summary>A picture inside a mail.</summary>
/// <param name="ContentId">Its name in the HTML part, without <c>cid:</c>.</param>
/// <param name="Png">The bytes of a PNG file.</param>
internal sealed record MailImage(string ContentId, byte[] Png);
