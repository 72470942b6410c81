using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Orbit.Benchmarks.Rig;

/// <summary>A program under measurement. Its output goes to a file; it is asked to end with SIGTERM.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private const int Sigterm = 15;
    private static readonly TimeSpan EndTime = TimeSpan.FromSeconds(30);
    private readonly Process _process;
    private readonly string _logFile;

    private ChildProcess(Process process, string logFile) => (_process, _logFile) = (process, logFile);

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>What it wrote.</summary>
    public string Log => File.ReadAllText(_logFile);

    /// <summary>Starts a program with its output in a file of the scratch directory.</summary>
    public static ChildProcess Start(Scratch scratch, string name, IReadOnlyList<string> command)
    {
        string log = scratch.PathOf($"{name}.log");
        string[] arguments = ["-c", "exec \"$@\" >\"$0\" 2>&1 </dev/null", log, .. command];
        var start = new ProcessStartInfo("/bin/sh", arguments) { WorkingDirectory = scratch.Directory };
        start.Environment["DOTNET_TieredPGO"] = "1"; // the default, whatever the caller's environment says
        return scratch.Own(new ChildProcess(Process.Start(start)!, log));
    }

    /// <summary>Waits for a condition; throws with the program's output when it ends or the time is over.</summary>
    public async Task WaitForAsync(string what, Func<Task<bool>> condition)
    {
        long started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (_process.HasExited || Stopwatch.GetElapsedTime(started) > TimeSpan.FromMinutes(2))
            {
                throw new InvalidOperationException($"{what} did not happen. The process {(_process.HasExited ? "has ended" : "runs")}: {Log}");
            }

            await Task.Delay(50);
        }
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Memory in bytes: resident, and its own share of it (proportional set size).</summary>
    public (long Resident, long Share) Memory()
    {
        string[] rollup = File.ReadAllLines($"/proc/{Id}/smaps_rollup");
        return (Field(rollup, "Rss:"), Field(rollup, "Pss:"));
    }

    /// <summary>Time on processors so far, its own and the kernel's for it.</summary>
    public TimeSpan ProcessorTime()
    {
        _process.Refresh();
        return _process.TotalProcessorTime;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _ = Signal(_process.Id, Sigterm);
            using var limit = new CancellationTokenSource(EndTime);
            try
            {
                await _process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill();
                await _process.WaitForExitAsync(CancellationToken.None);
            }
        }

        _process.Dispose();
    }

    private static long Field(string[] lines, string name) =>
        1024 * long.Parse(lines.First(l => l.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Signal(int process, int signal);
}
