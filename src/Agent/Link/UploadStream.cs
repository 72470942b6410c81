using Grpc.Core;
using Microsoft.Extensions.Logging;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Link;

/// <summary>One upload connection, from its first message until nothing was to be sent for a while.</summary>
internal sealed class UploadStream(UploadBook book, UploadGrant grant, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan IdleLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan WriteDeadline = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LookAtClock = TimeSpan.FromSeconds(1);
    private readonly byte[] _buffer = new byte[grant.MaxChunkBytes];
    private long _progressAt;

    /// <summary>Whether the control plane took or refused anything that was sent.</summary>
    public bool WasAnswered { get; private set; }

    /// <summary>Sends what there is until <paramref name="ct"/> fires or nothing was to be sent for a while.</summary>
    /// <exception cref="RpcException">The connection broke, or the control plane refuses it.</exception>
    /// <exception cref="TimeoutException">It stands still.</exception>
    public async Task RunAsync(AgentGateway.AgentGatewayClient gateway, CancellationToken ct)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using AsyncDuplexStreamingCall<UploadRequest, UploadResponse> call = gateway.Upload(cancellationToken: ended.Token);
        List<UploadItem> items = book.Items();
        items.ForEach(item => item.Begin());
        Task reader = Task.CompletedTask;
        try
        {
            await call.RequestStream.WriteAsync(new() { Open = new() { UploadToken = grant.UploadToken } }, ended.Token).WaitAsync(WriteDeadline, ended.Token);
            _progressAt = time.GetTimestamp();
            reader = ReadAsync(call.ResponseStream, ended.Token);
            await SendAsync(call.RequestStream, reader, ended.Token);
            await call.RequestStream.CompleteAsync();
            await reader.WaitAsync(AnswerLimit, ct);
        }
        catch
        {
            book.Items().ForEach(item => item.Doubt());
            throw;
        }
        finally
        {
            await ended.CancelAsync();
            _ = await Task.WhenAny(reader);
            _ = reader.Exception; // the sending side has judged it
        }
    }

    private async Task SendAsync(IClientStreamWriter<UploadRequest> requests, Task reader, CancellationToken ct)
    {
        while (true)
        {
            if (reader.IsCompleted)
            {
                await reader;
                throw new RpcException(new Status(StatusCode.Unavailable, "the server closed the upload"));
            }

            List<UploadItem> items = book.Items();
            if (await SendSomeAsync(requests, items, ct))
            {
                continue;
            }

            TimeSpan quiet = time.GetElapsedTime(Interlocked.Read(ref _progressAt));
            bool waitsForAnswer = items.Exists(item => item.Ready && !item.Grows);
            if (waitsForAnswer ? quiet > AnswerLimit : quiet > IdleLimit)
            {
                if (waitsForAnswer)
                {
                    throw new TimeoutException($"the upload was not answered for {quiet.TotalSeconds:0} s");
                }

                return;
            }

            _ = await book.Wake.WaitAsync(LookAtClock, time, ct);
        }
    }

    /// <returns>Whether anything was sent.</returns>
    private async Task<bool> SendSomeAsync(IClientStreamWriter<UploadRequest> requests, List<UploadItem> items, CancellationToken ct)
    {
        bool any = false;
        foreach (UploadItem item in items)
        {
            while (Next(item, grant.CreditBytes - items.Sum(each => each.Sent - each.Acked)) is { } piece)
            {
                Task write = requests.WriteAsync(piece, ct);
                if (!write.IsCompletedSuccessfully)
                {
                    await write.WaitAsync(WriteDeadline, ct);
                }

                Interlocked.Exchange(ref _progressAt, time.GetTimestamp());
                any = true;
            }
        }

        return any;
    }

    private UploadRequest? Next(UploadItem item, long credit)
    {
        try
        {
            return item.Next(_buffer, credit);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            if (!item.Done)
            {
                logger.UploadUnreadable(item.Assignment.Id, item.What, unreadable.Message);
                item.GiveUp();
            }

            return null;
        }
    }

    private async Task ReadAsync(IAsyncStreamReader<UploadResponse> responses, CancellationToken ct)
    {
        while (await responses.MoveNext(ct))
        {
            UploadResponse response = responses.Current;
            switch (response.MessageCase)
            {
                case UploadResponse.MessageOneofCase.Log:
                    Find(response.Log.AssignmentId, response.Log.Step, "")?.Ack(response.Log.NextOffset);
                    break;
                case UploadResponse.MessageOneofCase.File:
                    Find(response.File.AssignmentId, "", response.File.Path)?.Ack(response.File.NextOffset);
                    break;
                case UploadResponse.MessageOneofCase.Refused:
                    Refuse(response.Refused);
                    break;
                default:
                    break;
            }

            WasAnswered |= response.MessageCase is not UploadResponse.MessageOneofCase.Opened;
            Interlocked.Exchange(ref _progressAt, time.GetTimestamp());
            book.Changed();
        }
    }

    private void Refuse(UploadRefused refused)
    {
        string what = refused.Step.Length > 0 ? $"log of {refused.Step}" : refused.Path.Length > 0 ? $"file {refused.Path}" : "everything";
        logger.UploadRefused(refused.AssignmentId, what, refused.Reason, refused.Text);
        bool all = refused.Reason is "FENCED" or "ATTEMPT_CLOSED";
        foreach (UploadItem item in book.Items().Where(item => item.Assignment.Id.ToString() == refused.AssignmentId))
        {
            if (all || (item.Step == refused.Step && (item.File?.Path ?? "") == refused.Path))
            {
                item.GiveUp();
            }
        }
    }

    private UploadItem? Find(string assignment, string step, string path) =>
        book.Items().Find(item => item.Step == step && (item.File?.Path ?? "") == path && item.Assignment.Id.ToString() == assignment);
}
