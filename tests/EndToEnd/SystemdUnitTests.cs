using Orbit.EndToEnd.Support;

namespace Orbit.EndToEnd;

/// <summary>The units of deploy/systemd, as systemd reads them.</summary>
public sealed class SystemdUnitTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("orbit-units-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    /// <summary>The agent replaces services and runs their scripts, so that most of what can be shut is open to it; its policy file says what it may do.</summary>
    [Theory]
    [InlineData("orbit-control-plane", 25)]
    [InlineData("orbit-agent", 81)]
    public async Task A_unit_stays_as_shut_in_as_it_is(string name, int tenths)
    {
        string output = await ChildProgram.RunAsync("/usr/bin/systemd-analyze", "security", "--offline=true", "--no-pager", $"--threshold={tenths}", await CopyAsync(name));

        Assert.Contains("Overall exposure level", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("orbit-control-plane")]
    [InlineData("orbit-agent")]
    public async Task Systemd_has_nothing_to_say_against_a_unit(string name)
    {
        string output = await ChildProgram.RunAsync("/usr/bin/systemd-analyze", "verify", "--man=no", await CopyAsync(name));

        Assert.DoesNotContain($"{name}.service", output, StringComparison.Ordinal);
    }

    /// <summary>The unit with a program that is there: its own is not installed here.</summary>
    private async Task<string> CopyAsync(string name)
    {
        string unit = await File.ReadAllTextAsync(Path.Combine(Programs.Root, "deploy/systemd", $"{name}.service"));
        string program = unit.Split("ExecStart=")[1].Split(' ')[0];
        Assert.Equal(Path.GetFileName(program), name);
        string copy = Path.Combine(_directory, $"{name}.service");
        await File.WriteAllTextAsync(copy, unit.Replace(program, "/bin/true", StringComparison.Ordinal));
        return copy;
    }
}
