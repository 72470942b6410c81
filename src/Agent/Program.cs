using Orbit.Agent;

return await AgentCommandLine.RunAsync(args, options => AgentDaemon.RunAsync(options, CancellationToken.None));
