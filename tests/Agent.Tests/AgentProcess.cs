using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;

namespace Orbit.Agent.Tests;

/// <summary>A real agent as a process of its own, with a data directory that outlives it.</summary>
internal sealed partial class AgentProcess : IDisposable
{
    private static readonly string Program = typeof(AgentProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(one => one.Key == "AgentProgram").Value!;
    private readonly StringBuilder _output = new();
    private Process? _process;

    /// <summary>Everything of this agent; removed with it.</summary>
    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("orbit-agent-test-").FullName;

    /// <summary>A directory that plans may use.</summary>
    public string Files => Path.Combine(Directory, "files");

    public string Data => Path.Combine(Directory, "data");

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

    public int Pid => _process!.Id;

    public bool HasExited => _process!.HasExited;

    /// <summary>Starts it.</summary>
    /// <param name="arguments">Options beside --data.</param>
    /// <param name="failPoint">Where it is to be killed.</param>
    /// <param name="data">Another data directory than its own.</param>
    public AgentProcess Start(IEnumerable<string> arguments, string? failPoint = null, string? data = null)
    {
        _ = System.IO.Directory.CreateDirectory(Files);
        ProcessStartInfo start = new("dotnet", [Program, .. arguments, "--data", data ?? Data, "--reconnect-cap", "1"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Directory,
        };
        start.Environment["ORBIT_FAILPOINT"] = failPoint ?? "";
        start.Environment["ORBIT_AGENT_LOG_LEVEL"] = "debug";
        _process = Process.Start(start)!;
        lock (_output)
        {
            _ = _output.Clear();
        }

        _process.OutputDataReceived += (_, line) => Add(line.Data);
        _process.ErrorDataReceived += (_, line) => Add(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        return this;
    }

    /// <summary>Starts it with what a first start needs.</summary>
    public AgentProcess Start(Uri server, string? token, string? failPoint = null) =>
        Start(["--server", server.ToString(), "--name", "test", "--allow", Files, .. token is null ? Array.Empty<string>() : ["--token", token]], failPoint);

    /// <summary>kill -9.</summary>
    public void Kill()
    {
        _process!.Kill();
        _process.WaitForExit();
    }

    public async Task<int> StopAsync()
    {
        Assert.Equal(0, Signal(Pid, 15));
        return await ExitAsync();
    }

    public async Task<int> ExitAsync(int seconds = 20)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(seconds));
        try
        {
            await _process!.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"The agent did not end within {seconds} s. {Output}");
        }

        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (_process is { HasExited: false })
        {
            Kill();
        }

        _process?.Dispose();
        _process = null;
        if (System.IO.Directory.Exists(Directory))
        {
            System.IO.Directory.Delete(Directory, recursive: true);
        }
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

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int pid, int signal);
}
