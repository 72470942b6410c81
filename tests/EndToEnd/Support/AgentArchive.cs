using System.Text;

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
        await PackAsync(directory, agents);
    }

    /// <summary>
    /// Puts the agent of this build as another version: its own files, with another informational version in its assembly, which is what an agent
    /// says of itself.
    /// </summary>
    /// <param name="directory">What <c>Install:Directory</c> names.</param>
    /// <param name="version">As long as the version of the build, such as <c>0.2.0</c>.</param>
    /// <param name="program">A script in place of the program; null: the program.</param>
    public static async Task PutVersionAsync(string directory, string version, string? program = null)
    {
        string agents = Directory.CreateDirectory(Path.Combine(directory, "agent")).FullName;
        string content = Path.Combine(directory, "content");
        if (Directory.Exists(content))
        {
            Directory.Delete(content, recursive: true);
        }

        content = Directory.CreateDirectory(Path.Combine(content, "orbit-agent")).FullName;
        foreach (string file in Directory.EnumerateFiles(Path.GetDirectoryName(Programs.Agent)!).Where(one => Path.GetExtension(one) is not (".pdb" or ".xml")))
        {
            File.Copy(file, Path.Combine(content, Path.GetFileName(file)));
        }

        string said = System.Diagnostics.FileVersionInfo.GetVersionInfo(Programs.Agent).ProductVersion!;
        byte[] assembly = await File.ReadAllBytesAsync(Programs.Agent);
        int at = assembly.AsSpan().IndexOf(Encoding.UTF8.GetBytes(said));
        Assert.True(at > 0 && said[version.Length] is '+', $"{Programs.Agent} does not hold its version {said}.");
        Encoding.UTF8.GetBytes(version, assembly.AsSpan(at));
        await File.WriteAllBytesAsync(Path.Combine(content, "orbit-agent.dll"), assembly);
        await File.WriteAllTextAsync(Path.Combine(content, "VERSION"), version + "\n");
        if (program is not null)
        {
            await File.WriteAllTextAsync(Path.Combine(content, "orbit-agent"), program);
        }

        File.SetUnixFileMode(Path.Combine(content, "orbit-agent"), (UnixFileMode)0b111_101_101);
        await PackAsync(directory, agents);
    }

    private static async Task PackAsync(string directory, string agents)
    {
        await ChildProgram.RunAsync("/bin/sh", "-c", $"cd {agents} && tar -czf new.tar.gz -C {directory}/content orbit-agent && mv new.tar.gz linux-x64.tar.gz && sha256sum linux-x64.tar.gz >linux-x64.tar.gz.sha256");
    }
}
