using Microsoft.Extensions.Options;

namespace Orbit.ControlPlane.Agents;

/// <summary>Registers agents.</summary>
internal static class AgentsModule
{
    public static IServiceCollection AddAgents(this IServiceCollection services)
    {
        services.AddOptions<AgentOptions>().BindConfiguration(AgentOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<AgentOptions>, AgentOptionsValidator>();
        services.AddSingleton<IValidateOptions<AgentOptions>, AgentOptionsRules>();
        services.AddSingleton<AgentSessions>();
        services.AddSingleton<EnrollCommands>();
        services.AddSingleton<SessionCommands>();
        services.AddSingleton<AgentCommands>();
        services.AddSingleton<AgentKeyCommands>();
        return services;
    }
}
