using Orbit.ControlPlane.Notifications.Mime;

namespace Orbit.ControlPlane.Notifications.Smtp;

/// <summary>Hands mails to a mail server. A mail library can stand behind it; what is here is small and ours.</summary>
internal interface IMailTransport
{
    /// <summary>Hands one mail over and returns the server's last answer.</summary>
    /// <exception cref="MailRefusedException">The server did not take it, or could not be reached or trusted.</exception>
    Task<string> SendAsync(OutgoingMail mail, MailServer server, CancellationToken ct);
}

/// <summary>Where mails are handed in.</summary>
/// <param name="Host">Name or address.</param>
/// <param name="Port">Port.</param>
/// <param name="Security">How the connection is protected.</param>
/// <param name="Username">Empty: no sign-in.</param>
/// <param name="Password">Of the username.</param>
/// <param name="CaFile">PEM file of further authorities that may vouch for the server; empty: those of the system alone.</param>
internal sealed record MailServer(string Host, int Port, MailSecurity Security, string Username, string Password, string CaFile);

/// <summary>How a connection to a mail server is protected.</summary>
internal enum MailSecurity
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>By the STARTTLS command, which the server must offer.</summary>
    StartTls,

    /// <summary>By TLS from the first byte.</summary>
    Tls,
}

/// <summary>A mail was not taken.</summary>
/// <param name="message">What happened, in words for an operator.</param>
/// <param name="isPermanent">True when trying again cannot help.</param>
/// <param name="cause">What is underneath; null for none.</param>
internal sealed class MailRefusedException(string message, bool isPermanent, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>True when trying again cannot help.</summary>
    public bool IsPermanent { get; } = isPermanent;
}
