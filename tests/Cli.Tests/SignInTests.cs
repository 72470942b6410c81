using System.Runtime.Versioning;
using System.Text.Json;
using Grpc.Core;
using Orbit.Cli.Tests.Support;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Tests;

public sealed class SignInTests
{
    private const string Password = "correct-horse-7";
    private const string Token = "eyJ-secret-token";

    [Fact]
    [SupportedOSPlatform("linux")]
    public async Task A_sign_in_is_kept_for_its_user_alone_and_used_by_the_next_command()
    {
        await using ScriptedServer server = await WithLoginAsync();
        using var cli = new OrbitCli(server) { Input = Password + "\n" };

        Outcome login = await cli.RunAsync("login", "--email", "Admin@Example.org", "--password-stdin");
        Outcome whoami = await cli.RunAsync("whoami");

        Assert.Equal(0, login.ExitCode);
        Assert.Contains("admin@example.org (admin)", login.Output, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(cli.SessionFile));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(cli.SessionFile)!));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(cli.SessionFile)!));
        Assert.Equal(0, whoami.ExitCode);
        Assert.Equal("Bearer " + Token, server.Answers.Headers.Last().GetValue("authorization"));
        Assert.Equal(Password, server.Answers.AskedFor<LoginRequest>().Single().Password);
    }

    [Fact]
    public async Task No_command_prints_a_password_or_a_session_token()
    {
        await using ScriptedServer server = await WithLoginAsync();
        server.Answers.When<GetRunRequest, Run>(_ => throw new InvalidOperationException("broken"));
        using var cli = new OrbitCli(server) { Input = Password + "\n" };

        foreach (string line in new[] { "login --email a@example.org --password-stdin", "login --email a@example.org --password-stdin --json", "whoami --json", "run 12", "logout" })
        {
            cli.Input = Password + "\n";
            Outcome outcome = await cli.RunAsync(line.Split(' '));
            Assert.DoesNotContain(Password, outcome.Output + outcome.Error, StringComparison.Ordinal);
            Assert.DoesNotContain(Token, outcome.Output + outcome.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_refused_sign_in_ends_with_6_and_keeps_nothing()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync();
        server.Answers.When<LoginRequest, LoginResponse>(_ => throw Some.Refusal(StatusCode.Unauthenticated, "Wrong address or password.", "LOGIN_FAILED"));
        using var cli = new OrbitCli(server) { Input = "wrong\n" };

        Outcome outcome = await cli.RunAsync("login", "--email", "a@example.org", "--password-stdin");

        Assert.Equal(6, outcome.ExitCode);
        Assert.Equal("orbit: Wrong address or password. (LOGIN_FAILED)\n", outcome.Error);
        Assert.False(File.Exists(cli.SessionFile));
    }

    [Fact]
    public async Task A_token_from_the_environment_wins_over_the_session_and_goes_out_as_it_is()
    {
        await using ScriptedServer server = await WithLoginAsync();
        using var cli = new OrbitCli(server) { Input = Password + "\n" };
        await cli.RunAsync("login", "--email", "a@example.org", "--password-stdin");
        cli.Variables["ORBIT_TOKEN"] = "from-ci";

        await cli.RunAsync("whoami");

        Assert.Equal("Bearer from-ci", server.Answers.Headers.Last().GetValue("authorization"));
    }

    [Fact]
    public async Task A_session_of_one_server_is_never_sent_to_another()
    {
        await using ScriptedServer first = await WithLoginAsync();
        await using ScriptedServer second = await WithLoginAsync();
        using var cli = new OrbitCli(first) { Input = Password + "\n" };
        await cli.RunAsync("login", "--email", "a@example.org", "--password-stdin");

        await cli.RunAsync("whoami", "--server", second.Address);

        Assert.Null(second.Answers.Headers.Single().GetValue("authorization"));
    }

    [Fact]
    public async Task The_server_of_the_last_sign_in_is_the_next_commands_server()
    {
        await using ScriptedServer server = await WithLoginAsync();
        using var cli = new OrbitCli { Input = Password + "\n" };
        await cli.RunAsync("login", "--email", "a@example.org", "--password-stdin", "--server", server.Address);

        Outcome outcome = await cli.RunAsync("whoami", "--json");

        using JsonDocument me = JsonDocument.Parse(outcome.Output);
        Assert.Equal("admin@example.org", me.RootElement.GetProperty("email").GetString());
        Assert.True(me.RootElement.GetProperty("is_admin").GetBoolean());
    }

    [Fact]
    public async Task Signing_out_forgets_the_token()
    {
        await using ScriptedServer server = await WithLoginAsync();
        using var cli = new OrbitCli(server) { Input = Password + "\n" };
        await cli.RunAsync("login", "--email", "a@example.org", "--password-stdin");

        Outcome outcome = await cli.RunAsync("logout");

        Assert.Equal(0, outcome.ExitCode);
        Assert.Single(server.Answers.AskedFor<LogoutRequest>());
        Assert.DoesNotContain(Token, await File.ReadAllTextAsync(cli.SessionFile), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broken_session_file_is_named()
    {
        using var cli = new OrbitCli();
        Directory.CreateDirectory(Path.GetDirectoryName(cli.SessionFile)!);
        await File.WriteAllTextAsync(cli.SessionFile, "{ not json");

        Outcome outcome = await cli.RunAsync("whoami");

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(cli.SessionFile, outcome.Error, StringComparison.Ordinal);
        Assert.EndsWith("(SESSION_FILE_INVALID)\n", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_webhook_token_goes_out_in_its_own_header_and_into_no_output()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync();
        server.Answers.When<PostBuildRequest, PostBuildResponse>(asked => new() { Id = 7, JobName = asked.JobName, BuildNumber = asked.BuildNumber, Duplicate = true });
        using var cli = new OrbitCli(server);
        cli.Variables["ORBIT_WEBHOOK_TOKEN"] = "hook-secret";

        Outcome outcome = await cli.RunAsync("build", "post", "--job", "lab/shop", "--number", "45", "--path", "pass/45/el7", "--label", "GIT_COMMIT=0a1b", "--label", "NOTE=a=b");

        Assert.Equal("build 7: lab/shop #45 (was announced before)\n", outcome.Output);
        Assert.Equal("hook-secret", server.Answers.Headers.Single().GetValue("x-orbit-token"));
        Assert.Equal("a=b", server.Answers.AskedFor<PostBuildRequest>().Single().Labels["NOTE"]);
        Assert.DoesNotContain("hook-secret", outcome.Output + outcome.Error, StringComparison.Ordinal);
    }

    private static async Task<ScriptedServer> WithLoginAsync()
    {
        ScriptedServer server = await ScriptedServer.StartAsync();
        server.Answers.When<LoginRequest, LoginResponse>(_ => new() { Token = Token, Email = "admin@example.org", IsAdmin = true, ExpiresAt = Some.Noon });
        server.Answers.When<GetMeRequest, GetMeResponse>(_ => new() { Email = "admin@example.org", IsAdmin = true });
        server.Answers.When<LogoutRequest, LogoutResponse>(_ => new());
        return server;
    }
}
