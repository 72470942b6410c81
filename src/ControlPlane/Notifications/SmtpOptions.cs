using Microsoft.Extensions.Options;
using Orbit.ControlPlane.Notifications.Smtp;

namespace Orbit.ControlPlane.Notifications;

/// <summary>The mail server that mails are handed in at. Section <c>Smtp</c>.</summary>
internal sealed class SmtpOptions
{
    /// <summary>Section name.</summary>
    public const string Section = "Smtp";

    /// <summary>Name or address; empty (default): this server sends no mail.</summary>
    public string Host { get; set; } = "";

    /// <summary>Port; 0 (default): 465 with <c>tls</c>, 587 with <c>starttls</c>, 25 with <c>none</c>.</summary>
    public int Port { get; set; }

    /// <summary><c>starttls</c> (default), <c>tls</c> (from the first byte, usually port 465) or <c>none</c>.</summary>
    public string Security { get; set; } = "starttls";

    /// <summary>Empty (default): no sign-in.</summary>
    public string Username { get; set; } = "";

    /// <summary>Of the username.</summary>
    public string Password { get; set; } = "";

    /// <summary>Address that mails come from; needed with a host.</summary>
    public string From { get; set; } = "";

    /// <summary>PEM file with the authorities that vouch for the mail server; empty (default): those of the system.</summary>
    public string CaFile { get; set; } = "";

    /// <summary>The server; null when this one sends no mail.</summary>
    public MailServer? Server => Host.Length == 0
        ? null
        : new(Host, Port != 0 ? Port : UsualPort, SecurityOf(Security) ?? MailSecurity.StartTls, Username, Password, CaFile);

    private int UsualPort => SecurityOf(Security) switch
    {
        MailSecurity.Tls => 465,
        MailSecurity.StartTls => 587,
        _ => 25,
    };

    /// <summary>The named way; null when there is none of that name.</summary>
    public static MailSecurity? SecurityOf(string name) => name switch
    {
        "none" => MailSecurity.None,
        "starttls" => MailSecurity.StartTls,
        "tls" => MailSecurity.Tls,
        _ => null,
    };
}

/// <summary>Checks <see cref="SmtpOptions"/> at start.</summary>
internal sealed class SmtpOptionsRules : IValidateOptions<SmtpOptions>
{
    /// <inheritdoc />
    public ValidateOptionsResult Validate(string? name, SmtpOptions options)
    {
        var wrong = new List<string>();
        if (SmtpOptions.SecurityOf(options.Security) is null)
        {
            wrong.Add($"Smtp:Security is '{options.Security}'; it must be 'none', 'starttls' or 'tls'.");
        }

        if (options.Port is < 0 or > 65_535)
        {
            wrong.Add($"Smtp:Port is {options.Port}; it must be 0 to 65535.");
        }

        if (options.Host.Length > 0 && !options.From.Contains('@', StringComparison.Ordinal))
        {
            wrong.Add("Smtp:From must be the address that mails come from when Smtp:Host is set, e.g. 'orbit@example.org'.");
        }

        if (options.From.Any(c => char.IsControl(c) || c is '<' or '>' or ' '))
        {
            wrong.Add("Smtp:From must be one plain address such as 'orbit@example.org'.");
        }

        if (options.CaFile.Length > 0 && !File.Exists(options.CaFile))
        {
            wrong.Add($"Smtp:CaFile names '{options.CaFile}', which does not exist.");
        }

        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }
}
