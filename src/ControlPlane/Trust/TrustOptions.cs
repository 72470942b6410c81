using System.ComponentModel.DataAnnotations;
using System.Net;
using Microsoft.Extensions.Options;

namespace Orbit.ControlPlane.Trust;

/// <summary>The control plane's own certificates, for https endpoints without one of an operator. Section <c>Tls</c>.</summary>
internal sealed class TrustOptions
{
    /// <summary>Section name.</summary>
    public const string Section = "Tls";

    /// <summary>
    /// Further names and addresses that the certificate is good for, separated by commas. This machine's name and addresses and the host of
    /// <c>PublicUrl</c> are in it anyway.
    /// </summary>
    public string Names { get; set; } = "";

    /// <summary>How long a server certificate holds; 1 to 397 days, 90 days unless set. It is renewed when a third is left, without a restart.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "397.00:00:00")]
    public TimeSpan CertificateLifetime { get; set; } = TimeSpan.FromDays(90);

    /// <summary>How long an authority holds; 1 to 30 years, 10 years unless set. The next one is made when a tenth is left.</summary>
    [Range(typeof(TimeSpan), "365.00:00:00", "10950.00:00:00")]
    public TimeSpan AuthorityLifetime { get; set; } = TimeSpan.FromDays(3650);

    /// <summary><see cref="Names"/>, one by one.</summary>
    public string[] AllNames => Names.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}

/// <summary>Checks <see cref="TrustOptions"/> at start.</summary>
[OptionsValidator]
internal sealed partial class TrustOptionsValidator : IValidateOptions<TrustOptions>;

/// <summary>Checks what one annotation cannot.</summary>
internal sealed class TrustOptionsRules : IValidateOptions<TrustOptions>
{
    public ValidateOptionsResult Validate(string? name, TrustOptions options) =>
        Array.Find(options.AllNames, one => !IPAddress.TryParse(one, out _) && Uri.CheckHostName(one) != UriHostNameType.Dns) is { } wrong
            ? ValidateOptionsResult.Fail($"{TrustOptions.Section}:{nameof(TrustOptions.Names)} has '{wrong}'; it must be host names and addresses separated by commas.")
            : ValidateOptionsResult.Success;
}
