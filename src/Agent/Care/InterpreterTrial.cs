using System.Globalization;
using System.Text;
using Orbit.Agent.Policy;
using Orbit.Agent.Processes;

namespace Orbit.Agent.Care;

/// <summary>
/// Tries the interpreter that tests are run with, as the user and in the surroundings of a step. What it started is ended when it is over, with
/// all that came of it: nobody waits for a hanging interpreter but this.
/// </summary>
/// <param name="policy">What the host allows.</param>
/// <param name="dataDirectory">Where the agent keeps its data.</param>
/// <param name="limit">How long the interpreter may take.</param>
/// <param name="interpreters">Where it may lie; the first that is there is tried.</param>
internal sealed class InterpreterTrial(HostPolicy policy, string dataDirectory, TimeSpan limit, IReadOnlyList<string> interpreters)
{
    private const int MostWords = 300;
    private const int MostBytes = 4096;
    private const string Name = "interpreter";

    /// <summary>How long it may take unless a test says otherwise.</summary>
    public static readonly TimeSpan UsualLimit = TimeSpan.FromSeconds(20);

    /// <summary>Where interpreters usually lie.</summary>
    public static readonly IReadOnlyList<string> Usual = ["/usr/bin/python3", "/usr/local/bin/python3"];

    /// <summary>Tries it once.</summary>
    public async Task<HostFinding> RunAsync(CancellationToken ct)
    {
        if (interpreters.FirstOrDefault(File.Exists) is not { } python)
        {
            return new(Name, false, $"neither {string.Join(" nor ", interpreters)} is there; plans with pytest need one");
        }

        string folder = Path.Combine(dataDirectory, "check");
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        _ = Directory.CreateDirectory(folder);
        try
        {
            return await RunAsync(python, folder, ct);
        }
        catch (ProcessStartException refused)
        {
            return new(Name, false, $"{python}: {refused.Message}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<HostFinding> RunAsync(string python, string folder, CancellationToken ct)
    {
        string output = Path.Combine(folder, "output");
        RunningProcess running = StepProcess.Start(new ProcessSpec
        {
            StepId = Guid.CreateVersion7(),
            FileName = python,
            Arguments = ["-m", "pytest", "--version"],
            WorkingDirectory = "/",
            Environment = StepEnvironment.Build(policy.StepUser, "/tmp", []),
            OutputFile = output,
            ExitFile = Path.Combine(folder, "exit"),
            RunAs = policy.RunAs,
        });
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(limit);
        try
        {
            ProcessEnd end = await running.WaitAsync(patience.Token);
            return new(Name, end.ExitCode == 0, $"{python} as {policy.StepUser.Name}: {await WordsAsync(output, ct)}{(end.ExitCode == 0 ? "" : $" ({end.Detail ?? $"exit code {end.ExitCode}"})")}");
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return new(Name, false, string.Create(CultureInfo.InvariantCulture, $"{python} -m pytest --version did not end within {limit.TotalSeconds:0.#} s"));
        }
        finally
        {
            _ = await running.KillAsync(TimeSpan.Zero, CancellationToken.None);
        }
    }

    private static async Task<string> WordsAsync(string file, CancellationToken ct)
    {
        await using FileStream stream = File.OpenRead(file);
        byte[] bytes = new byte[MostBytes];
        int length = await stream.ReadAtLeastAsync(bytes, MostBytes, throwOnEndOfStream: false, ct);
        string words = Encoding.UTF8.GetString(bytes, 0, length).Replace('\0', ' ').ReplaceLineEndings(" ").Trim();
        return words[..Math.Min(words.Length, MostWords)];
    }
}
