using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Orbit.Contracts.V1;

namespace Orbit.Benchmarks.Rig;

/// <summary>A control plane as a process of its own on a new database, and its admin's client over one HTTP/2 connection.</summary>
internal sealed class OrbitSystem : IAsyncDisposable
{
    private const string Password = "benchmarks on loopback";
    private readonly Scratch _scratch;
    private readonly GrpcChannel _channel;
    private readonly string[] _command;
    private int _agents;

    private OrbitSystem(Scratch scratch, string[] command, Uri address, Uri http, GrpcChannel channel, PostgresInstance? postgres)
    {
        (_scratch, _command, Address, HttpAddress, _channel, Postgres) = (scratch, command, address, http, channel, postgres);
        Server = ChildProcess.Start(scratch, "control-plane", command);
        Calls = channel.CreateCallInvoker();
    }

    /// <summary>The control plane's process.</summary>
    public ChildProcess Server { get; private set; }

    /// <summary>Its gRPC address.</summary>
    public Uri Address { get; }

    /// <summary>Its address for REST.</summary>
    public Uri HttpAddress { get; }

    /// <summary>Its database server; null on SQLite.</summary>
    public PostgresInstance? Postgres { get; }

    /// <summary>Calls as admin.</summary>
    public CallInvoker Calls { get; private set; }

    /// <summary>Starts a control plane and signs in.</summary>
    public static async Task<OrbitSystem> StartAsync(Scratch scratch, bool postgres)
    {
        PostgresInstance? database = postgres ? await PostgresInstance.StartAsync(scratch) : null;
        var address = new Uri($"http://127.0.0.1:{Programs.FreePort()}");
        var http = new Uri($"http://127.0.0.1:{Programs.FreePort()}");
        string[] storage = database is null ? [] : ["--Database:Provider=postgres", $"--ConnectionStrings:Orbit={database.ConnectionString}"];
        string[] command =
        [
            .. Programs.ControlPlane, $"--DataDirectory={scratch.PathOf("data")}", $"--Access:AdminPassword={Password}",
            $"--Kestrel:Endpoints:Http:Url={http}", $"--Kestrel:Endpoints:Grpc:Url={address}", .. storage,
        ];
        var channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { MaxReceiveMessageSize = null });
        OrbitSystem system = scratch.Own(new OrbitSystem(scratch, command, address, http, channel, database));
        await system.Server.WaitForAsync("The start of the control plane", system.TrySignInAsync);
        return system;
    }

    /// <summary>Starts the control plane again after it was killed; does not wait until it answers.</summary>
    public void Restart() => Server = ChildProcess.Start(_scratch, "control-plane-again", _command);

    /// <summary>Starts an agent that may run <paramref name="commands"/> in the scratch directory, and waits until it is online.</summary>
    public async Task<ChildProcess> StartAgentAsync(int apiSlots, params string[] commands)
    {
        var agents = new AgentService.AgentServiceClient(Calls);
        string token = (await agents.CreateJoinTokenAsync(new CreateJoinTokenRequest())).Token;
        string name = $"bench-{++_agents}";
        string policy = _scratch.PathOf($"{name}-policy.json");
        await File.WriteAllTextAsync(policy, JsonSerializer.Serialize(new { roots = new[] { WorkDirectory }, commands, api_slots = apiSlots }));
        ChildProcess agent = ChildProcess.Start(
            _scratch, name,
            [.. Programs.Agent, "--server", Address.ToString(), "--token", token, "--name", name, "--data", _scratch.PathOf($"{name}-data"), "--policy", policy]);
        await agent.WaitForAsync(
            "The agent's connection",
            async () => (await agents.ListAgentsAsync(new ListAgentsRequest())).Agents.Any(a => a.Name == name && a.State is AgentState.Online));
        return agent;
    }

    /// <summary>The directory that test steps run in.</summary>
    public string WorkDirectory => Directory.CreateDirectory(_scratch.PathOf("work")).FullName;

    /// <summary>Makes a test item whose only work is a plain command, and returns its id.</summary>
    public async Task<long> CreateCommandItemAsync(string name, params string[] command)
    {
        Struct test = Struct.Parser.ParseJson(JsonSerializer.Serialize(new { test = new { dir = WorkDirectory, command, plain = true } }));
        ParameterSet set = await new ParameterSetService.ParameterSetServiceClient(Calls)
            .CreateParameterSetAsync(new CreateParameterSetRequest { Name = name, Parameters = test });
        TestItem item = await new TestItemService.TestItemServiceClient(Calls)
            .CreateTestItemAsync(new CreateTestItemRequest { Name = name, JobName = name, ParameterSetId = set.Id });
        return item.Id;
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        _channel.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<bool> TrySignInAsync()
    {
        try
        {
            LoginResponse login = await new AuthService.AuthServiceClient(_channel).LoginAsync(new LoginRequest { Email = "bench@example.org", Password = Password });
            Calls = _channel.Intercept(headers =>
            {
                headers.Add("authorization", $"Bearer {login.Token}");
                return headers;
            });
            return true;
        }
        catch (RpcException notYet) when (notYet.StatusCode is StatusCode.Unavailable)
        {
            return false;
        }
    }
}
