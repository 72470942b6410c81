using System.CommandLine;
using Orbit.Cli.Connection;
using Orbit.Cli.Output;

namespace Orbit.Cli.Commands;

/// <summary>What one command works with: its arguments, the server, the way to write. The connection opens at first use.</summary>
internal sealed class CommandContext(ParseResult parsed, GlobalOptions options, Shell shell, CancellationToken ct) : IDisposable
{
    private ServerConnection? _connection;

    public Shell Shell { get; } = shell;

    /// <summary>Cancelled by Ctrl-C.</summary>
    public CancellationToken Stop { get; } = ct;

    public Report Report { get; } = new(shell, parsed.GetValue(options.Json));

    public SessionFile Sessions { get; } = SessionFile.In(shell);

    /// <summary>True while signing in, when a refusal is about the sign-in itself.</summary>
    public bool SigningIn { get; set; }

    public Uri Address => ServerAddress.Choose(parsed.GetValue(options.Server), Shell, Sessions);

    /// <summary>The server, with the caller's token: <c>ORBIT_TOKEN</c>, else that of the sign-in at this server.</summary>
    public ServerConnection Server => _connection ??= new(Address, Token(), Shell.Clock);

    public T? Get<T>(Option<T> option) => parsed.GetValue(option);

    public T Get<T>(Argument<T> argument) => parsed.GetRequiredValue(argument);

    /// <summary>True when the caller wrote the option.</summary>
    public bool Given(Option option) => parsed.GetResult(option) is { Implicit: false };

    /// <summary>A connection without any token, for signing in.</summary>
    public ServerConnection Anonymous() => _connection ??= new(Address, null, Shell.Clock);

    /// <summary>The text of a file, or of standard input when no file or <c>-</c> is named.</summary>
    public (string Text, string Source) ReadText(string? path)
    {
        if (path is null or "" or "-")
        {
            if (Shell.InputIsTerminal)
            {
                Shell.Error.WriteLine("reading JSON from the terminal; end it with Ctrl-D");
            }

            return (Shell.Input.ReadToEnd(), "standard input");
        }

        try
        {
            return (File.ReadAllText(path), path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"cannot read {path}: {failure.Message}", "FILE_UNREADABLE");
        }
    }

    public void Dispose() => _connection?.Dispose();

    private string? Token()
    {
        string? variable = Shell.Variable("ORBIT_TOKEN");
        return string.IsNullOrEmpty(variable) ? Sessions.Find(Address)?.Token : variable.Trim();
    }
}
