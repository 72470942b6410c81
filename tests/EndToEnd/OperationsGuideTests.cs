using System.Text.RegularExpressions;
using Orbit.EndToEnd.Support;

namespace Orbit.EndToEnd;

/// <summary>The commands of docs/operations.md, carried out as they stand there.</summary>
public sealed class OperationsGuideTests
{
    /// <summary>What is read for syntax alone, as the guide says at its beginning.</summary>
    private static readonly string[] OnlyRead =
        ["deploy/package", "cd deploy/.packages", "tar -xzf orbit-control-plane", "cp /opt/orbit/control-plane/", "systemctl ", "orbit restore ", "orbit-control-plane ", "orbit-agent "];

    /// <summary>What the control plane refuses here, and with which reason.</summary>
    private static readonly (string Begins, string Reason)[] Refused =
        [("orbit agents upgrade start", "offers no agent package"), ("orbit agents upgrade show", "There is no upgrade 1")];

    /// <summary>What an agent looks at, as the program says it.</summary>
    private static readonly string[] Looked = ["MB free in", "the control plane", "pytest", "setpriv", "steps run as", "answers (200)"];

    [Fact]
    public async Task Every_command_of_the_guide_does_what_it_is_there_for()
    {
        await using Stage stage = await Stage.StartAsync(Databases.Sqlite, tls: true);
        string directory = Directory.CreateDirectory(Path.Combine(stage.Directory, "guide")).FullName; // what works there is ended with the stage
        string orbit = Path.Combine(directory, "orbit");
        await File.WriteAllTextAsync(orbit, $"#!/bin/sh\nexec dotnet {Programs.Cli} \"$@\"\n");
        File.SetUnixFileMode(orbit, (UnixFileMode)0b111_101_101);
        Dictionary<string, string> environment = new()
        {
            ["PATH"] = $"{directory}:{Environment.GetEnvironmentVariable("PATH")}",
            ["ORBIT_SERVER"] = stage.GrpcAddress.ToString(),
            ["ORBIT_TOKEN"] = stage.Admin.Token,
        };
        string[] commands = [.. Commands(await File.ReadAllTextAsync(Path.Combine(Programs.Root, "docs/operations.md")))];
        Assert.True(commands.Length > 15, $"Only {commands.Length} commands were found.");

        foreach (string command in commands)
        {
            string here = command.Replace("/backups/", directory + "/", StringComparison.Ordinal);
            bool carriedOut = !OnlyRead.Any(one => command.StartsWith(one, StringComparison.Ordinal));
            using ChildProgram shell = ChildProgram.Start("/bin/sh", [carriedOut ? "-ec" : "-nc", $"cd {directory}\n{here}"], environment);
            int code = await shell.ExitAsync(TimeSpan.FromSeconds(60));
            if (Refused.FirstOrDefault(one => command.StartsWith(one.Begins, StringComparison.Ordinal)) is { Reason: { } reason })
            {
                Assert.Contains(reason, shell.Output, StringComparison.Ordinal);
                continue;
            }

            Assert.True(code == 0, $"{command} ended {code}: {shell.Output}");
            if (command.StartsWith("orbit agents check", StringComparison.Ordinal))
            {
                Assert.All(Looked, what => Assert.Contains(what, shell.Output, StringComparison.Ordinal));
            }
        }

        Assert.Contains("-----BEGIN CERTIFICATE-----", await File.ReadAllTextAsync(Path.Combine(directory, "orbit-ca.pem")), StringComparison.Ordinal);
        Assert.NotEmpty(Directory.EnumerateFileSystemEntries(directory, "orbit-2*"));
    }

    /// <summary>The lines of the blocks of shell commands, without the words beside them.</summary>
    private static IEnumerable<string> Commands(string guide) =>
        Regex.Matches(guide, "^```sh\\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)
            .SelectMany(block => block.Groups[1].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            .Select(line => Regex.Replace(line, @"\s+#.*$", ""));
}
