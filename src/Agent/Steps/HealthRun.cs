using System.Net.Sockets;
using Orbit.Agent.Plans;
using Orbit.Agent.Processes;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Steps;

/// <summary>Waits until the service answers. Safe to repeat.</summary>
internal sealed class HealthRun(HealthStep health, HealthProbe probe) : IStep
{
    /// <inheritdoc/>
    public bool MayBeStopped => true;

    /// <inheritdoc/>
    public async Task<StepResult> RunAsync(StepContext context)
    {
        string last = "nothing was tried";
        try
        {
            last = await probe.UntilHealthyAsync(context, health, firstCommand: 1, words => last = words, context.Stop.Token);
            context.Log.Remark(last);
            return StepResult.Succeeded();
        }
        catch (OperationCanceledException) when (context.Stop.Cause == StopCause.StepTimeLimit)
        {
            return StepResult.Failed(FailureClass.Start, "NOT_HEALTHY", $"The service did not become healthy in time; last: {last}.");
        }
    }
}

/// <summary>Asks a service whether it is well.</summary>
internal sealed class HealthProbe(CommandRunner commands) : IDisposable
{
    private static readonly TimeSpan UsualInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan TryLimit = TimeSpan.FromSeconds(10);
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = TryLimit };

    /// <summary>Tries until it is.</summary>
    /// <param name="context">The step that asks.</param>
    /// <param name="health">How.</param>
    /// <param name="firstCommand">Number of the step's first command that may be used.</param>
    /// <param name="tell">Told what came of each try that failed.</param>
    /// <param name="ct">Ends the trying.</param>
    /// <returns>What the good answer was.</returns>
    public async Task<string> UntilHealthyAsync(StepContext context, HealthStep health, int firstCommand, Action<string> tell, CancellationToken ct)
    {
        TimeSpan interval = health.Interval?.ToTimeSpan() ?? UsualInterval;
        for (int tries = 1; ; tries++)
        {
            long begun = context.Time.GetTimestamp();
            (bool healthy, string words) = await TryAsync(context, health, firstCommand + tries - 1, ct);
            if (healthy)
            {
                return $"healthy at try {tries}: {words}";
            }

            tell(words);
            TimeSpan rest = interval - context.Time.GetElapsedTime(begun);
            await Task.Delay(rest > TimeSpan.Zero ? rest : TimeSpan.Zero, context.Time, ct);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private async Task<(bool Healthy, string Words)> TryAsync(StepContext context, HealthStep health, int command, CancellationToken ct) => health.ProbeCase switch
    {
        HealthStep.ProbeOneofCase.Http => await HttpAsync(health.Http, ct),
        HealthStep.ProbeOneofCase.Tcp => await TcpAsync(health.Tcp, ct),
        HealthStep.ProbeOneofCase.Command => await CommandAsync(context, health.Command, command),
        _ => throw new ProcessStartException("PROBE_MISSING", "The plan does not say how to ask for health."),
    };

    private async Task<(bool Healthy, string Words)> HttpAsync(string address, CancellationToken ct)
    {
        try
        {
            using HttpResponseMessage response = await _client.GetAsync(new Uri(address), HttpCompletionOption.ResponseHeadersRead, ct);
            return (response.IsSuccessStatusCode, $"{address} answered {(int)response.StatusCode}");
        }
        catch (HttpRequestException failed)
        {
            return (false, $"{address}: {failed.Message}");
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return (false, $"{address} did not answer within {TryLimit.TotalSeconds:0} s");
        }
    }

    private static async Task<(bool Healthy, string Words)> TcpAsync(string target, CancellationToken ct)
    {
        int colon = target.LastIndexOf(':');
        if (colon <= 0 || !int.TryParse(target.AsSpan(colon + 1), out int port))
        {
            throw new ProcessStartException("PROBE_INVALID", $"'{target}' is not host:port.");
        }

        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(TryLimit);
        try
        {
            await socket.ConnectAsync(target[..colon].Trim('[', ']'), port, limit.Token);
            return (true, $"{target} accepted the connection");
        }
        catch (SocketException failed)
        {
            return (false, $"{target}: {failed.Message}");
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return (false, $"{target} did not answer within {TryLimit.TotalSeconds:0} s");
        }
    }

    private async Task<(bool Healthy, string Words)> CommandAsync(StepContext context, Command command, int number)
    {
        CommandEnd ended = await commands.RunAsync(context, new StepCommand
        {
            Argv = [.. command.Argv],
            Directory = context.Work.InstallDir.Length > 0 ? context.Work.InstallDir : "/",
            Number = number,
        });
        context.Stop.Token.ThrowIfCancellationRequested();
        return (ended.End.ExitCode == 0, $"the command ended with exit code {ended.End.ExitCode?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "unknown"}");
    }
}
