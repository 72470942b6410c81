using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Tests.Link;

/// <summary>
/// A control plane as an agent sees it: real Kestrel, real gRPC, a store in memory. By itself it behaves; each test makes it misbehave in
/// one way by replacing a reaction.
/// </summary>
internal sealed class ScriptedGateway : AgentGateway.AgentGatewayBase, IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, byte[]> _keys = new();
    private WebApplication? _app;
    private long _epoch;

    /// <summary>Id of this control plane.</summary>
    public string ServerId { get; set; } = Guid.NewGuid().ToString();

    /// <summary>The token that enrols.</summary>
    public string JoinToken { get; } = Guid.NewGuid().ToString("N");

    public Uri Address { get; private set; } = null!;

    public TimeSpan HeartbeatInterval { get; set; } = TimeSpan.FromSeconds(1);

    public TimeSpan LeaseDuration { get; set; } = TimeSpan.FromSeconds(6);

    public int EventCredit { get; set; } = 1000;

    public long UploadCredit { get; set; } = 1024 * 1024;

    /// <summary>Sessions that were welcomed, newest last.</summary>
    public List<ScriptedSession> Sessions { get; } = [];

    /// <summary>What the agent was told of, by assignment.</summary>
    public ConcurrentDictionary<string, ScriptedAssignment> Assignments { get; } = new();

    /// <summary>Called for each message after Hello; <see langword="false"/>: the gateway does nothing about it.</summary>
    public Func<ScriptedSession, AgentMessage, bool> OnMessage { get; set; } = (_, _) => true;

    /// <summary>Decides about a session before it is welcomed.</summary>
    public Func<AgentHello, RpcException?> OnHello { get; set; } = _ => null;

    /// <summary>Called for each piece of an upload; may throw.</summary>
    public Action<UploadRequest> OnUpload { get; set; } = _ => { };

    public int EnrolCalls { get; private set; }

    public int UploadConnections { get; private set; }

    public static async Task<ScriptedGateway> StartAsync(int port = 0)
    {
        ScriptedGateway gateway = new();
        await gateway.OpenAsync(port);
        return gateway;
    }

    /// <summary>Ends all connections at once, as a crash does; the store stays. <see cref="OpenAsync"/> brings it back.</summary>
    public async Task CrashAsync()
    {
        using CancellationTokenSource now = new(TimeSpan.FromMilliseconds(50));
        lock (_gate)
        {
            Sessions.ForEach(session => session.End(new RpcException(new Status(StatusCode.Unavailable, "crashed"))));
        }

        await _app!.StopAsync(now.Token);
        await _app.DisposeAsync();
        _app = null;
    }

    public async Task OpenAsync(int port)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc(grpc => grpc.MaxReceiveMessageSize = 16 * 1024 * 1024);
        builder.Services.AddSingleton(this);
        _app = builder.Build();
        _app.MapGrpcService<ScriptedGateway>();
        await _app.StartAsync();
        Address = new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    public override Task<EnrollResponse> Enroll(EnrollRequest request, ServerCallContext context)
    {
        EnrolCalls++;
        if (request.JoinToken != JoinToken)
        {
            throw Refusal(StatusCode.PermissionDenied, "JOIN_TOKEN_INVALID", "The join token is not valid.");
        }

        _keys[Convert.ToHexStringLower(SHA256.HashData(request.PublicKey.Span))] = request.PublicKey.ToByteArray();
        return Task.FromResult(new EnrollResponse { AgentId = 7, Name = request.Name, ServerId = ServerId });
    }

    public override async Task Session(IAsyncStreamReader<AgentMessage> requests, IServerStreamWriter<ServerMessage> responses, ServerCallContext context)
    {
        byte[] nonce = RandomNumberGenerator.GetBytes(32);
        await responses.WriteAsync(new() { Challenge = new() { Nonce = ByteString.CopyFrom(nonce), ServerId = ServerId } });
        if (!await requests.MoveNext(context.CancellationToken))
        {
            return;
        }

        AgentHello hello = requests.Current.Hello;
        Verify(hello, nonce);
        if (OnHello(hello) is { } refused)
        {
            throw refused;
        }

        ScriptedSession session = new(this, hello, Interlocked.Increment(ref _epoch));
        Welcome welcome = WelcomeFor(session);
        lock (_gate)
        {
            Sessions.LastOrDefault()?.End(Refusal(StatusCode.Aborted, "SUPERSEDED", "A newer session took over."));
            Sessions.Add(session);
        }

        await session.RunAsync(welcome, requests, responses, context.CancellationToken);
    }

    public override async Task Upload(IAsyncStreamReader<UploadRequest> requests, IServerStreamWriter<UploadResponse> responses, ServerCallContext context)
    {
        UploadConnections++;
        await requests.MoveNext(context.CancellationToken);
        if (requests.Current.Open.UploadToken != $"upload-{_epoch}")
        {
            throw Refusal(StatusCode.Unauthenticated, "UPLOAD_TOKEN_INVALID", "Not the newest session.");
        }

        await responses.WriteAsync(new() { Opened = new() });
        while (await requests.MoveNext(context.CancellationToken))
        {
            OnUpload(requests.Current);
            UploadResponse? answer = requests.Current.MessageCase == UploadRequest.MessageOneofCase.Log
                ? Assignments[requests.Current.Log.AssignmentId].Take(requests.Current.Log)
                : Assignments[requests.Current.File.AssignmentId].Take(requests.Current.File);
            await responses.WriteAsync(answer);
        }
    }

    /// <summary>The newest session, as soon as there is one.</summary>
    public async Task<ScriptedSession> SessionAsync(int number = 1)
    {
        await Eventually.TrueAsync(() => { lock (_gate) { return Sessions.Count >= number; } }, () => $"{Sessions.Count} sessions, wanted {number}");
        lock (_gate)
        {
            return Sessions[^1];
        }
    }

    /// <summary>Offers work over the newest session.</summary>
    public async Task<ScriptedAssignment> OfferAsync(Plan plan, string? id = null, long epoch = 1)
    {
        ScriptedSession session = await SessionAsync();
        ScriptedAssignment assignment = new(id ?? Guid.NewGuid().ToString(), plan, epoch);
        Assignments[assignment.Id] = assignment;
        session.Send(new() { Offer = assignment.Offer });
        return assignment;
    }

    public static RpcException Refusal(StatusCode code, string reason, string text, TimeSpan? comeBackIn = null)
    {
        Google.Rpc.Status status = new() { Code = (int)code, Message = text };
        status.Details.Add(Any.Pack(new Google.Rpc.ErrorInfo { Type = reason, Domain = "orbit" }));
        if (comeBackIn is { } wait)
        {
            status.Details.Add(Any.Pack(new Google.Rpc.RetryInfo { RetryDelay = Duration.FromTimeSpan(wait) }));
        }

        return new RpcException(new Status(code, text), new Metadata { { "grpc-status-details-bin", status.ToByteArray() } });
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await CrashAsync();
        }
    }

    private void Verify(AgentHello hello, byte[] nonce)
    {
        byte[] key = _keys.GetValueOrDefault(Convert.ToHexStringLower(hello.KeyId.Span))
            ?? throw Refusal(StatusCode.Unauthenticated, "AGENT_UNKNOWN", "No agent has this key.");
        using ECDsa ecdsa = ECDsa.Create();
        ecdsa.ImportSubjectPublicKeyInfo(key, out _);
        byte[] signed = Encoding.UTF8.GetBytes($"orbit-agent-v1 | {ServerId} | 7 | {Convert.ToHexStringLower(nonce)}");
        if (!ecdsa.VerifyData(signed, hello.Signature.Span, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence))
        {
            throw Refusal(StatusCode.Unauthenticated, "AGENT_SIGNATURE_INVALID", "The signature is wrong.");
        }
    }

    private Welcome WelcomeFor(ScriptedSession session)
    {
        Welcome welcome = new()
        {
            Protocol = 1,
            SessionEpoch = session.Epoch,
            HeartbeatInterval = Duration.FromTimeSpan(HeartbeatInterval),
            LeaseDuration = Duration.FromTimeSpan(LeaseDuration),
            EventCredit = EventCredit,
            MaxChunkBytes = 64 * 1024,
            UploadCreditBytes = UploadCredit,
            UploadToken = $"upload-{session.Epoch}",
            ServerInstance = "scripted",
            AgentName = "test",
            Desired = new(),
        };
        foreach (OpenAssignment open in session.Hello.Open)
        {
            AssignmentVerdict verdict = new() { AssignmentId = open.AssignmentId, Order = AssignmentOrder.Forget };
            if (Assignments.TryGetValue(open.AssignmentId, out ScriptedAssignment? known))
            {
                (verdict.Order, verdict.LastSeq, verdict.Epoch) = (known.Order, known.LastSeq, known.Epoch);
            }

            welcome.Assignments.Add(verdict);
        }

        return welcome;
    }
}
