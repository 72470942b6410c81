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
        options.LeaseDuration >= options.Silence
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail($"{AgentOptions.Section}:{nameof(AgentOptions.LeaseDuration)} ({options.LeaseDuration}) must be at least three times {nameof(AgentOptions.HeartbeatInterval)} ({options.HeartbeatInterval}).");
}
