namespace Orbit.ControlPlane.Platform;

/// <summary>Sends a mail at once, outside any transaction. Servers without mail have none registered.</summary>
internal interface IMailSender
{
    /// <summary>Hands one plain mail to the mail server; an exception means that it was not accepted.</summary>
    Task SendAsync(string to, string subject, string text, CancellationToken ct);
}
