using System.Threading.Channels;
using Npgsql;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Storage;

/// <summary>
/// Carries signals between replicas by LISTEN and NOTIFY. A hint only: a lost one costs the pause after which each reader looks again by
/// itself. Signals of a few milliseconds go out together, so that a busy server does not pay for a notification a commit.
/// </summary>
internal sealed class PostgresWakeUps(NpgsqlDataSource source, Signals signals, TimeProvider time, ILogger<PostgresWakeUps> log) : BackgroundService
{
    private const string Channel = "orbit";

    /// <summary>PostgreSQL refuses payloads of 8,000 bytes and more.</summary>
    private const int LongestPayload = 7000;

    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan ProveEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly string _me = Guid.NewGuid().ToString("N")[..8];
    private readonly Channel<string> _raised = System.Threading.Channels.Channel.CreateBounded<string>(
        new BoundedChannelOptions(4096) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite });

    /// <inheritdoc />
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        signals.Raised += OnRaised;
        return base.StartAsync(cancellationToken);
    }

    /// <inheritdoc />
    public override Task StopAsync(CancellationToken cancellationToken)
    {
        signals.Raised -= OnRaised;
        return base.StopAsync(cancellationToken);
    }

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(AgainAndAgainAsync(ListenAsync, stoppingToken), AgainAndAgainAsync(SendAsync, stoppingToken));

    private void OnRaised(string topic) => _raised.Writer.TryWrite(topic);

    private async Task AgainAndAgainAsync(Func<CancellationToken, Task> work, CancellationToken ct)
    {
        await Task.Yield();
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await work(ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception broken) when (broken is NpgsqlException or IOException or TimeoutException or ObjectDisposedException)
            {
                log.WakeUpsBroken(broken.Message);
                await Task.Delay(Pause, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Listens on one connection, and proves every few seconds on that very connection that it still listens.</summary>
    private async Task ListenAsync(CancellationToken ct)
    {
        await using NpgsqlConnection session = await source.OpenConnectionAsync(ct);
        session.Notification += (_, told) => OnTold(told.Payload);
        await using (NpgsqlCommand listen = new($"LISTEN {Channel}", session))
        {
            await listen.ExecuteNonQueryAsync(ct);
        }

        signals.RaiseAll(); // whatever was told while nobody listened
        long proven = time.GetTimestamp();
        while (true)
        {
            bool told = await session.WaitAsync(ProveEvery, ct);
            if (told && time.GetElapsedTime(proven) < ProveEvery)
            {
                continue;
            }

            proven = time.GetTimestamp();
            await using NpgsqlCommand prove = new("SELECT COUNT(*) FROM pg_listening_channels() AS c WHERE c = $1", session) { Parameters = { new() { Value = Channel } } };
            if ((long)(await prove.ExecuteScalarAsync(ct))! == 0)
            {
                throw new NpgsqlException("The session no longer listens.");
            }
        }
    }

    private void OnTold(string payload)
    {
        string[] parts = payload.Split(' ');
        if (parts[0] == _me)
        {
            return; // our own: heard of at once, in the process
        }

        foreach (string topic in parts.AsSpan(1))
        {
            signals.RaiseHere(topic);
        }
    }

    private async Task SendAsync(CancellationToken ct)
    {
        await using NpgsqlConnection session = await source.OpenConnectionAsync(ct);
        while (await _raised.Reader.WaitToReadAsync(ct))
        {
            await Task.Delay(Gather, time, ct);
            var topics = new HashSet<string>(StringComparer.Ordinal);
            int length = _me.Length;
            while (length < LongestPayload && _raised.Reader.TryRead(out string? topic))
            {
                length += topics.Add(topic) ? topic.Length + 1 : 0;
            }

            await using NpgsqlCommand notify = new("SELECT pg_notify($1, $2)", session)
            {
                Parameters = { new() { Value = Channel }, new() { Value = $"{_me} {string.Join(' ', topics)}" } },
            };
            await notify.ExecuteNonQueryAsync(ct);
        }
    }
}
