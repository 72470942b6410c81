using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Orbit.ControlPlane.Reports;

/// <summary>Runs Allure once: in a process group of its own, at low priority, with a memory cap, with nothing of our environment.</summary>
internal static partial class AllureProcess
{
    private const int KeptOutput = 4000;
    private const int Sigkill = 9;

    /// <summary>Generates a report with a configuration file.</summary>
    /// <param name="allure">The program.</param>
    /// <param name="directory">Where it runs; <c>allurerc.json</c> and <c>results</c> are in it.</param>
    /// <param name="memoryMegabytes">Cap of its heap.</param>
    /// <param name="limit">The group is killed then; also by itself, should this process be gone.</param>
    /// <param name="ct">Ends it.</param>
    /// <exception cref="ReportBuildException">It failed or took too long.</exception>
    public static async Task GenerateAsync(AllureFiles allure, string directory, int memoryMegabytes, TimeSpan limit, CancellationToken ct)
    {
        // timeout(1) ends a build whose control plane was killed.
        string atMost = ((int)limit.TotalSeconds + 5).ToString(CultureInfo.InvariantCulture);
        var start = new ProcessStartInfo(
            "setsid",
            ["nice", "-n", "10", "timeout", "--signal=KILL", atMost, allure.Node, $"--max-old-space-size={memoryMegabytes}", allure.Cli, "generate", "--config", "allurerc.json", "results"])
        {
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/bin:/usr/bin:/bin";
        start.Environment["HOME"] = directory;
        start.Environment["LANG"] = "C.UTF-8";
        start.Environment["NO_COLOR"] = "1";
        start.Environment["ALLURE_NO_ANALYTICS"] = "true";
        using Process process = Process.Start(start) ?? throw new ReportBuildException("Allure could not be started.");
        process.StandardInput.Close();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(ct);
        ended.CancelAfter(limit);
        using CancellationTokenRegistration kill = ended.Token.Register(() => KillGroup(process));
        string[] output = await Task.WhenAll(LastOfAsync(process.StandardOutput), LastOfAsync(process.StandardError));
        await process.WaitForExitAsync(CancellationToken.None);
        ct.ThrowIfCancellationRequested();
        if (ended.IsCancellationRequested)
        {
            throw new ReportBuildException($"Allure took longer than {limit} and was ended.");
        }

        if (process.ExitCode != 0)
        {
            string said = string.Join('\n', output.Select(o => o.Trim()).Where(o => o.Length > 0));
            throw new ReportBuildException($"Allure ended with code {process.ExitCode}: {(said.Length == 0 ? "it said nothing" : said)}");
        }
    }

    /// <summary>Kills the group, and the leader by itself as well in case it has not made its group yet.</summary>
    private static void KillGroup(Process leader)
    {
        if (!leader.HasExited)
        {
            _ = Kill(-leader.Id, Sigkill);
            _ = Kill(leader.Id, Sigkill);
        }
    }

    /// <summary>Reads to the end and keeps the last part.</summary>
    private static async Task<string> LastOfAsync(StreamReader reader)
    {
        var kept = new StringBuilder();
        char[] buffer = new char[2048];
        int length;
        while ((length = await reader.ReadAsync(buffer, CancellationToken.None)) > 0)
        {
            kept.Append(buffer, 0, length);
            if (kept.Length > 2 * KeptOutput)
            {
                kept.Remove(0, kept.Length - KeptOutput);
            }
        }

        return kept.Length > KeptOutput ? kept.ToString(kept.Length - KeptOutput, KeptOutput) : kept.ToString();
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}

/// <summary>A report could not be built; the message says why, in a reader's words.</summary>
internal sealed class ReportBuildException(string message) : Exception(message);
