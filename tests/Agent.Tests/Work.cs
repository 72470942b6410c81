using Google.Protobuf.WellKnownTypes;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Tests;

/// <summary>Plans.</summary>
internal static class Work
{
    /// <summary>A test-only plan of one shell script, written below a directory that the agent may touch.</summary>
    public static Plan Shell(string directory, string script, TimeSpan? limit = null, string name = "script.sh")
    {
        string path = WriteScript(directory, name, script);
        TestStep test = new() { Dir = directory, Command = new() { Argv = { path } }, Plain = true };
        PlanStep step = new() { Test = test, TimeLimit = limit is { } time ? Duration.FromTimeSpan(time) : null };
        return new() { Deploy = new() { RunId = 1, Attempt = 1, Steps = { step } } };
    }

    public static string WriteScript(string directory, string name, string script)
    {
        string path = Path.Combine(directory, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
        return path;
    }
}
