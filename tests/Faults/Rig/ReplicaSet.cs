using System.Text.Json.Nodes;

namespace Orbit.Faults.Rig;

/// <summary>Several control planes on one PostgreSQL behind nginx, one port for people and one for agents, and an agent.</summary>
internal sealed class ReplicaSet : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(90);
    private readonly string _directory = Directory.CreateTempSubdirectory("orbit-replicas-").FullName;
    private readonly TestDatabase _database;
    private readonly (int Http, int Grpc)[] _ports;
    private readonly string[][] _arguments;
    private readonly ChildProgram?[] _replicas;
    private readonly int _people = FreePort.Next();
    private readonly int _agents = FreePort.Next();
    private ChildProgram? _balancer;
    private ChildProgram? _agent;

    private ReplicaSet(TestDatabase database, int count)
    {
        _database = database;
        _ports = [.. Enumerable.Range(0, count).Select(_ => (FreePort.Next(), FreePort.Next()))];
        _arguments = [.. _ports.Select(ports => (string[])
            [
                Programs.ControlPlane, .. database.NextArgs(), $"--Keys:Master={OrbitServer.MasterKey}", $"--Access:AdminPassword={OrbitServer.AdminPassword}",
                $"--Kestrel:Endpoints:Http:Url=http://127.0.0.1:{ports.Http}", $"--Kestrel:Endpoints:Grpc:Url=http://127.0.0.1:{ports.Grpc}",
                "--Agents:HeartbeatInterval=00:00:01", "--Agents:LeaseDuration=00:00:06", $"--Reports:AllurePath={Path.Combine(_directory, "no-allure")}",
            ])];
        _replicas = new ChildProgram?[count];
        _ = Directory.CreateDirectory(Suites);
    }

    /// <summary>Where tests lie.</summary>
    public string Suites => Path.Combine(_directory, "suites");

    /// <summary>Somebody signed in as admin, over the balancer.</summary>
    public Api Admin { get; private set; } = null!;

    public static async Task<ReplicaSet> StartAsync(int count)
    {
        var set = new ReplicaSet(await TestDatabase.CreateAsync(Databases.Postgres), count);
        try
        {
            await Task.WhenAll(Enumerable.Range(0, count).Select(set.StartReplicaAsync));
            set.StartBalancer();
            await Eventually.HoldsAsync(() => IsReadyAsync(set._people), StartLimit);
            set.Admin = await Api.SignInAsync(new($"http://127.0.0.1:{set._people}"), "admin@example.com", OrbitServer.AdminPassword);
            JsonNode join = await set.Admin.PostAsync("/api/v1/agents/join-tokens", new JsonObject { ["name"] = "host-a" });
            set._agent = ChildProgram.Start(
                "dotnet",
                [
                    Programs.Agent, "--server", $"http://127.0.0.1:{set._agents}", "--name", "host-a", "--data", Path.Combine(set._directory, "agent"),
                    "--allow", set.Suites, "--reconnect-cap", "1", "--token", (string)join["token"]!,
                ]);
            return set;
        }
        catch
        {
            await set.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts one, or starts it again.</summary>
    public async Task StartReplicaAsync(int number)
    {
        _replicas[number]?.Dispose();
        ChildProgram replica = _replicas[number] = ChildProgram.Start("dotnet", _arguments[number]);
        await Eventually.HoldsAsync(
            async () =>
            {
                Assert.False(replica.HasExited, replica.Output);
                return await IsReadyAsync(_ports[number].Http);
            },
            StartLimit);
    }

    /// <summary>kill -9 of one.</summary>
    public void Kill(int number) => _replicas[number]!.Kill();

    public async ValueTask DisposeAsync()
    {
        _agent?.Dispose();
        Leftovers.EndBelow(_directory);
        Admin?.Dispose();
        if (_balancer is not null)
        {
            await _balancer.StopAsync();
            _balancer.Dispose();
        }

        foreach (ChildProgram? replica in _replicas)
        {
            replica?.Dispose();
        }

        await _database.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>The configuration that docs/operations.md shows, with ports of this test.</summary>
    private void StartBalancer()
    {
        string Servers(Func<(int Http, int Grpc), int> port) => string.Join(' ', _ports.Select(ports => $"server 127.0.0.1:{port(ports)} max_fails=1 fail_timeout=2s;"));
        string configuration = $$"""
            daemon off; pid {{_directory}}/nginx.pid; worker_processes 1;
            events { worker_connections 1024; }
            http {
              access_log off; client_body_temp_path {{_directory}}/t1; proxy_temp_path {{_directory}}/t2; fastcgi_temp_path {{_directory}}/t3; uwsgi_temp_path {{_directory}}/t4; scgi_temp_path {{_directory}}/t5;
              upstream people { {{Servers(p => p.Http)}} }
              upstream agents { {{Servers(p => p.Grpc)}} }
              server {
                listen 127.0.0.1:{{_people}};
                location / {
                  proxy_pass http://people; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host;
                  proxy_buffering off; proxy_request_buffering off; proxy_read_timeout 1h; client_max_body_size 0;
                }
              }
              server {
                listen 127.0.0.1:{{_agents}} http2;
                location / {
                  grpc_pass grpc://agents; grpc_read_timeout 1h; grpc_send_timeout 1h; client_body_timeout 1h; client_max_body_size 0;
                }
              }
            }
            """;
        string file = Path.Combine(_directory, "nginx.conf");
        File.WriteAllText(file, configuration);
        _balancer = ChildProgram.Start("/usr/sbin/nginx", ["-p", _directory, "-c", file, "-e", Path.Combine(_directory, "nginx.log")]);
    }

    private static async Task<bool> IsReadyAsync(int port)
    {
        using HttpClient http = new();
        try
        {
            return (await http.GetAsync(new Uri($"http://127.0.0.1:{port}/readyz"))).IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false; // not yet
        }
    }
}
