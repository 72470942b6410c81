using Microsoft.Extensions.Options;

namespace Orbit.ControlPlane.Access;

/// <summary>Who may sign in, and how. Section <c>Access</c>.</summary>
internal sealed class AccessOptions
{
    /// <summary>Section name.</summary>
    public const string Section = "Access";

    /// <summary>Password for the role admin. Unset: one is made at the first start, printed once, and kept as a hash.</summary>
    public string? AdminPassword { get; set; }

    /// <summary>How others sign in: <c>email</c> (any address, no password; default), <c>code</c> (a one-time code is mailed) or <c>disabled</c>.</summary>
    public string UserLogin { get; set; } = ByEmail;

    /// <summary>When set, posting a build needs it (<c>Authorization: Bearer</c> or <c>X-Orbit-Token</c>).</summary>
    public string? WebhookToken { get; set; }

    public const string ByEmail = "email";
    public const string ByCode = "code";
    public const string Disabled = "disabled";
}

/// <summary>Checks <see cref="AccessOptions"/> at start.</summary>
internal sealed class AccessOptionsRules(IConfiguration configuration) : IValidateOptions<AccessOptions>
{
    public ValidateOptionsResult Validate(string? name, AccessOptions options)
    {
        var wrong = new List<string>();
        if (options.UserLogin is not (AccessOptions.ByEmail or AccessOptions.ByCode or AccessOptions.Disabled))
        {
            wrong.Add($"Access:UserLogin is '{options.UserLogin}'; it must be 'email', 'code' or 'disabled'.");
        }
        else if (options.UserLogin == AccessOptions.ByCode && string.IsNullOrWhiteSpace(configuration["Smtp:Host"]))
        {
            wrong.Add("Access:UserLogin is 'code', but this server cannot send mail because Smtp:Host is not set; set it, or use 'email' or 'disabled'.");
        }

        if (options.AdminPassword?.Length > AdminPassword.LongestBytes)
        {
            wrong.Add($"Access:AdminPassword (not shown) has {options.AdminPassword.Length} characters; at most {AdminPassword.LongestBytes} are allowed.");
        }

        if (options.WebhookToken is { Length: > 0 } token && (token.Length > 1024 || token.Any(c => c is <= ' ' or > '~')))
        {
            wrong.Add("Access:WebhookToken (not shown) must be 1 to 1024 printable ASCII characters without spaces.");
        }

        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }
}
