using Grpc.Core;
using Microsoft.Extensions.Logging;
using Orbit.Agent.Care;
using Orbit.Agent.Identity;
using Orbit.Agent.Plans;
using Orbit.Agent.Upgrades;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Link;

/// <summary>What a session brings to other connections of the same agent.</summary>
/// <param name="UploadToken">Opens uploads.</param>
/// <param name="MaxChunkBytes">Largest piece of a log or file.</param>
/// <param name="CreditBytes">Bytes that may be under way.</param>
internal sealed record UploadGrant(string UploadToken, int MaxChunkBytes, long CreditBytes);

/// <summary>One session: from the first message of the stream to its end. Never used twice.</summary>
internal sealed class Session(
    ServerConnection connection, AgentIdentity identity, Enrolment enrolment, SessionReports reports, AgentFacts facts, AssignmentBook book, Outbox outbox, Lease lease, TimeProvider time, ILogger logger)
{
    private static readonly SessionEnd Left = new(SessionEndKind.Left, "LEFT", "The agent leaves.", null);
    private static readonly TimeSpan GoodbyeLimit = TimeSpan.FromSeconds(3);
    private readonly TaskCompletionSource<SessionEnd> _aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TimeSpan? _comeBackIn;
    private SessionWriter? _writer;
    private Pulse? _pulse;

    /// <summary>Monotonic time at which the server welcomed this agent; <see langword="null"/> before.</summary>
    public long? WelcomedAt { get; private set; }

    /// <summary>Called when the server has welcomed this agent.</summary>
    public Action<UploadGrant>? Welcomed { get; init; }

    /// <summary>Called when the server wants another program.</summary>
    public Action<UpgradeWish>? UpgradeWanted { get; init; }

    /// <summary>Called when the server wants the host looked at.</summary>
    public Action<CheckWish>? CheckWanted { get; init; }

    /// <summary>Runs until the stream ends, or <paramref name="leave"/> fires.</summary>
    public async Task<SessionEnd> RunAsync(AgentGateway.AgentGatewayClient gateway, CancellationToken leave)
    {
        using var ended = new CancellationTokenSource();
        using AsyncDuplexStreamingCall<AgentMessage, ServerMessage> call = gateway.Session(cancellationToken: ended.Token);
        try
        {
            _writer = new SessionWriter(call.RequestStream, outbox, Abort);
            if (await GreetAsync(call.ResponseStream, leave) is { } refused)
            {
                return refused;
            }

            return await FollowAsync(call.ResponseStream, ended, leave);
        }
        catch (RpcException lost)
        {
            return leave.IsCancellationRequested ? Left : Judge(lost);
        }
        catch (OperationCanceledException) when (leave.IsCancellationRequested)
        {
            return Left;
        }
        finally
        {
            reports.Detach();
            await ended.CancelAsync();
        }
    }

    /// <returns>The end, when it came before the welcome.</returns>
    private async Task<SessionEnd?> GreetAsync(IAsyncStreamReader<ServerMessage> responses, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(facts.GreetingLimit);
        try
        {
            Challenge challenge = (await NextAsync(responses, limit.Token)).Challenge ?? throw Unexpected("Challenge");
            if (challenge.ServerId != identity.ServerId)
            {
                return new SessionEnd(SessionEndKind.WrongServer, "WRONG_SERVER", challenge.ServerId, null);
            }

            AgentHello hello = facts.Hello(identity, challenge.Nonce.Span);
            hello.Open.AddRange(book.Describe());
            long askedAt = time.GetTimestamp();
            await _writer!.WriteAsync(new() { Hello = hello }, moreFollows: false, limit.Token);
            Welcome welcome = (await NextAsync(responses, limit.Token)).Welcome ?? throw Unexpected("Welcome");
            Begin(welcome, askedAt, hello.Open.Count);
            return null;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return SessionEnd.Broken($"the server did not answer within {facts.GreetingLimit.TotalSeconds:0} s");
        }
        catch (RpcException cut) when (cut.StatusCode == StatusCode.Cancelled && limit.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            return SessionEnd.Broken($"the server did not answer within {facts.GreetingLimit.TotalSeconds:0} s");
        }
    }

    private void Begin(Welcome welcome, long askedAt, int open)
    {
        TimeSpan leaseDuration = welcome.LeaseDuration.ToTimeSpan();
        lease.Renew(askedAt, leaseDuration);
        _pulse = new Pulse(_writer!, lease, welcome.HeartbeatInterval.ToTimeSpan(), leaseDuration, facts.FreeBytes, time);
        WelcomedAt = time.GetTimestamp();
        logger.Connected(connection.Server, welcome.ServerInstance, welcome.AgentName, welcome.SessionEpoch, welcome.Protocol, open);
        Trust(welcome.Trust);
        reports.Attach(welcome, _writer!);
        Desire(welcome.Desired);
        if (enrolment.HasNextKey && welcome.Desired is not { NewKey: true })
        {
            _writer!.Send(new() { NewKey = enrolment.NextKey() }); // the answer of before was lost
        }

        Welcomed?.Invoke(new UploadGrant(welcome.UploadToken, welcome.MaxChunkBytes, welcome.UploadCreditBytes));
        book.Reconcile(welcome, _writer!);
    }

    /// <summary>Reader, writer and pulse; the first that ends ends all.</summary>
    private async Task<SessionEnd> FollowAsync(IAsyncStreamReader<ServerMessage> responses, CancellationTokenSource ended, CancellationToken leave)
    {
        Task reader = ReadAsync(responses, ended.Token);
        Task writer = _writer!.RunAsync(ended.Token);
        Task pulse = _pulse!.RunAsync(ended.Token);
        SessionEnd end;
        using (leave.Register(() => _writer.Finish("The agent was told to stop.")))
        {
            Task first = await Task.WhenAny(reader, writer, pulse, _aborted.Task);
            end = first == _aborted.Task ? await _aborted.Task : await EndOfAsync(first);
        }

        if (leave.IsCancellationRequested)
        {
            _ = await Task.WhenAny(reader, Task.Delay(GoodbyeLimit, time, CancellationToken.None)); // the server takes what was sent and closes
            end = Left;
        }

        await ended.CancelAsync();
        await Task.WhenAll(Quietly(reader), Quietly(writer), Quietly(pulse));
        return _comeBackIn is null ? end : end with { ComeBackIn = end.ComeBackIn ?? _comeBackIn };
    }

    private async Task<SessionEnd> EndOfAsync(Task task)
    {
        try
        {
            await task;
            return SessionEnd.Broken("the server closed the stream");
        }
        catch (RpcException lost)
        {
            return Judge(lost);
        }
        catch (Exception broken) when (broken is TimeoutException or IOException or InvalidOperationException or OperationCanceledException)
        {
            return SessionEnd.Broken(broken.Message);
        }
    }

    private async Task ReadAsync(IAsyncStreamReader<ServerMessage> responses, CancellationToken ct)
    {
        while (await responses.MoveNext(ct))
        {
            Handle(responses.Current);
        }
    }

    private void Handle(ServerMessage message)
    {
        switch (message.MessageCase)
        {
            case ServerMessage.MessageOneofCase.Offer:
                book.Take(message.Offer, _writer!);
                break;
            case ServerMessage.MessageOneofCase.Confirmed:
                book.Confirm(message.Confirmed);
                break;
            case ServerMessage.MessageOneofCase.Ack:
                book.Ack(message.Ack);
                break;
            case ServerMessage.MessageOneofCase.Expect:
                book.SendAgain(message.Expect);
                break;
            case ServerMessage.MessageOneofCase.Fenced:
                book.Fence(message.Fenced);
                break;
            case ServerMessage.MessageOneofCase.Refused:
                logger.EventRefused(message.Refused.AssignmentId, message.Refused.Seq, message.Refused.Reason, message.Refused.Text);
                break;
            case ServerMessage.MessageOneofCase.Heartbeat:
                _pulse!.Received(message.Heartbeat);
                foreach (CancelIntent cancel in message.Heartbeat.Cancels)
                {
                    book.Cancel(cancel);
                }

                foreach (TimeExtension extension in message.Heartbeat.Extensions)
                {
                    book.Extend(extension);
                }

                break;
            case ServerMessage.MessageOneofCase.Cancel:
                book.Cancel(message.Cancel);
                break;
            case ServerMessage.MessageOneofCase.Forget:
                book.Forget(message.Forget.AssignmentId);
                break;
            default:
                Steer(message);
                break;
        }
    }

    /// <summary>What the control plane wants of the agent itself.</summary>
    private void Steer(ServerMessage message)
    {
        switch (message.MessageCase)
        {
            case ServerMessage.MessageOneofCase.Drain:
                _comeBackIn = message.Drain.ReconnectIn?.ToTimeSpan() ?? TimeSpan.Zero;
                logger.ServerDrains(_comeBackIn.Value);
                break;
            case ServerMessage.MessageOneofCase.Desired:
                Desire(message.Desired);
                break;
            case ServerMessage.MessageOneofCase.Trust:
                Trust(message.Trust);
                break;
            case ServerMessage.MessageOneofCase.KeyChanged:
                enrolment.UseNextKey(message.KeyChanged.KeyId.Span);
                break;
            case ServerMessage.MessageOneofCase.Check:
                CheckWanted?.Invoke(new CheckWish(message.Check.ServerTime?.ToDateTimeOffset() ?? time.GetUtcNow(), message.Check.PackageServer));
                break;
            case ServerMessage.MessageOneofCase.Upgrade:
                AgentUpgradeOrder order = message.Upgrade;
                UpgradeWanted?.Invoke(new UpgradeWish(order.UpgradeId, order.Attempt, order.Version, order.Path, order.Sha256, order.Size));
                break;
            default:
                logger.MessageUnknown();
                break;
        }
    }

    private void Trust(TrustedAuthorities? announced)
    {
        if (connection.Trust(announced))
        {
            logger.AuthorityExchanged(connection.Server);
        }
    }

    private void Desire(DesiredState? desired)
    {
        if (desired is { NewKey: true })
        {
            _writer!.Send(new() { NewKey = enrolment.NextKey() });
        }

        bool draining = desired?.Draining ?? false;
        if (draining != book.Readiness.Draining)
        {
            book.Readiness.Draining = draining;
            logger.DesiredState(draining);
        }
    }

    private void Abort(string reason) => _aborted.TrySetResult(SessionEnd.Broken(reason));

    private SessionEnd Judge(RpcException lost)
    {
        SessionEnd end = SessionEnd.From(lost);
        return end with { ComeBackIn = end.ComeBackIn ?? _comeBackIn };
    }

    private static async Task<ServerMessage> NextAsync(IAsyncStreamReader<ServerMessage> responses, CancellationToken ct) =>
        await responses.MoveNext(ct) ? responses.Current : throw new RpcException(new Status(StatusCode.Unavailable, "the server closed the stream"));

    private static RpcException Unexpected(string wanted) =>
        new(new Status(StatusCode.FailedPrecondition, $"the server did not send {wanted} when it had to"));

    /// <summary>Waits for a part that is being ended; how it ends was judged already by the part that ended first.</summary>
    private static Task<AggregateException?> Quietly(Task part) => part.ContinueWith(
        static ended => (AggregateException?)ended.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
}
