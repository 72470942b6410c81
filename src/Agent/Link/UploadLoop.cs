using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;

namespace Orbit.Agent.Link;

/// <summary>
/// Opens the upload connection when there is something to send, and only while the session lives: the session is what decides when to come
/// back, so that uploads never storm a server that just went away.
/// </summary>
internal sealed class UploadLoop(ServerConnection connection, UploadBook book, TimeProvider time, ILogger<UploadLoop> logger)
{
    private static readonly TimeSpan RetryCap = TimeSpan.FromSeconds(30);
    private readonly Backoff _backoff = new(RetryCap, Random.Shared);
    private readonly WakeUp _granted = new(); // a new session ends the wait after a broken upload
    private volatile UploadGrant? _grant;

    /// <summary>A session was welcomed.</summary>
    public void Begin(UploadGrant grant)
    {
        _grant = grant;
        _granted.Set();
        book.Changed();
    }

    /// <summary>The session has ended: its grant is worth nothing now.</summary>
    public void End() => _grant = null;

    /// <summary>Runs until <paramref name="leave"/> fires.</summary>
    public async Task RunAsync(CancellationToken leave)
    {
        try
        {
            while (true)
            {
                UploadGrant grant = await WaitForWorkAsync(leave);
                await TransferAsync(grant, leave);
            }
        }
        catch (OperationCanceledException) when (leave.IsCancellationRequested)
        {
            // the agent leaves; what was not acked is found again in the journal
        }
    }

    private async Task<UploadGrant> WaitForWorkAsync(CancellationToken leave)
    {
        while (true)
        {
            List<UploadItem> items = book.Items();
            if (_grant is { } grant && items.Exists(item => item.HasMore))
            {
                return grant;
            }

            await book.Wake.WaitAsync(leave);
        }
    }

    private async Task TransferAsync(UploadGrant grant, CancellationToken leave)
    {
        string problem;
        UploadStream stream = new(book, grant, time, logger);
        try
        {
            using GrpcChannel channel = connection.Open();
            await stream.RunAsync(ServerConnection.Gateway(channel), leave);
            _backoff.Reset();
            return;
        }
        catch (RpcException refused) when (!leave.IsCancellationRequested)
        {
            SessionEnd end = SessionEnd.From(refused);
            if (end.Reason is "UPLOAD_TOKEN_INVALID" or "FENCED")
            {
                _ = Interlocked.CompareExchange(ref _grant, null, grant); // the next session brings another
            }

            problem = $"{end.Reason}: {end.Text}";
        }
        catch (Exception broken) when (!leave.IsCancellationRequested && broken is TimeoutException or IOException or OperationCanceledException or InvalidOperationException)
        {
            problem = broken.Message;
        }

        leave.ThrowIfCancellationRequested();
        if (stream.WasAnswered)
        {
            _backoff.Reset(); // it worked until it broke: cuts do not add up
        }

        TimeSpan wait = _backoff.Next();
        logger.UploadBroken(problem, wait);
        _ = await _granted.WaitAsync(wait, time, leave);
    }
}
