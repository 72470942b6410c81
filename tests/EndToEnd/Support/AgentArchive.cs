namespace Orbit.EndToEnd.Support;

/// <summary>An agent package as the control plane serves it, but quick to make: its program starts the agent of this build.</summary>
internal static class AgentArchive
{
    /// <summary>Puts it, with its checksum, into <c>agent</c> below a directory.</summary>
    /// <param name="directory">What <c>Install:Directory</c> names.</param>
    /// <param name="program">The script in place of the agent's program; null: a working one.</param>
    public static async Task PutAsync(string directory, string? program = null)
    {
        string agents = Directory.CreateDirectory(Path.Combine(directory, "agent")).FullName;
        string content = Directory.CreateDirectory(Path.Combine(directory, "content", "orbit-agent")).FullName;
        string script = Path.Combine(content, "orbit-agent");
        await File.WriteAllTextAsync(script, program ?? $"#!/bin/sh\nexec dotnet {Programs.Agent} \"$@\"\n");
        File.SetUnixFileMode(script, (UnixFileMode)0b111_101_101);
        await ChildProgram.RunAsync("/bin/sh", "-c", $"cd {agents} && tar -czf linux-x64.tar.gz -C {directory}/content orbit-agent && sha256sum linux-x64.tar.gz >linux-x64.tar.gz.sha256");
    }
}
