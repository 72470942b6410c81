using System.ComponentModel;
using System.Diagnostics;
using Orbit.ApiTesting.Running;

namespace Orbit.Cli.ApiTests;

/// <summary>Runs programs of command cases on this machine, in the document's folder unless the case says otherwise.</summary>
internal sealed class LocalCommands(string folder) : ICommandRunner
{
    public async Task<CommandEnd> RunAsync(CommandStart start, CancellationToken ct)
    {
        IReadOnlyList<string> arguments = start.Arguments;
        long started = Stopwatch.GetTimestamp();
        double Milliseconds() => Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        using var process = new Process { StartInfo = StartOf(start) };
        try
        {
            _ = process.Start();
        }
        catch (Exception refused) when (refused is Win32Exception or InvalidOperationException)
        {
            return new(arguments, null, [], $"'{arguments[0]}' cannot be started: {refused.Message}", Milliseconds());
        }

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(ct);
        ending.CancelAfter(start.Limit);
        using var output = new MemoryStream();
        using var errors = new MemoryStream();
        Task<long> reading = ReadAsync(process.StandardOutput.BaseStream, output, CommandEnd.MostOutput, ending.Token);
        Task<long> alsoReading = ReadAsync(process.StandardError.BaseStream, errors, CommandEnd.MostErrors, ending.Token);
        try
        {
            await FeedAsync(process.StandardInput, start.Input, ending.Token);
            _ = await Task.WhenAll(reading, alsoReading);
            await process.WaitForExitAsync(ending.Token);
            return new(arguments, process.ExitCode, output.ToArray(), "", Milliseconds()) { Errors = errors.ToArray(), Size = await reading };
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            bool stopped = ct.IsCancellationRequested;
            string error = stopped ? "the run was stopped" : $"'{arguments[0]}' did not end within {start.Limit.TotalMilliseconds:0} ms and was killed";
            return new(arguments, null, output.ToArray(), error, Milliseconds()) { Errors = errors.ToArray(), ErrorClass = stopped ? "command" : "timeout" };
        }
    }

    private static async Task FeedAsync(StreamWriter into, byte[] input, CancellationToken ct)
    {
        try
        {
            await into.BaseStream.WriteAsync(input, ct);
            into.Close();
        }
        catch (IOException)
        {
            // it ended, or closed its input, without reading all of it; how it ended tells
        }
    }

    private ProcessStartInfo StartOf(CommandStart wanted)
    {
        var start = new ProcessStartInfo(wanted.Arguments[0], wanted.Arguments.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = wanted.Directory is null ? folder : Path.Combine(folder, wanted.Directory),
        };
        foreach ((string name, string value) in wanted.Environment)
        {
            start.Environment[name] = value;
        }

        return start;
    }

    /// <returns>Bytes read in all; those beyond the limit are not kept.</returns>
    private static async Task<long> ReadAsync(Stream from, MemoryStream to, int most, CancellationToken ct)
    {
        byte[] buffer = new byte[16 * 1024];
        long all = 0;
        int read;
        while ((read = await from.ReadAsync(buffer, ct)) > 0)
        {
            to.Write(buffer, 0, (int)Math.Min(read, most - to.Length));
            all += read;
        }

        return all;
    }
}
