using System.CommandLine;
using Grpc.Core;
using Orbit.Cli.Connection;
using Orbit.Cli.Output;

namespace Orbit.Cli.Commands;

/// <summary>Runs a command and turns whatever goes wrong into one line on standard error and an exit code.</summary>
internal sealed class CommandRunner(Shell shell, GlobalOptions options)
{
    public GlobalOptions Options { get; } = options;

    /// <summary>A command that succeeds or fails.</summary>
    public Command On(Command command, Func<CommandContext, Task> body) => On(command, async context =>
    {
        await body(context);
        return ExitCodes.Passed;
    });

    /// <summary>A command that chooses its exit code.</summary>
    public Command On(Command command, Func<CommandContext, Task<int>> body)
    {
        command.SetAction((parsed, ct) => RunAsync(parsed, body, ct));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, Func<CommandContext, Task<int>> body, CancellationToken ct)
    {
        using var context = new CommandContext(parsed, Options, shell, ct);
        try
        {
            return await body(context);
        }
        catch (UsageException usage)
        {
            return Fail(usage.Message, usage.Reason, ExitCodes.WrongUsage);
        }
        catch (Exception) when (ct.IsCancellationRequested)
        {
            return ExitCodes.Interrupted;
        }
        catch (RpcException refusal)
        {
            CallFailure failure = CallFailure.From(refusal, context.Address, context.SigningIn);
            return Fail(failure.Message, failure.Reason, failure.ExitCode);
        }
        catch (IOException failure)
        {
            return ReaderIsGone(failure) ? ExitCodes.ReaderGone : Fail(failure.Message, "IO", ExitCodes.WrongUsage);
        }
        catch (Exception defect) when (defect is not OutOfMemoryException)
        {
            return Fail($"{defect.Message}; this is a defect of orbit itself: {defect.GetType().Name}", "DEFECT", ExitCodes.Unknown);
        }
    }

    private int Fail(string message, string reason, int code)
    {
        shell.Error.WriteLine($"orbit: {CleanText.Line(message)} ({CleanText.Line(reason)})");
        return code;
    }

    // EPIPE is 32 on Linux and macOS; .NET passes the number on in the low bits.
    private static bool ReaderIsGone(IOException failure) =>
        (failure.HResult & 0xffff) == 32 || failure.Message.Contains("Broken pipe", StringComparison.Ordinal);
}
