namespace Orbit.Faults.Rig;

/// <summary>
/// A stage whose every part can be disturbed: a proxy between the agent and the control plane, on PostgreSQL another in front of it, wall
/// clocks of their own, an agent on a host with a small disk and a cable, on SQLite a control plane with a small disk.
/// </summary>
internal sealed class Scene : IAsyncDisposable
{
    private const int DiskMegabytes = 192; // the agent's journal alone takes some times 16
    private const int PostgresMegabytes = 320;

    private readonly Stack<IAsyncDisposable> _parts = new();

    private Scene(string provider) => Provider = provider;

    public string Provider { get; }

    public Stage Stage { get; private set; } = null!;

    /// <summary>Between the agent and the control plane.</summary>
    public TcpProxy Link { get; private set; } = null!;

    /// <summary>Between the control plane and PostgreSQL; null on SQLite.</summary>
    public TcpProxy? Database { get; private set; }

    /// <summary>Null on SQLite.</summary>
    public OwnPostgres? Postgres { get; private set; }

    /// <summary>With the disk of PostgreSQL; null on SQLite.</summary>
    public SmallHost? PostgresHost { get; private set; }

    public SmallHost AgentHost { get; private set; } = null!;

    /// <summary>With the disk of the database; null on PostgreSQL.</summary>
    public SmallHost? ServerHost { get; private set; }

    public WallClock ServerClock { get; private set; } = null!;

    public WallClock AgentClock { get; private set; } = null!;

    public static async Task<Scene> StartAsync(string provider)
    {
        var scene = new Scene(provider);
        try
        {
            await scene.OpenAsync();
            return scene;
        }
        catch
        {
            await scene.DisposeAsync();
            throw;
        }
    }

    /// <summary>Everything works and runs; clocks stay where they are.</summary>
    public async Task HealAsync()
    {
        (Link.Stalled, Link.Refuses) = (Stalled.None, false);
        await AgentHost.PlugAsync();
        if (Stage.Agent.HasExited)
        {
            Stage.StartAgent();
        }

        if (Stage.Server.HasExited)
        {
            await Stage.StartServerAsync();
        }

        await Stage.OnlineAsync();
    }

    public async ValueTask DisposeAsync()
    {
        while (_parts.TryPop(out IAsyncDisposable? part))
        {
            await part.DisposeAsync();
        }

        WallClock.Clean();
    }

    private async Task OpenAsync()
    {
        bool embedded = Provider == Databases.Sqlite;
        TestDatabase place;
        if (embedded)
        {
            place = await TestDatabase.CreateEmptyAsync(Provider);
            ServerHost = Own(await SmallHost.StartAsync(Path.GetDirectoryName(place.SqliteFile)!, DiskMegabytes, network: false));
        }
        else
        {
            Postgres = Own(await OwnPostgres.StartAsync(FreePort.Next(), async disk =>
            {
                PostgresHost = Own(await SmallHost.StartAsync(disk, PostgresMegabytes, network: false));
                return PostgresHost.Place;
            }));
            Database = Own(new TcpProxy(Postgres.Port, toPostgres: true));
            place = TestDatabase.On($"Host=127.0.0.1;Port={Database.Port};Username=postgres;Database=postgres;Timeout=5;Command Timeout=10");
        }

        string agentDisk = Own(new OwnDirectory()).Path;
        AgentHost = Own(await SmallHost.StartAsync(agentDisk, DiskMegabytes, network: true));
        Stage = Own(await Stage.StartAsync(Provider, database: place, dial: Dial, prepare: made => Task.Run(() => Prepare(made, agentDisk))));
    }

    private Uri Dial(int grpc)
    {
        Link = Own(new TcpProxy(grpc, open: true));
        return new Uri($"http://{AgentHost.Outside}:{Link.Port}");
    }

    private void Prepare(Stage stage, string agentDisk)
    {
        (stage.AgentDirectory, stage.AnyDiskWillDo) = (agentDisk, true);
        (stage.AgentIn.Place, stage.ServerIn.Place) = (AgentHost.Place, ServerHost?.Place ?? []);
        (ServerClock = new(Path.Combine(stage.Directory, "server-clock"))).GiveTo(stage.ServerIn);
        (AgentClock = new(Path.Combine(stage.Directory, "agent-clock"))).GiveTo(stage.AgentIn);
    }

    private T Own<T>(T part)
        where T : IAsyncDisposable
    {
        _parts.Push(part);
        return part;
    }

    private sealed class OwnDirectory : IAsyncDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("orbit-host-a-").FullName;

        public ValueTask DisposeAsync()
        {
            Directory.Delete(Path, recursive: true);
            return ValueTask.CompletedTask;
        }
    }
}
