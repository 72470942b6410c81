using Grpc.Core;
using Grpc.Net.Client;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Connection;

/// <summary>One channel to the server with the caller's token, and the clients of the services that commands use.</summary>
internal sealed class ServerConnection : IDisposable
{
    /// <summary>How long a call with one answer may take.</summary>
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(60);

    private readonly GrpcChannel _channel;
    private readonly string? _token;
    private readonly TimeProvider _clock;

    public ServerConnection(Uri server, string? token, TimeProvider clock)
    {
        (Server, _token, _clock) = (server, token, clock);
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(10),
            KeepAlivePingDelay = TimeSpan.FromSeconds(20),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(15),
            // HTTP/2 without TLS passes no proxy; asking one for a server on this machine would only fail.
            UseProxy = server.Scheme == Uri.UriSchemeHttps,
        };
        _channel = GrpcChannel.ForAddress(server, new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = 64 * 1024 * 1024,
        });
        CallInvoker invoker = _channel.CreateCallInvoker();
        (Auth, Builds, Items, Sets) = (new(invoker), new(invoker), new(invoker), new(invoker));
        (Runs, Agents, JobVersions, Settings) = (new(invoker), new(invoker), new(invoker), new(invoker));
        (Batches, Doctor, Trust, Backups, Inventory) = (new(invoker), new(invoker), new(invoker), new(invoker), new(invoker));
        (Upgrades, Library, FolderRoles, Files) = (new(invoker), new(invoker), new(invoker), new(invoker));
    }

    public Uri Server { get; }

    public AuthService.AuthServiceClient Auth { get; }

    public BuildService.BuildServiceClient Builds { get; }

    public TestItemService.TestItemServiceClient Items { get; }

    public ParameterSetService.ParameterSetServiceClient Sets { get; }

    public RunService.RunServiceClient Runs { get; }

    public AgentService.AgentServiceClient Agents { get; }

    public JobVersionService.JobVersionServiceClient JobVersions { get; }

    public SettingService.SettingServiceClient Settings { get; }

    public ApiBatchService.ApiBatchServiceClient Batches { get; }

    public ApiLibraryService.ApiLibraryServiceClient Library { get; }

    public FolderRoleService.FolderRoleServiceClient FolderRoles { get; }

    public ApiFileService.ApiFileServiceClient Files { get; }

    public DoctorService.DoctorServiceClient Doctor { get; }

    public AgentUpgradeService.AgentUpgradeServiceClient Upgrades { get; }

    public TrustService.TrustServiceClient Trust { get; }

    public BackupService.BackupServiceClient Backups { get; }

    public InventoryService.InventoryServiceClient Inventory { get; }

    /// <summary>Options of a call with one answer: token and time limit.</summary>
    public CallOptions Call(CancellationToken ct, Metadata? more = null) =>
        new(Headers(more), _clock.GetUtcNow().Add(AnswerWithin).UtcDateTime, ct);

    /// <summary>Options of a stream, which has no time limit.</summary>
    public CallOptions Stream(CancellationToken ct) => new(Headers(null), cancellationToken: ct);

    public void Dispose() => _channel.Dispose();

    private Metadata Headers(Metadata? more)
    {
        Metadata headers = more ?? [];
        if (!string.IsNullOrEmpty(_token))
        {
            headers.Add("authorization", "Bearer " + _token);
        }

        return headers;
    }
}
