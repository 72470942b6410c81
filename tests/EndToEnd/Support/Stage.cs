using System.Globalization;
using System.Text.Json.Nodes;

namespace Orbit.EndToEnd.Support;

/// <summary>
/// A control plane, an agent and a package server as processes of their own, which come back after a kill with the same database, data
/// directory and ports. Everything on it is removed with it.
/// </summary>
public sealed class Stage : IAsyncDisposable
{
    private static readonly TimeSpan RunLimit = TimeSpan.FromMinutes(3);
    private readonly int _http = FreePort.Next();
    private readonly int _grpc = FreePort.Next();
    private readonly int _tls = FreePort.Next();
    private TestDatabase _database;
    private ChildProgram? _server;
    private ChildProgram? _agent;
    private ChildProgram? _watch;

    private readonly bool _reports;
    private readonly Uri _dialled;

    private readonly bool _hasTls;
    private readonly string _publicHost;

    private Stage(TestDatabase database, bool reports, bool tls, string publicHost, Func<int, Uri>? dial)
    {
        (_database, _reports, _hasTls, _publicHost) = (database, reports, tls, publicHost);
        _dialled = dial?.Invoke(_grpc) ?? GrpcAddress;
        AgentDirectory = Path.Combine(Directory, "agent");
        _ = System.IO.Directory.CreateDirectory(Services);
        _ = System.IO.Directory.CreateDirectory(Suites);
    }

    /// <summary>Everything but the database.</summary>
    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("orbit-e2e-").FullName;

    /// <summary>Where services are installed.</summary>
    public string Services => Path.Combine(Directory, "services");

    /// <summary>Where tests lie.</summary>
    public string Suites => Path.Combine(Directory, "suites");

    public Uri Address => new($"http://127.0.0.1:{_http}");

    /// <summary>The endpoint for gRPC.</summary>
    public Uri GrpcAddress => new($"http://127.0.0.1:{_grpc}");

    /// <summary>The endpoint with TLS, where the stage was started with one.</summary>
    public Uri TlsAddress => TlsAt("127.0.0.1");

    /// <summary>True where disks are smaller than what a deploy test is to find free: neither the control plane nor the agent asks for any, and a host whose disk was full goes on getting work.</summary>
    public bool AnyDiskWillDo { get; set; }

    /// <summary>The agent's policy file; null: it has none.</summary>
    public string? PolicyFile { get; set; }

    /// <summary>What <c>Install:Directory</c> names.</summary>
    public string Install => Path.Combine(Directory, "install");

    /// <summary>What the control plane is started in and with.</summary>
    internal Surroundings ServerIn { get; private init; } = new();

    /// <summary>What the agent is started in and with.</summary>
    internal Surroundings AgentIn { get; private init; } = new();

    /// <summary>Data directory of the agent.</summary>
    internal string AgentDirectory { get; set; } = "";

    /// <summary>The endpoint with TLS as somebody else on this machine's networks sees it.</summary>
    public Uri TlsAt(string address) => new($"https://{address}:{_tls}");

    internal ChildProgram Server => _server!;

    internal ChildProgram Agent => _agent!;

    internal PackageServer Packages { get; private set; } = null!;

    internal Api Admin { get; private set; } = null!;

    internal Api User { get; private set; } = null!;

    /// <summary>Starts all three; the agent is online.</summary>
    /// <param name="provider">Which database.</param>
    /// <param name="reports">False: runs end without a report, which is quicker.</param>
    /// <param name="tls">True: the control plane has a TLS endpoint too, with an authority of its own, and the agent uses it.</param>
    /// <param name="publicHost">How hosts reach the control plane.</param>
    /// <param name="database">A database of the test's own; null: a new one.</param>
    /// <param name="dial">Given the control plane's port for agents: the address that they connect to instead; null: that one.</param>
    /// <param name="prepare">Called before anything is started.</param>
    internal static async Task<Stage> StartAsync(
        string provider,
        bool reports = false,
        bool tls = false,
        string publicHost = "127.0.0.1",
        TestDatabase? database = null,
        Func<int, Uri>? dial = null,
        Func<Stage, Task>? prepare = null)
    {
        Stage stage = new(database ?? await TestDatabase.CreateAsync(provider), reports, tls, publicHost, dial);
        stage._watch = DeathWatch.Over(stage.Directory);
        try
        {
            await (prepare?.Invoke(stage) ?? Task.CompletedTask);
            stage.Packages = await PackageServer.StartAsync(System.IO.Directory.CreateDirectory(Path.Combine(stage.Directory, "packages")).FullName);
            await stage.StartServerAsync();
            stage.Admin = await Api.SignInAsync(stage.Address, "admin@example.com", OrbitServer.AdminPassword);
            stage.User = await Api.SignInAsync(stage.Address, "dev@example.com");
            var settings = new JsonObject { ["package_download_base_url"] = stage.Packages.Address.ToString() };
            if (stage.AnyDiskWillDo)
            {
                settings["agent_min_free_bytes"] = 0;
                settings["agent_quarantine_after"] = 0;
            }

            await stage.Admin.PutAsync("/api/v1/settings", new JsonObject { ["settings"] = settings });
            JsonNode join = await stage.Admin.PostAsync("/api/v1/agents/join-tokens", new JsonObject { ["name"] = "host-a" });
            stage.StartAgent(token: (string)join["token"]!);
            await stage.OnlineAsync();
            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the control plane, or starts it again.</summary>
    /// <param name="failPoint">Where it dies.</param>
    public async Task StartServerAsync(string? failPoint = null)
    {
        _server?.Dispose();
        string[] arguments =
        [
            Programs.ControlPlane, .. _database.NextArgs(), $"--Keys:Master={OrbitServer.MasterKey}", $"--Access:AdminPassword={OrbitServer.AdminPassword}",
            $"--Kestrel:Endpoints:Http:Url={Address}", $"--Kestrel:Endpoints:Grpc:Url=http://127.0.0.1:{_grpc}",
            $"--Install:Directory={Install}", "--Agents:HeartbeatInterval=00:00:01", "--Agents:LeaseDuration=00:00:06",
            .. _hasTls ? [$"--Kestrel:Endpoints:Tls:Url={TlsAt("0.0.0.0")}", $"--PublicUrl={TlsAt(_publicHost).ToString().TrimEnd('/')}"] : Array.Empty<string>(),
            .. _reports ? Array.Empty<string>() : [$"--Reports:AllurePath={Path.Combine(Directory, "no-allure")}"],
        ];
        _server = ServerIn.Start(["dotnet", .. arguments], failPoint);
        using HttpClient http = new();
        await Eventually.HoldsAsync(
            async () =>
            {
                if (_server.HasExited && (failPoint is not null || ServerIn.Tracer.Count > 0))
                {
                    return true; // it died where it was to
                }

                Assert.False(_server.HasExited, _server.Output);
                try
                {
                    return (await http.GetAsync(new Uri(Address, "/readyz"))).IsSuccessStatusCode;
                }
                catch (HttpRequestException)
                {
                    return false; // not yet
                }
            },
            TimeSpan.FromSeconds(60));
    }

    /// <summary>Takes a backup as an operator does.</summary>
    public async Task<string> BackUpAsync()
    {
        string file = Path.Combine(Directory, $"backup-{Guid.NewGuid():N}");
        using HttpResponseMessage answer = await Admin.PageAsync("/api/v1/backup");
        Assert.True(answer.IsSuccessStatusCode);
        await File.WriteAllBytesAsync(file, await answer.Content.ReadAsByteArrayAsync());
        return file;
    }

    /// <summary>The machine of the control plane is lost; a backup is restored onto another, which takes its place.</summary>
    public async Task RestoreAsync(string backup)
    {
        Server.Kill();
        await _database.DisposeAsync();
        _database = await TestDatabase.CreateEmptyAsync(_database.Provider);
        _ = await ChildProgram.RunAsync(
            "dotnet",
            [Programs.Cli, "restore", backup, "--program", Programs.ControlPlane, "--", .. _database.NextArgs(), $"--Keys:Master={OrbitServer.MasterKey}"]);
        await StartServerAsync();
        Admin.Dispose();
        User.Dispose();
        Admin = await Api.SignInAsync(Address, "admin@example.com", OrbitServer.AdminPassword);
        User = await Api.SignInAsync(Address, "dev@example.com");
        await OnlineAsync();
    }

    /// <summary>Copies the file of a SQLite database whose server is stopped.</summary>
    public void KeepDatabaseFile() => File.Copy(_database.SqliteFile, Path.Combine(Directory, "kept.db"));

    /// <summary>Puts the copy in the place of the file, as nobody should.</summary>
    public void PutDatabaseFileBack()
    {
        foreach (string beside in (string[])["-wal", "-shm"])
        {
            File.Delete(_database.SqliteFile + beside);
        }

        File.Copy(Path.Combine(Directory, "kept.db"), _database.SqliteFile, overwrite: true);
    }

    /// <summary>Starts the agent, or starts it again.</summary>
    public void StartAgent(string? failPoint = null, string? token = null)
    {
        _agent?.Dispose();
        _agent = AnotherAgent(failPoint, token);
    }

    /// <summary>Waits until the control plane sees the agent.</summary>
    public Task OnlineAsync() => Eventually.HoldsAsync(
        async () =>
        {
            Assert.False(Agent.HasExited, Agent.Output);
            return (await User.GetAsync("/api/v1/agents"))["agents"]!.AsArray().Any(agent => (string)agent!["state"]! == "ONLINE");
        },
        TimeSpan.FromSeconds(60));

    /// <summary>Posts a build as Jenkins does; the answer.</summary>
    public async Task<JsonNode> AnnounceAsync(string service, string build, string? packagePath = null)
    {
        using HttpClient jenkins = new() { BaseAddress = Address };
        using StringContent body = new(
            $$"""{"BUILD_USER":"dev@example.com","JOB_NAME":"lab/{{service}}","PACKAGE_PATH":"{{packagePath ?? await Packages.PublishAsync(service, build)}}","BUILD_NUMBER":"{{build}}"}""",
            System.Text.Encoding.UTF8,
            "application/json");
        using HttpResponseMessage answer = await jenkins.PostAsync("/api/v1/builds", body);
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }

    /// <summary>Makes a parameter set and a test item with it.</summary>
    /// <returns>Id of the test item.</returns>
    public async Task<long> ItemAsync(string name, JsonObject parameters, JsonObject? labels = null)
    {
        JsonNode set = await Admin.PostAsync("/api/v1/parameter-sets", new JsonObject { ["name"] = name, ["parameters"] = parameters });
        JsonNode item = await Admin.PostAsync(
            "/api/v1/test-items", new JsonObject { ["name"] = name, ["job_name"] = $"lab/{name}", ["parameter_set_id"] = (long)set["id"]!, ["labels"] = labels ?? [] });
        return (long)item["id"]!;
    }

    /// <summary>Triggers a run as a user; with parameters of its own, as an admin.</summary>
    /// <returns>The run's id.</returns>
    public async Task<long> TriggerAsync(long item, long? build, JsonObject? parameters = null)
    {
        JsonObject request = new() { ["parameters"] = parameters ?? [] };
        if (build is not null)
        {
            request["build_info_id"] = build;
        }

        return (long)(await (parameters is null ? User : Admin).PostAsync($"/api/v1/test-items/{item}/deploy-test", request))["id"]!;
    }

    public Task<JsonNode> RunAsync(long run) => User.GetAsync($"/api/v1/deploy-test-runs/{run}");

    /// <summary>Waits until the run has ended.</summary>
    public Task<JsonNode> EndAsync(long run) =>
        Eventually.ReadAsync(() => RunAsync(run), state => (string)state["status"]! is "COMPLETED" or "FAILED" or "CANCELLED", RunLimit);

    /// <summary>Events of a run that has ended, after a number; 0 would be answered with a description of the run instead.</summary>
    public async Task<List<JsonObject>> EventsAsync(long run, long after = 1) =>
        await User.LinesAsync($"/api/v1/deploy-test-runs/{run}/events?after_seq={after.ToString(CultureInfo.InvariantCulture)}").Where(RunEvents.IsStored).ToListAsync();

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_agent is not null)
        {
            _agent.Dispose();
        }

        Leftovers.EndBelow(Directory);
        Admin?.Dispose();
        User?.Dispose();
        _server?.Dispose();
        Packages?.Dispose();
        await _database.DisposeAsync();
        _watch?.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    /// <summary>An agent with the same data directory as <see cref="Agent"/>.</summary>
    internal ChildProgram AnotherAgent(string? failPoint = null, string? token = null, string? data = null)
    {
        List<string> arguments =
        [
            Programs.Agent, "--server", (_hasTls ? TlsAddress : _dialled).ToString(), "--name", "host-a", "--data", data is null ? AgentDirectory : Path.Combine(Directory, data),
            "--allow", Services, "--allow", Suites, "--reconnect-cap", "1",
            .. _hasTls || _dialled.IsLoopback ? Array.Empty<string>() : ["--allow-plaintext"],
            .. AnyDiskWillDo ? ["--min-free", "0"] : Array.Empty<string>(),
            .. PolicyFile is { } policy ? ["--policy", policy] : Array.Empty<string>(),
        ];
        return AgentIn.Start(["dotnet", .. arguments, .. token is null ? Array.Empty<string>() : ["--token", token]], failPoint);
    }
}
