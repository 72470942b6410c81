using Orbit.EndToEnd.Support;

namespace Orbit.EndToEnd;

/// <summary>The units of deploy/systemd, as systemd reads them.</summary>
public sealed class SystemdUnitTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("orbit-units-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("orbit-control-plane")]
    [InlineData("orbit-agent")]
    public async Task Systemd_has_nothing_to_say_against_a_unit(string name)
    {
        string unit = await File.ReadAllTextAsync(Path.Combine(Programs.Root, "deploy/systemd", $"{name}.service"));
        string program = unit.Split("ExecStart=")[1].Split(' ')[0];
        string copy = Path.Combine(_directory, $"{name}.service");
        await File.WriteAllTextAsync(copy, unit.Replace(program, "/bin/true", StringComparison.Ordinal)); // the program is not installed here

        string output = await ChildProgram.RunAsync("/usr/bin/systemd-analyze", "verify", "--man=no", copy);

        Assert.DoesNotContain($"{name}.service", output, StringComparison.Ordinal);
        Assert.Equal(Path.GetFileName(program), name);
    }
}
