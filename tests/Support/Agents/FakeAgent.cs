using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Orbit.Contracts.V1;

namespace Orbit.Tests.Support;

/// <summary>An agent as far as a server can tell: a gRPC client with a key of its own that has joined. What it does with work is up to the test.</summary>
public sealed class FakeAgent : IDisposable
{
    private ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private ECDsa? _next;

    private FakeAgent(string name) => Name = name;

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>The id it got.</summary>
    public long Id { get; private set; }

    /// <summary>SubjectPublicKeyInfo in DER.</summary>
    public byte[] PublicKey => _key.ExportSubjectPublicKeyInfo();

    /// <summary>An agent that has a key and has not joined.</summary>
    public static FakeAgent WithKey(string name) => new(name);

    /// <summary>Joins with a token that an admin makes for it.</summary>
    public static async Task<FakeAgent> JoinAsync(OrbitServer orbit, CallInvoker admin, string name, IReadOnlyDictionary<string, string>? labels = null)
    {
        var agent = new FakeAgent(name);
        await agent.EnrollAsync(orbit.Channel, await TokenAsync(admin, labels: labels));
        return agent;
    }

    /// <summary>A new join token.</summary>
    public static async Task<string> TokenAsync(CallInvoker admin, string name = "", IReadOnlyDictionary<string, string>? labels = null)
    {
        var request = new CreateJoinTokenRequest { Name = name };
        request.Labels.Add(labels?.ToDictionary() ?? []);
        return (await new AgentService.AgentServiceClient(admin).CreateJoinTokenAsync(request)).Token;
    }

    /// <summary>Binds its key.</summary>
    public async Task<EnrollResponse> EnrollAsync(GrpcChannel server, string token, string? name = null, byte[]? key = null)
    {
        EnrollResponse answer = await new AgentGateway.AgentGatewayClient(server).EnrollAsync(
            new EnrollRequest { JoinToken = token, Name = name ?? Name, PublicKey = ByteString.CopyFrom(key ?? PublicKey) });
        Id = answer.AgentId;
        return answer;
    }

    /// <summary>A key to follow the present one, signed for this agent.</summary>
    public NewKey NextKey(string serverId)
    {
        _next ??= ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] publicKey = _next.ExportSubjectPublicKeyInfo();
        byte[] text = Encoding.UTF8.GetBytes($"orbit-agent-key-v1 | {serverId} | {Id} | {Convert.ToHexStringLower(SHA256.HashData(publicKey))}");
        return new NewKey
        {
            PublicKey = ByteString.CopyFrom(publicKey),
            Signature = ByteString.CopyFrom(_next.SignData(text, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)),
        };
    }

    /// <summary>Uses the key of <see cref="NextKey"/> from now on; the one before becomes the next.</summary>
    public void SwapKeys() => (_key, _next) = (_next!, _key);

    /// <summary>Opens a session and waits for its Welcome and for a heartbeat in both directions.</summary>
    public async Task<FakeAgentSession> ConnectAsync(GrpcChannel server, Action<AgentHello>? adjust = null)
    {
        FakeAgentSession session = await GreetAsync(server, adjust);
        await session.WelcomedAsync();
        return session;
    }

    /// <summary>Opens a session and says Hello; what the server makes of it is for the test to see.</summary>
    public async Task<FakeAgentSession> GreetAsync(GrpcChannel server, Action<AgentHello>? adjust = null)
    {
        var session = new FakeAgentSession(this, server);
        Challenge challenge = (await session.TakeAsync(m => m.Challenge is not null)).Challenge;
        string nonce = Convert.ToHexStringLower(challenge.Nonce.Span);
        byte[] text = Encoding.UTF8.GetBytes($"orbit-agent-v1 | {challenge.ServerId} | {Id} | {nonce}");
        var hello = new AgentHello
        {
            KeyId = ByteString.CopyFrom(SHA256.HashData(PublicKey)),
            Signature = ByteString.CopyFrom(_key.SignData(text, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)),
            MinProtocol = 1,
            MaxProtocol = 1,
            AgentVersion = "1.0",
            Slots = 1,
            ApiSlots = 4,
        };
        adjust?.Invoke(hello);
        await session.SendAsync(new AgentMessage { Hello = hello });
        return session;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _key.Dispose();
        _next?.Dispose();
    }
}
