using System.Text.RegularExpressions;
using Orbit.EndToEnd.Support;
using YamlDotNet.RepresentationModel;

namespace Orbit.EndToEnd;

/// <summary>The compose files of deploy/container, as far as they can be looked at without a container runtime: syntax, names and files that they refer to.</summary>
public sealed class ContainerFilesTests
{
    private static readonly string Directory = Path.Combine(Programs.Root, "deploy/container");

    [Theory]
    [InlineData("compose.yaml")]
    [InlineData("compose.replicas.yaml")]
    public async Task A_compose_file_names_settings_volumes_services_and_files_that_are_there(string name)
    {
        YamlStream yaml = [];
        yaml.Load(new StringReader(await File.ReadAllTextAsync(Path.Combine(Directory, name))));
        var root = (YamlMappingNode)yaml.Documents[0].RootNode;
        var services = (YamlMappingNode)root["services"];
        string settings = await File.ReadAllTextAsync(Path.Combine(Programs.Root, "docs/operations.md"));
        string[] volumes = [.. ((YamlMappingNode)root["volumes"]).Children.Keys.Select(key => $"{key}")];

        foreach ((YamlNode service, YamlNode what) in services.Children)
        {
            var facts = (YamlMappingNode)what;
            Assert.True(facts.Children.ContainsKey("image") || File.Exists(Path.Combine(Directory, "../container", Path.GetFileName($"{facts["build"]["dockerfile"]}"))), $"{service} has neither an image nor a container file");
            foreach (YamlNode volume in facts.Children.TryGetValue("volumes", out YamlNode? mounted) ? (YamlSequenceNode)mounted : [])
            {
                string source = $"{volume}".Split(':')[0];
                Assert.True(source.StartsWith('.') ? File.Exists(Path.Combine(Directory, source)) : volumes.Contains(source), $"{service} mounts {source}");
            }

            if (facts.Children.TryGetValue("environment", out YamlNode? environment))
            {
                Assert.All(
                    ((YamlMappingNode)environment).Children.Keys.Select(key => $"{key}").Where(key => key.StartsWith("ORBIT__", StringComparison.Ordinal)),
                    key => Assert.Contains(key["ORBIT__".Length..].Replace("__", ":", StringComparison.Ordinal), settings, StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public async Task The_proxy_in_front_of_replicas_names_their_service_and_its_port()
    {
        string proxy = await File.ReadAllTextAsync(Path.Combine(Directory, "nginx.conf"));
        string compose = await File.ReadAllTextAsync(Path.Combine(Directory, "compose.replicas.yaml"));
        string container = await File.ReadAllTextAsync(Path.Combine(Directory, "control-plane.Containerfile"));

        string plain = Regex.Replace(proxy, "#.*", "");
        Assert.Equal(plain.Count(c => c == '{'), plain.Count(c => c == '}'));
        Assert.All(plain.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0), line => Assert.Matches("[;{}]$", line));
        Match upstream = Regex.Match(plain, @"server (?<name>[a-z-]+):(?<port>\d+)");
        Assert.Contains($"\n  {upstream.Groups["name"].Value}:\n", compose, StringComparison.Ordinal);
        Assert.Contains($"EXPOSE {upstream.Groups["port"].Value}", container, StringComparison.Ordinal);
        Assert.Contains($"listen {Regex.Match(compose, "\"\\d+:(\\d+)\"").Groups[1].Value};", plain, StringComparison.Ordinal);
    }
}
