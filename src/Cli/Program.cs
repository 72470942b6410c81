using Orbit.Cli;

return await OrbitProgram.RunAsync(args, Shell.OfThisProcess(), CancellationToken.None);
