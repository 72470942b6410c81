using System.Diagnostics;
using Grpc.Core;
using Orbit.Agent.Link;
using Orbit.Contracts.V1;

namespace Orbit.Benchmarks.Crowds;

/// <summary>
/// A simulated agent that comes back whenever its stream breaks, after the pauses that a real one makes (the same code decides them), takes one
/// piece of work and tells what the server has not acknowledged.
/// </summary>
internal sealed class CrowdAgent(Uri server, AgentIdentity identity) : IAsyncDisposable
{
    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(60); // as agents have unless told otherwise
    private static readonly TimeSpan HealthyAfter = TimeSpan.FromSeconds(30);
    private readonly CancellationTokenSource _leave = new();
    private readonly Backoff _backoff = new(Cap, Random.Shared);
    private volatile SimulatedAgent? _stream;
    private Task _running = Task.CompletedTask;

    /// <summary>True while the server has welcomed it and the stream is open.</summary>
    public bool Connected => _stream is { Ended: null };

    /// <summary>What it was given; null before.</summary>
    public SimulatedWork? Work { get; private set; }

    /// <summary>Attempts to connect so far.</summary>
    public int Attempts { get; private set; }

    /// <summary>What went wrong for good; null when nothing did.</summary>
    public string? Problem { get; private set; }

    /// <summary>Connects for the first time, and keeps at it from then on.</summary>
    public async Task StartAsync()
    {
        SimulatedAgent first = await ConnectAsync();
        _running = FollowAsync(first);
    }

    /// <summary>Something happens in its work.</summary>
    public async Task TickAsync(bool last)
    {
        if (Work?.Next(last) is { } news)
        {
            await SendAsync(news);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _leave.CancelAsync();
        _stream?.Dispose();
        await _running;
        _leave.Dispose();
    }

    private async Task<SimulatedAgent> ConnectAsync()
    {
        Attempts++;
        SimulatedAgent? stream = null;
        stream = new SimulatedAgent(server)
        {
            Greeting = hello => hello.Open.AddRange(Work is { Forgotten: false } work ? [work.Open] : []),
            Told = message => HearAsync(stream!, message),
        };
        try
        {
            await stream.ConnectAsync(identity);
            _stream = stream;
            return stream;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    private async Task FollowAsync(SimulatedAgent? stream)
    {
        TimeSpan? named = null;
        while (!_leave.IsCancellationRequested)
        {
            if (stream is not null)
            {
                long since = Stopwatch.GetTimestamp();
                await stream.WaitAsync();
                stream.Dispose();
                stream = null;
                if (Stopwatch.GetElapsedTime(since) > HealthyAfter)
                {
                    _backoff.Reset();
                }
            }

            try
            {
                await Task.Delay(named ?? _backoff.Next(), _leave.Token);
                named = null;
                stream = await ConnectAsync();
            }
            catch (RpcException refused)
            {
                named = NamedBy(refused);
            }
            catch (Exception away) when (away is OperationCanceledException or InvalidOperationException or IOException)
            {
                // not yet, or no longer wanted
            }
        }

        stream?.Dispose();
    }

    /// <summary>When the server wants it back, if it said so.</summary>
    private static TimeSpan? NamedBy(RpcException refused) =>
        refused.Trailers.GetValueBytes("grpc-status-details-bin") is { } details
            ? Google.Rpc.Status.Parser.ParseFrom(details).Details.FirstOrDefault(d => d.Is(Google.Rpc.RetryInfo.Descriptor))?.Unpack<Google.Rpc.RetryInfo>().RetryDelay?.ToTimeSpan()
            : null;

    private async Task HearAsync(SimulatedAgent stream, ServerMessage message)
    {
        try
        {
            if (message.Offer is { } offer && Work is null)
            {
                Work = new SimulatedWork(offer);
                await stream.SendAsync(Work.Accept);
            }
            else if (Work?.Hear(message) is { } news)
            {
                await stream.SendAsync(news);
            }
        }
        catch (InvalidOperationException refused) when (refused.Message.StartsWith("Work was", StringComparison.Ordinal))
        {
            Problem = refused.Message;
        }
    }

    private async Task SendAsync(AgentMessage news)
    {
        try
        {
            await (_stream is { Ended: null } stream ? stream.SendAsync(news) : Task.CompletedTask);
        }
        catch (Exception broken) when (broken is RpcException or OperationCanceledException or InvalidOperationException or IOException)
        {
            // told after the next Welcome
        }
    }
}
