using System.CommandLine;
using Orbit.Cli.Connection;
using Orbit.Cli.Output;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Commands;

/// <summary><c>login</c>, <c>logout</c>, <c>whoami</c>.</summary>
internal static class SignInCommands
{
    public static IEnumerable<Command> All(CommandRunner runner) => [Login(runner), Logout(runner), WhoAmI(runner)];

    private static Command Login(CommandRunner runner)
    {
        Option<string> email = Inputs.Text("--email", "Your e-mail address.", "ADDRESS");
        Option<bool> passwordStdin = Inputs.Flag("--password-stdin", "Read the admin password from standard input (first line).");
        Option<string> code = Inputs.Text("--code", "The one-time code that was mailed to you.", "CODE");
        var login = new Command("login", "Sign in and remember the session for this server. A password is needed for admin rights only.") { email, passwordStdin, code };
        return runner.On(login, async context =>
        {
            context.SigningIn = true;
            string address = Email(context, context.Get(email));
            string password = Password(context, context.Get(passwordStdin), context.Given(code));
            var request = new LoginRequest { Email = address, Password = password, Code = context.Get(code) ?? "" };
            ServerConnection server = context.Anonymous();
            LoginResponse answer = await server.Auth.LoginAsync(request, server.Call(context.Stop));
            if (answer.CodeSent && answer.Token.Length == 0)
            {
                request.Code = Code(context, address);
                answer = await server.Auth.LoginAsync(request, server.Call(context.Stop));
            }

            context.Sessions.Put(server.Server, new(answer.Email, answer.Token, answer.IsAdmin, answer.ExpiresAt?.ToDateTimeOffset()));
            // The token stays in the file: what is printed ends up in build logs.
            context.Report.Show(
                new GetMeResponse { Email = answer.Email, IsAdmin = answer.IsAdmin, ExpiresAt = answer.ExpiresAt },
                () => context.Report.Line($"signed in at {ServerAddress.Key(server.Server)} as {answer.Email}{(answer.IsAdmin ? " (admin)" : "")}"));
        });
    }

    private static Command Logout(CommandRunner runner) =>
        runner.On(new Command("logout", "End the session and forget it."), async context =>
        {
            if (context.Sessions.Find(context.Address) is not null || context.Shell.Variable("ORBIT_TOKEN") is { Length: > 0 })
            {
                try
                {
                    await context.Server.Auth.LogoutAsync(new(), context.Server.Call(context.Stop));
                }
                finally
                {
                    // Forgotten here even when the server cannot be told: a kept token is what the caller wanted to be rid of.
                    context.Sessions.Remove(context.Address);
                }
            }

            context.Report.Show(new LogoutResponse(), () => context.Report.Line($"signed out at {ServerAddress.Key(context.Address)}"));
        });

    private static Command WhoAmI(CommandRunner runner) =>
        runner.On(new Command("whoami", "Say who is signed in."), async context =>
        {
            GetMeResponse me = await context.Server.Auth.GetMeAsync(new(), context.Server.Call(context.Stop));
            context.Report.Show(me, () =>
            {
                context.Report.Fact("email", me.Email);
                context.Report.Fact("role", me.IsAdmin ? "admin" : "user");
                context.Report.Fact("server", ServerAddress.Key(context.Address));
                context.Report.Fact("expires", Durations.Moment(me.ExpiresAt));
            });
        });

    private static string Email(CommandContext context, string? given)
    {
        if (string.IsNullOrWhiteSpace(given))
        {
            if (!context.Shell.InputIsTerminal)
            {
                throw new UsageException("say who signs in: --email ADDRESS");
            }

            context.Shell.Error.Write("E-mail: ");
            given = context.Shell.Input.ReadLine();
        }

        return string.IsNullOrWhiteSpace(given) ? throw new UsageException("an e-mail address is needed") : given.Trim();
    }

    private static string Password(CommandContext context, bool fromInput, bool haveCode)
    {
        if (fromInput)
        {
            string? line = context.Shell.Input.ReadLine();
            return string.IsNullOrEmpty(line) ? throw new UsageException("--password-stdin: standard input was empty") : line;
        }

        if (!context.Shell.InputIsTerminal || haveCode)
        {
            return "";
        }

        context.Shell.Error.Write("Password (leave empty unless you are admin): ");
        return context.Shell.ReadSecret();
    }

    private static string Code(CommandContext context, string address)
    {
        if (!context.Shell.InputIsTerminal)
        {
            throw new UsageException($"a one-time code was mailed to {address}; sign in again with --code CODE", "CODE_SENT");
        }

        context.Shell.Error.Write($"Code mailed to {address}: ");
        return context.Shell.Input.ReadLine()?.Trim() ?? "";
    }
}
