using Orbit.Benchmarks;

return await BenchmarkProgram.RunAsync(args);
