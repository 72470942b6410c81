using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Orbit.Contracts.V1;

namespace Orbit.Benchmarks;

/// <summary>The key and id of an enrolled agent.</summary>
/// <param name="Id">As the server has it.</param>
/// <param name="Key">ECDSA P-256.</param>
internal sealed record AgentIdentity(long Id, ECDsa Key)
{
    /// <summary>Public key as the server stores it.</summary>
    public byte[] PublicKey { get; } = Key.ExportSubjectPublicKeyInfo();

    /// <summary>Names the key.</summary>
    public byte[] KeyId => SHA256.HashData(PublicKey);
}

/// <summary>
/// An agent as the server sees it: a connection of its own, the challenge answered with its key, heartbeats of its own and answers to the
/// server's. It has no work; who listens to it may let it take some.
/// </summary>
internal sealed class SimulatedAgent : IDisposable
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(10);
    private readonly SocketsHttpHandler _handler = new() { UseProxy = false };
    private readonly GrpcChannel _channel;
    private readonly CancellationTokenSource _end = new();
    private readonly SemaphoreSlim _writing = new(1, 1);
    private AsyncDuplexStreamingCall<AgentMessage, ServerMessage>? _call;
    private Task? _running;

    /// <summary>An agent that is not connected yet.</summary>
    public SimulatedAgent(Uri server) =>
        _channel = GrpcChannel.ForAddress(server, new GrpcChannelOptions { HttpHandler = _handler, DisposeHttpClient = false });

    /// <summary>Why the stream has ended; null while it is open.</summary>
    public string? Ended { get; private set; }

    /// <summary>Adds to what it says of itself.</summary>
    public Action<AgentHello>? Greeting { get; init; }

    /// <summary>Called with the answer to that and with each later message but heartbeats, one at a time.</summary>
    public Func<ServerMessage, Task>? Told { get; init; }

    /// <summary>Connects and proves itself.</summary>
    public async Task ConnectAsync(AgentIdentity identity)
    {
        _call = new AgentGateway.AgentGatewayClient(_channel).Session(cancellationToken: _end.Token);
        Challenge challenge = (await ReadAsync()).Challenge;
        AgentHello hello = Hello(identity, challenge);
        Greeting?.Invoke(hello);
        await _call.RequestStream.WriteAsync(new AgentMessage { Hello = hello });
        ServerMessage answer = await ReadAsync();
        if (answer.Welcome is null)
        {
            throw new InvalidOperationException("The answer to Hello must be Welcome.");
        }

        await (Told?.Invoke(answer) ?? Task.CompletedTask);
        _running = Task.WhenAll(ReadAllAsync(), BeatAsync());
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _end.Cancel();
        _call?.Dispose();
        _channel.Dispose();
        _handler.Dispose();
    }

    /// <summary>Ends with the stream.</summary>
    public Task WaitAsync() => _running ?? Task.CompletedTask;

    /// <summary>Sends a message.</summary>
    public async Task SendAsync(AgentMessage message)
    {
        await _writing.WaitAsync(_end.Token);
        try
        {
            await _call!.RequestStream.WriteAsync(message);
        }
        finally
        {
            _writing.Release();
        }
    }

    private static AgentHello Hello(AgentIdentity identity, Challenge challenge)
    {
        string text = $"orbit-agent-v1 | {challenge.ServerId} | {identity.Id} | {Convert.ToHexStringLower(challenge.Nonce.Span)}";
        byte[] signature = identity.Key.SignData(Encoding.UTF8.GetBytes(text), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        return new AgentHello
        {
            KeyId = ByteString.CopyFrom(identity.KeyId),
            Signature = ByteString.CopyFrom(signature),
            MinProtocol = 1,
            MaxProtocol = 1,
            AgentVersion = "0.1.0",
            BootId = Guid.Empty.ToString(),
            InstanceId = Guid.NewGuid().ToString(),
            Platform = "linux-x64 Debian GNU/Linux 12",
            Labels = { ["os"] = "linux", ["site"] = "lab" },
            Slots = 1,
            ApiSlots = 4,
        };
    }

    private async Task<ServerMessage> ReadAsync() =>
        await _call!.ResponseStream.MoveNext(_end.Token) ? _call.ResponseStream.Current : throw new InvalidOperationException("The server closed the stream.");

    private async Task ReadAllAsync()
    {
        try
        {
            while (await _call!.ResponseStream.MoveNext(_end.Token))
            {
                ServerMessage message = _call.ResponseStream.Current;
                if (message.Heartbeat is not { } beat)
                {
                    await (Told?.Invoke(message) ?? Task.CompletedTask);
                }
                else if (beat.Nonce > 0)
                {
                    await SendAsync(new AgentMessage { Heartbeat = new Heartbeat { Echo = beat.Nonce } });
                }
            }

            Ended = "closed by the server";
        }
        catch (RpcException ended) when (_end.IsCancellationRequested || ended.StatusCode is not StatusCode.OK)
        {
            Ended = ended.Status.ToString();
        }
        catch (InvalidOperationException ended)
        {
            Ended = ended.Message; // an answer found the call over
        }
        catch (Exception closed) when (closed is OperationCanceledException or IOException)
        {
            Ended = closed is IOException ? closed.Message : "closed by the agent";
        }
    }

    private async Task BeatAsync()
    {
        long nonce = 0;
        try
        {
            while (Ended is null)
            {
                await Task.Delay(Beat * (0.9 + (Random.Shared.NextDouble() * 0.2)), _end.Token);
                await SendAsync(new AgentMessage { Heartbeat = new Heartbeat { Nonce = ++nonce, FreeBytes = 1L << 34 } });
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or RpcException or InvalidOperationException or IOException)
        {
            Ended ??= ended.Message;
        }
    }
}
