using System.Text;

namespace Orbit.ControlPlane.Notifications.Mime;

/// <summary>Text in header fields, RFC 2047: ASCII as it is, anything else as encoded words that any mail program can read.</summary>
internal static class HeaderText
{
    private const string Open = "=?utf-8?B?";
    private const string Close = "?=";

    /// <summary>A line with an encoded word may have 76 characters (RFC 2047), its field's name included; base64 makes 4 of 3 bytes.</summary>
    private const int BytesAWord = (76 - 12 - 9) / 4 * 3;

    /// <summary>Longest line that needs no folding.</summary>
    private const int LongestLine = 76;

    /// <summary>The field with its name, folded; ends without a line break. Line breaks and control characters in the text become spaces.</summary>
    public static string Field(string name, string text)
    {
        string clean = Clean(text);
        return Ascii(clean) && !clean.Contains("=?", StringComparison.Ordinal) && name.Length + 2 + clean.Length <= LongestLine
            ? $"{name}: {clean}"
            : $"{name}: {Words(clean)}";
    }

    /// <summary>A name and an address as a mailbox.</summary>
    public static string Mailbox(string name, string address)
    {
        string clean = Clean(name);
        if (clean.Length == 0)
        {
            return address;
        }

        bool plain = Ascii(clean) && clean.All(c => char.IsAsciiLetterOrDigit(c) || c is ' ' or '-' or '_');
        return plain && clean.Length <= 40 ? $"{clean} <{address}>" : $"{Words(clean)}\r\n <{address}>";
    }

    private static string Words(string text)
    {
        var words = new StringBuilder();
        var word = new List<byte>(BytesAWord);
        Span<byte> letter = stackalloc byte[4];
        foreach (Rune rune in text.EnumerateRunes()) // a word never ends within a letter
        {
            int length = rune.EncodeToUtf8(letter);
            if (word.Count + length > BytesAWord)
            {
                Append(words, word);
            }

            word.AddRange(letter[..length]);
        }

        Append(words, word);
        return words.ToString();
    }

    private static void Append(StringBuilder words, List<byte> word)
    {
        words.Append(words.Length == 0 ? "" : "\r\n ").Append(Open).Append(Convert.ToBase64String([.. word])).Append(Close);
        word.Clear();
    }

    private static string Clean(string text) => new([.. text.Select(c => char.IsControl(c) || c is '\u2028' or '\u2029' ? ' ' : c)]);

    private static bool Ascii(string text) => text.All(char.IsAscii);
}
