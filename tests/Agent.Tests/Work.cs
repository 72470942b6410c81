using Google.Protobuf.WellKnownTypes;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Tests;

/// <summary>Plans.</summary>
internal static class Work
{
    /// <summary>A test-only plan of one shell command.</summary>
    public static Plan Shell(string directory, string script, TimeSpan? limit = null)
    {
        TestStep test = new() { Dir = directory, Command = new() { Argv = { "/bin/sh", "-c", script } }, Plain = true };
        PlanStep step = new() { Test = test, TimeLimit = limit is { } time ? Duration.FromTimeSpan(time) : null };
        return new() { Deploy = new() { RunId = 1, Attempt = 1, Steps = { step } } };
    }
}
