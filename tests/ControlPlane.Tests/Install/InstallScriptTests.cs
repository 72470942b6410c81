using System.Diagnostics;
using System.Net;
using Orbit.Tests.Support;

namespace Orbit.ControlPlane.Tests.Install;

public sealed class InstallScriptTests : IDisposable
{
    private static readonly Uri Script = new("/install", UriKind.Relative);
    private readonly string _directory = Directory.CreateTempSubdirectory("orbit-install-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task The_script_names_this_server_and_is_what_a_shell_understands()
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(Databases.Sqlite, "--PublicUrl=https://orbit.example/", "--Agents:Address=https://agents.example:8443");
        using HttpResponseMessage answer = await orbit.Http.GetAsync(Script);
        string text = await answer.Content.ReadAsStringAsync();

        Assert.Equal(("text/x-shellscript", true), (answer.Content.Headers.ContentType!.MediaType, answer.Headers.CacheControl!.NoStore));
        Assert.StartsWith("#!/bin/sh\n", text, StringComparison.Ordinal);
        Assert.Contains("curl -fsS https://orbit.example/install | sh -s -- TOKEN", text, StringComparison.Ordinal);
        Assert.Contains("server='https://agents.example:8443'", text, StringComparison.Ordinal);
        Assert.DoesNotContain("@PUBLIC_URL", text, StringComparison.Ordinal);
        Assert.DoesNotContain("@UNIT@", text, StringComparison.Ordinal);
        Assert.Equal((0, ""), await ShellAsync("-n", text));
    }

    [Fact]
    public async Task An_address_cannot_become_a_command()
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(Databases.Sqlite, $"--PublicUrl=http://x';touch${{IFS}}{_directory}/made;'\n{_directory}/x", "--Agents:Address=http://127.0.0.1:1");

        (int code, _) = await ShellAsync("-s", await orbit.Http.GetStringAsync(Script), "--", "token", "--dry-run");

        Assert.Equal(0, code);
        Assert.Empty(Directory.EnumerateFiles(_directory));
    }

    [Fact]
    public async Task A_script_that_was_cut_off_does_nothing()
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(Databases.Sqlite);
        string text = await orbit.Http.GetStringAsync(Script);

        foreach (int length in Enumerable.Range(1, 40).Select(n => n * (text.Length - 20) / 40))
        {
            (_, string output) = await ShellAsync("-s", text[..length], "--", "token", "--root", _directory, "--dry-run");
            Assert.DoesNotContain("would:", output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Packages_are_served_with_ranges_and_nothing_else_is()
    {
        string agents = Directory.CreateDirectory(Path.Combine(_directory, "agent")).FullName;
        await File.WriteAllTextAsync(Path.Combine(agents, "linux-x64.tar.gz"), "0123456789");
        await File.WriteAllTextAsync(Path.Combine(agents, "secret.tar.gz"), "no");
        await using OrbitServer orbit = await OrbitServer.StartAsync(Databases.Sqlite, $"--Install:Directory={_directory}");
        using HttpRequestMessage part = new(HttpMethod.Get, "/install/agent/linux-x64.tar.gz") { Headers = { Range = new(4, 6) } };
        using HttpResponseMessage answer = await orbit.Http.SendAsync(part);

        Assert.Equal((HttpStatusCode.PartialContent, "456"), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
        foreach (string name in new[] { "secret.tar.gz", "linux-arm64.tar.gz", "..%2Fagent%2Flinux-x64.tar.gz", "linux-x64.tar.gz%0A" })
        {
            using HttpResponseMessage missing = await orbit.Http.GetAsync(new Uri("/install/agent/" + name, UriKind.Relative));
            Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        }
    }

    private static async Task<(int Code, string Output)> ShellAsync(string option, string script, params string[] arguments)
    {
        using Process shell = Process.Start(new ProcessStartInfo("/bin/sh", [option, .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> output = shell.StandardOutput.ReadToEndAsync();
        Task<string> errors = shell.StandardError.ReadToEndAsync();
        await shell.StandardInput.WriteAsync(script);
        shell.StandardInput.Close();
        await shell.WaitForExitAsync();
        return (shell.ExitCode, await output + await errors);
    }
}
