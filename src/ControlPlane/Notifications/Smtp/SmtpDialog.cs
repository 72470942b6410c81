using System.Globalization;
using System.Text;
using Orbit.ControlPlane.Notifications.Mime;

namespace Orbit.ControlPlane.Notifications.Smtp;

/// <summary>Commands and answers on one connection to a mail server.</summary>
internal sealed class SmtpDialog(Stream stream)
{
    private const int LongestAnswer = 64 * 1024;
    private static readonly byte[] LineEnd = "\r\n"u8.ToArray();
    private readonly byte[] _read = new byte[4096];
    private int _from;
    private int _to;
    private List<string> _offers = [];

    /// <summary>True when the server named the extension in its answer to EHLO.</summary>
    public bool Offers(string extension) => _offers.Exists(o => o.Split(' ')[0].Equals(extension, StringComparison.OrdinalIgnoreCase));

    /// <summary>Says EHLO and remembers what the server offers.</summary>
    public async Task GreetAsync(CancellationToken ct)
    {
        List<string> lines = await CommandAsync($"EHLO {OwnName()}", 250, ct);
        _offers = [.. lines.Skip(1).Select(Rest)];
    }

    /// <summary>Signs in, by PLAIN where it is offered, else by LOGIN.</summary>
    public async Task SignInAsync(string username, string password, CancellationToken ct)
    {
        string ways = _offers.Find(o => o.StartsWith("AUTH", StringComparison.OrdinalIgnoreCase)) ?? "";
        if (Has(ways, "PLAIN"))
        {
            await CommandAsync("AUTH PLAIN " + Base64($"\0{username}\0{password}"), 235, ct, shown: "AUTH PLAIN");
            return;
        }

        if (!Has(ways, "LOGIN"))
        {
            throw new MailRefusedException("The mail server offers neither AUTH PLAIN nor AUTH LOGIN, but Smtp:Username is set.", isPermanent: false);
        }

        await CommandAsync("AUTH LOGIN", 334, ct);
        await CommandAsync(Base64(username), 334, ct, shown: "AUTH LOGIN, user name");
        await CommandAsync(Base64(password), 235, ct, shown: "AUTH LOGIN, password");
    }

    /// <summary>Hands in one mail; returns the answer that took it.</summary>
    public async Task<string> HandInAsync(OutgoingMail mail, CancellationToken ct)
    {
        (string from, string to) = (Path(mail.From), Path(mail.To));
        bool beyondAscii = !Ascii(from) || !Ascii(to);
        if (beyondAscii && !Offers("SMTPUTF8"))
        {
            throw new MailRefusedException("The address has letters beyond ASCII, and the mail server does not offer SMTPUTF8.", isPermanent: true);
        }

        await CommandAsync($"MAIL FROM:<{from}>{(beyondAscii ? " SMTPUTF8 BODY=8BITMIME" : "")}", 250, ct);
        await CommandAsync($"RCPT TO:<{to}>", 250, ct);
        await CommandAsync("DATA", 354, ct);
        await stream.WriteAsync(Stuffed(MimeWriter.Write(mail)), ct);
        await stream.WriteAsync(".\r\n"u8.ToArray(), ct);
        await stream.FlushAsync(ct);
        return (await ExpectAsync(250, ct, shown: "the message"))[^1];
    }

    /// <summary>Says QUIT. The mail is handed in by now; how the server takes leave changes nothing.</summary>
    public async Task LeaveAsync(CancellationToken ct)
    {
        try
        {
            await CommandAsync("QUIT", 221, ct);
        }
        catch (Exception gone) when (gone is IOException or MailRefusedException)
        {
            // It closed without a word, as some do.
        }
    }

    /// <summary>Sends one command and reads its answer.</summary>
    /// <exception cref="MailRefusedException">Another code than expected came.</exception>
    public async Task<List<string>> CommandAsync(string command, int expected, CancellationToken ct, string? shown = null)
    {
        if (command.AsSpan().IndexOfAny('\r', '\n') >= 0)
        {
            throw new MailRefusedException("An address holds a line break.", isPermanent: true);
        }

        await stream.WriteAsync((byte[])[.. Encoding.UTF8.GetBytes(command), .. LineEnd], ct);
        await stream.FlushAsync(ct);
        return await ExpectAsync(expected, ct, shown ?? command);
    }

    /// <summary>Reads one answer of one or more lines; returns the lines.</summary>
    public async Task<List<string>> ExpectAsync(int expected, CancellationToken ct, string shown = "the connection")
    {
        var lines = new List<string>();
        while (true)
        {
            string line = await ReadLineAsync(ct);
            if (line.Length < 3 || !int.TryParse(line.AsSpan(0, 3), NumberStyles.None, CultureInfo.InvariantCulture, out int code))
            {
                throw new MailRefusedException($"The other side does not speak SMTP; it said '{Cut(line)}'.", isPermanent: false);
            }

            lines.Add(line);
            if (line.Length > 3 && line[3] == '-')
            {
                continue;
            }

            return code == expected ? lines : throw Refused(shown, code, line);
        }
    }

    /// <summary>4yz: not now. 5yz: never, but what concerns sign-in or the way in is the operator's to set right, and then the mail goes.</summary>
    private static MailRefusedException Refused(string shown, int code, string line)
    {
        bool aboutThisMail = shown.StartsWith("RCPT", StringComparison.Ordinal) || shown == "the message";
        return new($"The mail server answered {shown} with: {Cut(line)}", isPermanent: code >= 500 && aboutThisMail);
    }

    /// <summary>Refuses when words came before they were asked for.</summary>
    public void RequireNothingUnread()
    {
        if (_from < _to)
        {
            throw new MailRefusedException("The mail server went on speaking in the clear after STARTTLS.", isPermanent: false);
        }
    }

    /// <summary>A dot that begins a line is doubled, so that it does not end the message.</summary>
    internal static byte[] Stuffed(byte[] message)
    {
        var stuffed = new List<byte>(message.Length + 16);
        bool lineBegins = true;
        foreach (byte letter in message)
        {
            if (lineBegins && letter == (byte)'.')
            {
                stuffed.Add((byte)'.');
            }

            stuffed.Add(letter);
            lineBegins = letter == (byte)'\n';
        }

        return [.. stuffed];
    }

    private async Task<string> ReadLineAsync(CancellationToken ct)
    {
        var line = new List<byte>(128);
        while (line.Count < LongestAnswer)
        {
            if (_from == _to)
            {
                (_from, _to) = (0, await stream.ReadAsync(_read, ct));
                if (_to == 0)
                {
                    throw new IOException("it closed the connection");
                }
            }

            byte letter = _read[_from++];
            if (letter == (byte)'\n')
            {
                return Encoding.UTF8.GetString([.. line]).TrimEnd('\r');
            }

            line.Add(letter);
        }

        throw new MailRefusedException("The mail server's answer has no end.", isPermanent: false);
    }

    /// <summary>A domain beyond ASCII has an ASCII form, which needs no extension.</summary>
    private static string Path(string address)
    {
        int at = address.LastIndexOf('@');
        return at < 0 || Ascii(address) || !Ascii(address[..at]) ? address : address[..(at + 1)] + new IdnMapping().GetAscii(address[(at + 1)..]);
    }

    private static string OwnName()
    {
        string name = Environment.MachineName;
        return name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.') ? name : "localhost";
    }

    private static bool Has(string ways, string way) => ways.Split([' ', '='], StringSplitOptions.RemoveEmptyEntries).Contains(way, StringComparer.OrdinalIgnoreCase);

    private static string Rest(string line) => line.Length > 4 ? line[4..] : "";

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static bool Ascii(string text) => text.All(char.IsAscii);

    private static string Cut(string line) => new([.. (line.Length <= 400 ? line : line[..400]).Select(c => char.IsControl(c) ? ' ' : c)]);
}
