using System.Collections.Concurrent;
using System.Diagnostics;
using Grpc.Core;
using Orbit.Contracts.V1;

namespace Orbit.Benchmarks.Crowds;

/// <summary>Somebody who reads pages of runs and of agents, one after the other, all the time; only answered reads count.</summary>
internal sealed class ReadProbe : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private readonly ConcurrentBag<double> _milliseconds = [];
    private readonly CancellationTokenSource _enough = new();
    private readonly Task _reading;

    /// <param name="calls">Signed in.</param>
    public ReadProbe(CallInvoker calls) => _reading = ReadAsync(new RunService.RunServiceClient(calls), new AgentService.AgentServiceClient(calls));

    /// <summary>Reads that were not answered.</summary>
    public int Unanswered { get; private set; }

    /// <summary>Times from call to answer in milliseconds so far.</summary>
    public Samples Milliseconds => new(_milliseconds);

    public async ValueTask DisposeAsync()
    {
        await _enough.CancelAsync();
        await _reading;
        _enough.Dispose();
    }

    private async Task ReadAsync(RunService.RunServiceClient runs, AgentService.AgentServiceClient agents)
    {
        for (int number = 0; !_enough.IsCancellationRequested; number++)
        {
            long clock = Stopwatch.GetTimestamp();
            try
            {
                if (number % 2 == 0)
                {
                    _ = await runs.ListRunsAsync(new ListRunsRequest { PageSize = 50 });
                }
                else
                {
                    _ = await agents.ListAgentsAsync(new ListAgentsRequest { PageSize = 50 });
                }

                _milliseconds.Add(Stopwatch.GetElapsedTime(clock).TotalMilliseconds);
            }
            catch (RpcException away) when (away.StatusCode is StatusCode.Unavailable)
            {
                Unanswered++;
            }

            await Task.Delay(Pause);
        }
    }
}
