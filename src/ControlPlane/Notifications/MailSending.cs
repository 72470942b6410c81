using System.Text;
using Microsoft.Extensions.Options;
using Orbit.ControlPlane.Access.Keys;
using Orbit.ControlPlane.Notifications.Mime;
using Orbit.ControlPlane.Notifications.Smtp;
using Orbit.ControlPlane.Outbox;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Settings;

namespace Orbit.ControlPlane.Notifications;

/// <summary>Turns deliveries into mails and hands them to the mail server.</summary>
internal sealed class MailSending(IMailTransport transport, IOptions<SmtpOptions> options, SettingsSnapshot settings, KeyRing keys, PublicUrl url, TimeProvider time)
{
    /// <summary>True when this server can send mail.</summary>
    public bool IsConfigured => Server is not null && From.Length > 0;

    /// <summary>The mail server: what operators set, else what the configuration names; null for none.</summary>
    private MailServer? Server
    {
        get
        {
            string host = settings.Get(SettingCatalog.SmtpHost);
            return host.Length == 0
                ? options.Value.Server
                : new SmtpOptions
                {
                    Host = host,
                    Port = (int)settings.Get(SettingCatalog.SmtpPort),
                    Security = settings.Get(SettingCatalog.SmtpSecurity),
                    Username = settings.Get(SettingCatalog.SmtpUsername),
                    Password = settings.Get(SettingCatalog.SmtpPassword),
                    CaFile = options.Value.CaFile,
                }.Server;
        }
    }

    private string From => settings.Get(SettingCatalog.MailFrom) is { Length: > 0 } set ? set : options.Value.From;

    /// <summary>Sends one; returns the server's answer.</summary>
    /// <exception cref="MailRefusedException">It was not taken.</exception>
    public Task<string> SendAsync(Delivery delivery, CancellationToken ct)
    {
        MailServer server = Server ?? throw new MailRefusedException("No mail server is set, so this server sends no mail.", isPermanent: false);
        byte[] content = delivery.IsSecret ? Encoding.UTF8.GetBytes(keys.Unprotect(delivery.Content, $"delivery:{delivery.Id}")) : delivery.Content;
        var mail = new OutgoingMail(
            From, settings.Get(SettingCatalog.ProjectName), delivery.Target, delivery.Subject, MailBody.From(content),
            MessageIdOf(delivery.Id), delivery.CreatedAt);
        return transport.SendAsync(mail, server, ct);
    }

    /// <summary>Sends a mail past the queue, to see whether the settings are right.</summary>
    /// <exception cref="OrbitException">MAIL_NOT_CONFIGURED, MAIL_NOT_SENT.</exception>
    public async Task<string> SendTestAsync(string to, CancellationToken ct)
    {
        if (!IsConfigured)
        {
            throw OrbitException.Conflict("MAIL_NOT_CONFIGURED", "This server sends no mail: set smtp_host and mail_from, or Smtp:Host and Smtp:From in the configuration.");
        }

        string project = settings.Get(SettingCatalog.ProjectName);
        byte[] body = MailBody.Plain($"This is a test mail of {project}.\n\n{url.Value}\n").ToBytes();
        try
        {
            return await SendAsync(Delivery.Of(DeliveryKind.Mail, to, $"{project}: test mail", body, time.GetUtcNow()), ct);
        }
        catch (MailRefusedException refused)
        {
            throw new OrbitException(Refusal.Later, "MAIL_NOT_SENT", refused.Message) { ComeBackIn = TimeSpan.FromSeconds(10), Cause = refused };
        }
    }

    /// <summary>The same for every try, so that a mail program shows copies once.</summary>
    private string MessageIdOf(Guid id)
    {
        string from = From;
        return $"{id:N}@{from[(from.LastIndexOf('@') + 1)..]}";
    }
}
