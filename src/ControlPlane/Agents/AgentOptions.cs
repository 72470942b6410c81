using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Orbit.ControlPlane.Agents;

/// <summary>Timing of the agent stream. Section <c>Agents</c>.</summary>
internal sealed class AgentOptions
{
    /// <summary>Section name.</summary>
    public const string Section = "Agents";

    /// <summary>Pause between two heartbeats; 200 ms to 5 min, 10 s unless set. Three missed ones end a stream.</summary>
    [Range(typeof(TimeSpan), "00:00:00.2", "00:05:00")]
    public TimeSpan HeartbeatInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an answered heartbeat lets an agent begin further steps; at least three heartbeats, 60 s unless set.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan LeaseDuration { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Time after which an unanswered offer is made again; 1 s to 10 min, 30 s unless set.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan OfferTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Age at which an agent's key is exchanged, 1 to 3650 days; 90 days unless set.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "3650.00:00:00")]
    public TimeSpan KeyLifetime { get; set; } = TimeSpan.FromDays(90);

    /// <summary>Address that agents connect to; unset: the TLS endpoint's or the gRPC endpoint's port at the host of <c>PublicUrl</c>.</summary>
    public string Address { get; set; } = "";

    /// <summary>No word for this long: the agent is out of contact.</summary>
    public TimeSpan Silence => HeartbeatInterval * 3;
}

/// <summary>Checks <see cref="AgentOptions"/> at start.</summary>
[OptionsValidator]
internal sealed partial class AgentOptionsValidator : IValidateOptions<AgentOptions>;

/// <summary>Checks what one annotation cannot.</summary>
internal sealed class AgentOptionsRules : IValidateOptions<AgentOptions>
{
    public ValidateOptionsResult Validate(string? name, AgentOptions options) =>
        options.Address.Length > 0 && !(Uri.TryCreate(options.Address, UriKind.Absolute, out Uri? address) && (address.Scheme is "http" or "https") && address.PathAndQuery == "/")
            ? ValidateOptionsResult.Fail($"{AgentOptions.Section}:{nameof(AgentOptions.Address)} is '{options.Address}'; it must be http://HOST:PORT or https://HOST:PORT.")
        : options.LeaseDuration >= options.Silence
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail($"{AgentOptions.Section}:{nameof(AgentOptions.LeaseDuration)} ({options.LeaseDuration}) must be at least three times {nameof(AgentOptions.HeartbeatInterval)} ({options.HeartbeatInterval}).");
}
