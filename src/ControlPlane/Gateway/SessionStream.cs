using System.Security.Cryptography;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Access.Keys;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Gateway;

/// <summary>One control stream from its challenge to its end. Identity comes from the key alone.</summary>
internal sealed class SessionStream(
    SessionAdmission admission, SessionCommands commands, SessionOpening opening, SessionMessages messages, AgentSessions sessions, ServerIdentity identity,
    IOptions<AgentOptions> options, IHostApplicationLifetime host, TimeProvider time, ILogger<SessionStream> log)
{
    /// <summary>Protocol version that this server speaks; it takes agents from one below to one above.</summary>
    public const int Protocol = 1;

    private static readonly TimeSpan HandshakeTime = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan WriteTime = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan GoodbyeTime = TimeSpan.FromSeconds(1);
    private static readonly WriteOptions MoreFollows = new(WriteFlags.BufferHint);
    private static readonly WriteOptions Last = new();

    /// <summary>Runs a stream until it ends; throws the reason when this side ends it.</summary>
    public async Task RunAsync(IAsyncStreamReader<AgentMessage> requests, IServerStreamWriter<ServerMessage> responses, string remote, CancellationToken ct)
    {
        using AgentSession session = await OpenAsync(requests, responses, remote, ct);
        log.SessionOpened(session.Name, session.Epoch, remote);
        using var open = CancellationTokenSource.CreateLinkedTokenSource(ct, session.Closed);
        try
        {
            Task reading = ReadAsync(session, requests, open.Token);
            Task writing = WriteUntilDrainAsync(session, responses, open.Token);
            await Task.WhenAny(reading, writing);
            await open.CancelAsync();
            await Task.WhenAll(Quiet(reading), Quiet(writing));
            await ThrowFirstAsync(session, reading, writing, ct);
        }
        finally
        {
            sessions.Remove(session);
            log.SessionEnded(session.Name, session.Epoch, session.CloseReason?.Reason ?? "left");
            await CloseInDatabaseAsync(session);
        }
    }

    private async Task<AgentSession> OpenAsync(
        IAsyncStreamReader<AgentMessage> requests, IServerStreamWriter<ServerMessage> responses, string remote, CancellationToken ct)
    {
        using var handshake = CancellationTokenSource.CreateLinkedTokenSource(ct);
        handshake.CancelAfter(HandshakeTime);
        string server = identity.ServerId.ToString();
        byte[] nonce = RandomNumberGenerator.GetBytes(32);
        await responses.WriteAsync(new() { Challenge = new Challenge { Nonce = ByteString.CopyFrom(nonce), ServerId = server } }, handshake.Token);
        AgentHello hello = await ReadHelloAsync(requests, handshake.Token, ct);
        RequireProtocol(hello);
        try
        {
            using IDisposable place = await admission.EnterAsync(handshake.Token);
            return await OpenAsync(hello, server, nonce, remote, handshake.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw SessionAdmission.Crowded(); // the time for the handshake is over
        }
    }

    private async Task<AgentSession> OpenAsync(AgentHello hello, string server, byte[] nonce, string remote, CancellationToken ct)
    {
        string keyId = Convert.ToHexStringLower(hello.KeyId.Span);
        Agents.Agent agent = await commands.FindByKeyAsync(keyId, ct);
        if (!AgentKey.Verify(keyId == agent.KeyId ? agent.PublicKey : agent.PreviousPublicKey, AgentKey.Challenge(server, agent.Id, nonce), hello.Signature.Span))
        {
            throw new OrbitException(Refusal.Unauthenticated, "AGENT_SIGNATURE_INVALID", "The challenge was not signed by the agent's key.");
        }

        return await opening.OpenAsync(agent, hello, remote, ct);
    }

    private static async Task<AgentHello> ReadHelloAsync(IAsyncStreamReader<AgentMessage> requests, CancellationToken handshake, CancellationToken ct)
    {
        try
        {
            return await requests.MoveNext(handshake) && requests.Current.Hello is { } hello
                ? hello
                : throw OrbitException.Invalid("MESSAGE_UNEXPECTED", "The first message of a session must be Hello.");
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw OrbitException.Invalid("HANDSHAKE_TIMEOUT", $"No Hello came within {HandshakeTime.TotalSeconds} s.");
        }
    }

    private static void RequireProtocol(AgentHello hello)
    {
        if (hello.MinProtocol > Protocol + 1 || hello.MaxProtocol < Protocol - 1 || hello.MinProtocol > hello.MaxProtocol || hello.MaxProtocol < 1)
        {
            throw OrbitException.Conflict(
                "PROTOCOL_UNSUPPORTED",
                $"The agent speaks protocol {hello.MinProtocol} to {hello.MaxProtocol}, this server {Protocol - 1} to {Protocol + 1}. "
                + (hello.MaxProtocol < Protocol - 1
                    ? "The agent is too old: run the install line again on its host (curl PUBLIC_URL/install | sh -s); its work and its key stay."
                    : "The agent is newer than this control plane: upgrade the control plane, or run the install line again on the agent's host, which brings the agent that fits."));
        }
    }

    private async Task ReadAsync(AgentSession session, IAsyncStreamReader<AgentMessage> requests, CancellationToken ct)
    {
        while (await requests.MoveNext(ct))
        {
            session.LastHeard = time.GetTimestamp();
            if (!await messages.HandleAsync(session, requests.Current, ct))
            {
                return;
            }
        }
    }

    /// <summary>Writes until the end; when this server stops, the last message says when to come back.</summary>
    private async Task WriteUntilDrainAsync(AgentSession session, IServerStreamWriter<ServerMessage> responses, CancellationToken ct)
    {
        try
        {
            await WriteAsync(session, responses, ct);
        }
        catch (OperationCanceledException) when (host.ApplicationStopping.IsCancellationRequested && session.CloseReason is null)
        {
            OrbitException stopping = OpenStreams.Stopping();
            session.Close(stopping);
            await Quiet(DrainAsync(responses, stopping.ComeBackIn!.Value)); // the stream's status says so once more
            throw;
        }
    }

    private async Task DrainAsync(IServerStreamWriter<ServerMessage> responses, TimeSpan comeBackIn)
    {
        responses.WriteOptions = Last;
        await responses.WriteAsync(new() { Drain = new ServerDrain { ReconnectIn = Duration.FromTimeSpan(comeBackIn) } }).WaitAsync(GoodbyeTime, time);
    }

    /// <summary>The one writer of the stream. A write that does not get through in time ends it.</summary>
    private async Task WriteAsync(AgentSession session, IServerStreamWriter<ServerMessage> responses, CancellationToken ct)
    {
        while (await session.Outbox.WaitToReadAsync(ct))
        {
            while (session.Outbox.TryRead(out ServerMessage? message))
            {
                responses.WriteOptions = session.Outbox.TryPeek(out _) ? MoreFollows : Last; // a burst leaves in few packets
                Task write = responses.WriteAsync(message, ct);
                if (write.IsCompletedSuccessfully)
                {
                    continue;
                }

                try
                {
                    await write.WaitAsync(WriteTime, time, ct);
                }
                catch (TimeoutException)
                {
                    session.Close(OrbitException.Later("AGENT_TOO_SLOW", "The agent does not read its stream.", options.Value.HeartbeatInterval));
                    return;
                }
            }
        }
    }

    private static async Task Quiet(Task task) => await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private static async Task ThrowFirstAsync(AgentSession session, Task reading, Task writing, CancellationToken ct)
    {
        if (session.CloseReason is { } reason)
        {
            throw reason;
        }

        ct.ThrowIfCancellationRequested();
        foreach (Task ended in new[] { reading, writing })
        {
            if (ended.IsFaulted)
            {
                await ended;
            }
        }
    }

    private async Task CloseInDatabaseAsync(AgentSession session)
    {
        try
        {
            await commands.CloseAsync(session, CancellationToken.None);
        }
        catch (OrbitException away) when (away.Kind is Refusal.Later)
        {
            log.CloseNotStored(session.Name, away.Cause); // the silence will tell
        }
    }
}
