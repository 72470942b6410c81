using Microsoft.Extensions.Options;

namespace Orbit.ControlPlane.Telemetry;

/// <summary>Where figures and traces go. Section <c>Telemetry</c>.</summary>
internal sealed class TelemetryOptions
{
    /// <summary>Section name.</summary>
    public const string Section = "Telemetry";

    /// <summary>Name of the one endpoint below <c>Kestrel:Endpoints</c> that answers <c>/metrics</c>; empty, as unless set: every one.</summary>
    public string MetricsEndpoint { get; set; } = "";

    /// <summary>Address of an OpenTelemetry collector that takes OTLP over HTTP, such as <c>http://127.0.0.1:4318</c>; empty, as unless set: nothing is sent.</summary>
    public string OtlpEndpoint { get; set; } = "";

    /// <summary>Name under which a collector sees this server; <c>orbit-control-plane</c> unless set.</summary>
    public string ServiceName { get; set; } = "orbit-control-plane";
}

/// <summary>Checks <see cref="TelemetryOptions"/> at start.</summary>
internal sealed class TelemetryOptionsRules : IValidateOptions<TelemetryOptions>
{
    public ValidateOptionsResult Validate(string? name, TelemetryOptions options)
    {
        bool isAddress = options.OtlpEndpoint.Length == 0
            || (Uri.TryCreate(options.OtlpEndpoint, UriKind.Absolute, out Uri? address) && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps));
        return isAddress && options.ServiceName.Length > 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(isAddress
                ? $"{TelemetryOptions.Section}:{nameof(TelemetryOptions.ServiceName)} must not be empty."
                : $"{TelemetryOptions.Section}:{nameof(TelemetryOptions.OtlpEndpoint)} is '{options.OtlpEndpoint}'; it must be an http or https address.");
    }
}
