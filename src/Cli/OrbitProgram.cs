using System.CommandLine;
using System.CommandLine.Invocation;
using Orbit.Cli.Commands;

namespace Orbit.Cli;

/// <summary>The whole program with its surroundings as a parameter, so that tests run exactly what a terminal runs.</summary>
internal static class OrbitProgram
{
    /// <returns>The exit code, see <see cref="ExitCodes"/>.</returns>
    public static async Task<int> RunAsync(string[] args, Shell shell, CancellationToken ct)
    {
        RootCommand root = OrbitCommandLine.Build(shell);
        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count > 0 && parsed.Action is ParseErrorAction or null)
        {
            return WrongUsage(parsed, args, shell);
        }

        var invocation = new InvocationConfiguration
        {
            Output = shell.Output,
            Error = shell.Error,
            EnableDefaultExceptionHandler = false,
            // After Ctrl-C a command ends its streams and says its last words; it needs no longer than this.
            ProcessTerminationTimeout = TimeSpan.FromSeconds(5),
        };
        return await parsed.InvokeAsync(invocation, ct);
    }

    private static int WrongUsage(ParseResult parsed, string[] args, Shell shell)
    {
        var names = new List<string>();
        for (SymbolResultName? at = SymbolResultName.Of(parsed.CommandResult); at is not null; at = at.Parent)
        {
            names.Insert(0, at.Name);
        }

        if (args.Length == 0)
        {
            parsed.RootCommandResult.Command.Parse("--help").Invoke(new InvocationConfiguration { Output = shell.Error, Error = shell.Error });
            return ExitCodes.WrongUsage;
        }

        // An unknown word is a better hint than what is missing because of it.
        string message = parsed.UnmatchedTokens.Count > 0 ? $"unknown command or argument '{parsed.UnmatchedTokens[0]}'" : parsed.Errors[0].Message;
        shell.Error.WriteLine($"orbit: {Output.CleanText.Line(message)} (USAGE); see: {string.Join(' ', names)} --help");
        return ExitCodes.WrongUsage;
    }

    /// <summary>A command and the commands above it.</summary>
    private sealed record SymbolResultName(string Name, SymbolResultName? Parent)
    {
        public static SymbolResultName? Of(System.CommandLine.Parsing.SymbolResult? result) => result is System.CommandLine.Parsing.CommandResult command
            ? new(command.Command is RootCommand ? "orbit" : command.Command.Name, Of(command.Parent))
            : null;
    }
}
