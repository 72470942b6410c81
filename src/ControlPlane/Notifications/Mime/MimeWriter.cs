using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Orbit.ControlPlane.Outbox;

namespace Orbit.ControlPlane.Notifications.Mime;

/// <summary>
/// Writes a mail as bytes: headers, then plain text and HTML as alternatives, pictures beside the HTML that shows them. Every line is 7-bit
/// and at most 76 characters, so that no relay has a reason to change it.
/// </summary>
internal static class MimeWriter
{
    /// <summary>The message, with CRLF everywhere and at its end. The same mail gives the same bytes.</summary>
    public static byte[] Write(OutgoingMail mail)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Date: {mail.Date.UtcDateTime:ddd, dd MMM yyyy HH:mm:ss} +0000\r\n");
        text.Append(CultureInfo.InvariantCulture, $"From: {HeaderText.Mailbox(mail.FromName, mail.From)}\r\n");
        text.Append(CultureInfo.InvariantCulture, $"To: {mail.To}\r\n");
        text.Append(HeaderText.Field("Subject", mail.Subject)).Append("\r\n");
        text.Append(CultureInfo.InvariantCulture, $"Message-ID: <{mail.MessageId}>\r\n");
        text.Append("MIME-Version: 1.0\r\n");
        text.Append("Auto-Submitted: auto-generated\r\n"); // RFC 3834: no holiday notice answers it
        WriteBody(text, mail);
        return Encoding.UTF8.GetBytes(text.ToString()); // ASCII, but for addresses beyond ASCII, which need SMTPUTF8
    }

    private static void WriteBody(StringBuilder text, OutgoingMail mail)
    {
        if (mail.Body.Html.Length == 0)
        {
            WriteText(text, "plain", mail.Body.Text);
            return;
        }

        string boundary = BoundaryOf(mail, "alternative");
        text.Append(CultureInfo.InvariantCulture, $"Content-Type: multipart/alternative;\r\n boundary=\"{boundary}\"\r\n\r\n");
        text.Append(CultureInfo.InvariantCulture, $"--{boundary}\r\n");
        WriteText(text, "plain", mail.Body.Text);
        text.Append(CultureInfo.InvariantCulture, $"--{boundary}\r\n");
        if (mail.Body.Images.Count == 0)
        {
            WriteText(text, "html", mail.Body.Html);
        }
        else
        {
            WriteRelated(text, mail);
        }

        text.Append(CultureInfo.InvariantCulture, $"--{boundary}--\r\n");
    }

    private static void WriteRelated(StringBuilder text, OutgoingMail mail)
    {
        string boundary = BoundaryOf(mail, "related");
        text.Append(CultureInfo.InvariantCulture, $"Content-Type: multipart/related; type=\"text/html\";\r\n boundary=\"{boundary}\"\r\n\r\n");
        text.Append(CultureInfo.InvariantCulture, $"--{boundary}\r\n");
        WriteText(text, "html", mail.Body.Html);
        foreach (MailImage image in mail.Body.Images)
        {
            text.Append(CultureInfo.InvariantCulture, $"--{boundary}\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n");
            text.Append(CultureInfo.InvariantCulture, $"Content-ID: <{image.ContentId}>\r\nContent-Disposition: inline; filename=\"{image.ContentId}.png\"\r\n\r\n");
            WriteBase64(text, image.Png);
        }

        text.Append(CultureInfo.InvariantCulture, $"--{boundary}--\r\n");
    }

    private static void WriteText(StringBuilder text, string kind, string content)
    {
        text.Append(CultureInfo.InvariantCulture, $"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n");
        string lines = content.ReplaceLineEndings("\r\n");
        WriteBase64(text, Encoding.UTF8.GetBytes(lines));
    }

    private static void WriteBase64(StringBuilder text, byte[] bytes)
    {
        text.Append(Convert.ToBase64String(bytes, Base64FormattingOptions.InsertLineBreaks)).Append("\r\n"); // 76 characters and CRLF
    }

    /// <summary>Cannot stand in a body: base64 has no underscore.</summary>
    private static string BoundaryOf(OutgoingMail mail, string part) =>
        "_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{part}|{mail.MessageId}")).AsSpan(0, 16)) + "_";
}
