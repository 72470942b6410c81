using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Orbit.EndToEnd.Support;

/// <summary>A program as a process of its own, with what it said so far.</summary>
internal sealed class ChildProgram : IDisposable
{
    private readonly StringBuilder _output = new();
    private readonly Process _process;

    private ChildProgram(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Add(line.Data);
        process.ErrorDataReceived += (_, line) => Add(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Standard output and standard error so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    public int Pid => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Starts it with an empty standard input.</summary>
    public static ChildProgram Start(string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        ProcessStartInfo start = new(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        Process process = Process.Start(start)!;
        process.StandardInput.Close();
        return new(process);
    }

    /// <summary>Runs it to its end and wants exit code 0.</summary>
    public static async Task<string> RunAsync(string file, params string[] arguments)
    {
        using ChildProgram program = Start(file, arguments);
        int code = await program.ExitAsync(TimeSpan.FromSeconds(60));
        Assert.True(code == 0, $"{file} {string.Join(' ', arguments)} ended {code}: {program.Output}");
        return program.Output;
    }

    /// <summary>kill -9.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>Sends a signal, such as <c>STOP</c>; nothing when it has ended.</summary>
    public async Task SignalAsync(string signal)
    {
        if (!_process.HasExited)
        {
            using Process kill = Process.Start("/bin/kill", [$"-{signal}", Pid.ToString(CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync();
        }
    }

    /// <summary>SIGTERM, and its exit code.</summary>
    public async Task<int> StopAsync()
    {
        await SignalAsync("TERM");
        return await ExitAsync(TimeSpan.FromSeconds(30));
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>The exit code; 137 after SIGKILL.</returns>
    public async Task<int> ExitAsync(TimeSpan limit)
    {
        using CancellationTokenSource patience = new(limit);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"Process {Pid} did not end within {limit}. {Output}");
        }

        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: false);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private void Add(string? line)
    {
        if (line is not null)
        {
            lock (_output)
            {
                _ = _output.AppendLine(line);
            }
        }
    }
}
