using System.Diagnostics;
using System.Reflection;
using System.Text.RegularExpressions;
using Orbit.Cli.Tests.Support;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Tests;

/// <summary>The program as a process: what only a real terminal, a real signal and a real pipe can show.</summary>
public sealed class ProcessTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task In_a_terminal_the_picture_is_redrawn_and_ends_with_the_verdict()
    {
        await using ScriptedServer server = await WithRunAsync();
        var drawn = new TaskCompletionSource();
        server.Answers.Watches.Enqueue(async (_, responses, context) =>
        {
            Run run = Some.Run(RunStatus.Testing);
            run.Steps.Add(new Step { Name = "download", Status = StepStatus.Succeeded, DurationMs = 1500 });
            await responses.WriteAsync(Some.Snapshot(4, run));
            await responses.WriteAsync(Some.Step(5, "test", StepStatus.Running));
            await drawn.Task.WaitAsync(Patience, context.CancellationToken);
            await responses.WriteAsync(Some.Test(6, "t.py::b", TestOutcome.Failed, new() { Total = 2, Passed = 1, Failed = 1 }, "assert 1 == 2"));
            await responses.WriteAsync(Some.Finished(7, RunStatus.Completed, Verdict.TestsFailed));
        });
        using var cli = new OrbitCli(server);
        // `script` gives the program a terminal of its own and passes on its exit code.
        using Process process = Start(cli, "script", "-qefc", $"{Orbit} watch 12", "/dev/null");

        string output = await ReadUntilAsync(process, text => text.Contains("▸ test", StringComparison.Ordinal));
        drawn.SetResult();
        output += await process.StandardOutput.ReadToEndAsync().WaitAsync(Patience);
        await process.WaitForExitAsync().WaitAsync(Patience);

        Assert.Equal(1, process.ExitCode);
        Assert.Matches("\x1b\\[\\d+A", output); // the cursor went up to draw again
        string plain = Regex.Replace(output, "\x1b\\[[0-9;?]*[A-Za-z]", "");
        Assert.Contains("✓ download", plain, StringComparison.Ordinal);
        Assert.Contains("FAILED      t.py::b  12 ms  assert 1 == 2", plain, StringComparison.Ordinal);
        Assert.Contains("TESTS_FAILED  run 12: shop", plain, StringComparison.Ordinal);
        Assert.Contains("report        http://orbit.example/reports/12/", plain, StringComparison.Ordinal);
        Assert.EndsWith("\x1b[?25h", Regex.Match(output, "(\x1b\\[\\?25[lh])(?!.*\x1b\\[\\?25)", RegexOptions.Singleline).Value, StringComparison.Ordinal); // the cursor is shown again
    }

    [Fact]
    public async Task An_interrupt_stops_the_watch_and_leaves_the_run_alone()
    {
        await using ScriptedServer server = await WithRunAsync();
        server.Answers.Watches.Enqueue(async (_, responses, context) =>
        {
            await responses.WriteAsync(Some.Snapshot(4, Some.Run(RunStatus.Testing)));
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        });
        using var cli = new OrbitCli(server);
        using Process process = Start(cli, Orbit, "watch", "12");
        await ReadUntilAsync(process, text => text.Contains("run 12", StringComparison.Ordinal));

        using Process kill = Process.Start("kill", ["-INT", $"{process.Id}"]);
        string error = await process.StandardError.ReadToEndAsync().WaitAsync(Patience);
        await process.WaitForExitAsync().WaitAsync(Patience);

        Assert.Equal(5, process.ExitCode);
        Assert.Contains("stopped watching; run 12 goes on", error, StringComparison.Ordinal);
        Assert.Empty(server.Answers.AskedFor<CancelRunRequest>());
    }

    [Fact]
    public async Task A_log_whose_reader_went_away_ends_quietly()
    {
        await using ScriptedServer server = await WithRunAsync();
        server.Answers.Logs.Enqueue(async (_, responses, context) =>
        {
            byte[] line = [.. "0123456789\n"u8];
            for (long at = 0; !context.CancellationToken.IsCancellationRequested; at += line.Length)
            {
                await responses.WriteAsync(new() { Step = "test", Offset = at, Data = Google.Protobuf.ByteString.CopyFrom(line) });
            }
        });
        using var cli = new OrbitCli(server);
        using Process process = Start(cli, "bash", "-c", $"set -o pipefail; {Orbit} logs 12 -f | head -3; exit ${{PIPESTATUS[0]}}");

        string output = await process.StandardOutput.ReadToEndAsync().WaitAsync(Patience);
        string error = await process.StandardError.ReadToEndAsync().WaitAsync(Patience);
        await process.WaitForExitAsync().WaitAsync(Patience);

        Assert.Equal("0123456789\n0123456789\n0123456789\n", output);
        Assert.Equal("", error);
        Assert.Equal(141, process.ExitCode);
    }

    private static string Orbit { get; } = typeof(ProcessTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(entry => entry.Key == "OrbitProgram").Value!;

    private static async Task<ScriptedServer> WithRunAsync()
    {
        ScriptedServer server = await ScriptedServer.StartAsync();
        server.Answers.When<ListRunTestsRequest, ListRunTestsResponse>(_ => new());
        return server;
    }

    private static Process Start(OrbitCli cli, string program, params string[] args)
    {
        var start = new ProcessStartInfo(program, args) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment["TERM"] = "xterm-256color";
        start.Environment.Remove("NO_COLOR");
        foreach ((string name, string value) in cli.Variables)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    private static async Task<string> ReadUntilAsync(Process process, Func<string, bool> enough)
    {
        string text = "";
        char[] buffer = new char[4096];
        while (!enough(text))
        {
            int count = await process.StandardOutput.ReadAsync(buffer).AsTask().WaitAsync(Patience);
            Assert.True(count > 0, $"the output ended with: {text}");
            text += new string(buffer, 0, count);
        }

        return text;
    }
}
