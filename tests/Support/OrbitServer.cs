using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orbit.Contracts.V1;
using Orbit.ControlPlane;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.Tests.Support;

/// <summary>
/// A control plane as users run it: real Kestrel on free ports, its own database and data directory. An error line in its log that the test
/// did not expect fails the test when the server is disposed.
/// </summary>
public sealed class OrbitServer : IAsyncDisposable
{
    /// <summary>The admin's password on every server of a test.</summary>
    public const string AdminPassword = "correct horse battery staple";

    /// <summary>The master key of every server of a test: 32 bytes, base64.</summary>
    public const string MasterKey = "dGVzdHMgYWxvbmU6IDMyIGJ5dGVzIG9mIG5vdGhpbmc=";

    private readonly WebApplication _app;
    private readonly TestDatabase? _ownDatabase;
    private bool _disposed;

    private OrbitServer(WebApplication app, TestDatabase? ownDatabase, LogLines log, ShiftedClock clock)
    {
        (_app, _ownDatabase, Log, Clock) = (app, ownDatabase, log, clock);
        NamedEndpoints endpoints = app.Services.GetRequiredService<NamedEndpoints>();
        HttpAddress = endpoints.AddressOf(NamedEndpoints.Http)!;
        GrpcAddress = endpoints.AddressOf(NamedEndpoints.Grpc)!;
        Http = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = HttpAddress };
        Channel = GrpcChannel.ForAddress(GrpcAddress);
    }

    /// <summary>Base address of the web page, REST and gRPC-Web.</summary>
    public Uri HttpAddress { get; }

    /// <summary>Base address of gRPC.</summary>
    public Uri GrpcAddress { get; }

    /// <summary>A client of <see cref="HttpAddress"/>; keeps no cookies, follows no redirects, is not signed in.</summary>
    public HttpClient Http { get; }

    /// <summary>A channel to <see cref="GrpcAddress"/>; not signed in.</summary>
    public GrpcChannel Channel { get; }

    /// <summary>What it logged.</summary>
    public LogLines Log { get; }

    /// <summary>Its clock; moving it forward makes sessions, leases and waits expire.</summary>
    public ShiftedClock Clock { get; }

    /// <summary>Its parts.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>Its database, for looking behind the curtain.</summary>
    internal OrbitStore Store => Services.GetRequiredService<OrbitStore>();

    /// <summary>Starts a server on a new database that is removed with it.</summary>
    public static async Task<OrbitServer> StartAsync(string provider, params string[] args)
    {
        TestDatabase database = await TestDatabase.CreateAsync(provider);
        try
        {
            return await StartAsync(database, ownDatabase: database, adjust: null, map: null, args);
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a server on a database that outlives it. On PostgreSQL each call starts another replica.</summary>
    public static Task<OrbitServer> StartAsync(TestDatabase database, params string[] args) =>
        StartAsync(database, ownDatabase: null, adjust: null, map: null, args);

    /// <summary>Starts a server whose composition the test changes.</summary>
    public static Task<OrbitServer> StartAsync(TestDatabase database, Action<WebApplicationBuilder> adjust, params string[] args) =>
        StartAsync(database, ownDatabase: null, adjust, map: null, args);

    /// <summary>Starts a server that serves something more.</summary>
    public static Task<OrbitServer> StartWithAsync(TestDatabase database, Action<WebApplication> map, params string[] args) =>
        StartAsync(database, ownDatabase: null, adjust: null, map, args);

    private static async Task<OrbitServer> StartAsync(
        TestDatabase database, TestDatabase? ownDatabase, Action<WebApplicationBuilder>? adjust, Action<WebApplication>? map, string[] args)
    {
        var log = new LogLines();
        var clock = new ShiftedClock();
        string[] all =
        [
            .. database.NextArgs(),
            "--Kestrel:Endpoints:Http:Url=http://127.0.0.1:0",
            "--Kestrel:Endpoints:Grpc:Url=http://127.0.0.1:0",
            $"--Keys:Master={MasterKey}",
            $"--Access:AdminPassword={AdminPassword}",
            .. args,
        ];
        WebApplication app = ControlPlaneHost.Create(all, builder =>
        {
            builder.Logging.ClearProviders().AddProvider(log);
            builder.Services.AddSingleton<TimeProvider>(clock);
            adjust?.Invoke(builder);
        });
        try
        {
            map?.Invoke(app);
            await ControlPlaneHost.StartAsync(app);
            return new OrbitServer(app, ownDatabase, log, clock);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    /// <summary>Calls with a bearer token.</summary>
    public CallInvoker As(string token) => Channel.Intercept(headers =>
    {
        headers.Add("authorization", $"Bearer {token}");
        return headers;
    });

    /// <summary>Signs in as admin; calls carry the token.</summary>
    public async Task<CallInvoker> AdminAsync(string email = "admin@example.org") => As(await TokenAsync(email, AdminPassword));

    /// <summary>Signs in by address alone; calls carry the token.</summary>
    public async Task<CallInvoker> UserAsync(string email = "user@example.org") => As(await TokenAsync(email));

    /// <summary>Signs in and returns the bearer token.</summary>
    /// <param name="email">Who.</param>
    /// <param name="password"><see cref="AdminPassword"/> for the role admin; empty for a user.</param>
    public async Task<string> TokenAsync(string email, string password = "") =>
        (await new AuthService.AuthServiceClient(Channel).LoginAsync(new LoginRequest { Email = email, Password = password })).Token;

    /// <summary>Stops it as an operator would; disposing does so too.</summary>
    public Task StopAsync() => _app.StopAsync();

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        Channel.Dispose();
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        if (_ownDatabase is not null)
        {
            await _ownDatabase.DisposeAsync();
        }

        if (Log.UnexpectedErrors.FirstOrDefault() is { } error)
        {
            throw new InvalidOperationException($"The server logged an error that the test did not expect: [{error.Id}] {error.Category}: {error.Text}");
        }
    }
}
