using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using Google.Protobuf.WellKnownTypes;
using Orbit.Agent.Tests.Packages;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Tests.Plans;

/// <summary>A small but real HTTP service with its packages on a real package server, its tests, and the plans that deploy it.</summary>
internal sealed class SmallService(string root, NginxServer packages, string name = "shop")
{
    private const string Server = """
        import http.server, os, sys
        here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        version = open(os.path.join(here, "conf", "version")).read().strip()
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200); self.end_headers(); self.wfile.write(version.encode())
            def log_message(self, *args): pass
        http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
        """;

    private const string Start = """
        #!/bin/sh
        cd "$(dirname "$0")" || exit 1
        echo "start $(cat conf/version)" >> ../effects
        /usr/bin/python3 bin/server.py PORT > server.log 2>&1 &
        echo $! > pid
        """;

    private const string Stop = """
        #!/bin/sh
        cd "$(dirname "$0")" || exit 1
        echo "stop $(cat conf/version)" >> ../effects
        [ -f pid ] && kill "$(cat pid)"
        rm -f pid
        """;

    public int Port { get; } = FreePort();

    public string InstallDir { get; } = Path.Combine(root, "opt", name);

    public string TestDir { get; } = Path.Combine(root, "tests");

    /// <summary>Lines that the start and stop scripts wrote, in order.</summary>
    public IReadOnlyList<string> Effects => File.Exists(Path.Combine(root, "opt", "effects")) ? File.ReadAllLines(Path.Combine(root, "opt", "effects")) : [];

    public void Prepare(string tests)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(InstallDir)!);
        Directory.CreateDirectory(TestDir);
        File.WriteAllText(Path.Combine(TestDir, "test_shop.py"), tests.Replace("PORT", $"{Port}", StringComparison.Ordinal));
    }

    /// <summary>Puts a package of a version on the server.</summary>
    public void Publish(string version, string? start = null)
    {
        using MemoryStream bytes = new();
        using (GZipStream zip = new(bytes, CompressionLevel.Fastest, leaveOpen: true))
        using (TarWriter tar = new(zip))
        {
            Add(tar, $"{name}-{version}/bin/server.py", Server);
            Add(tar, $"{name}-{version}/conf/version", version);
            Add(tar, $"{name}-{version}/start.sh", (start ?? Start).Replace("PORT", $"{Port}", StringComparison.Ordinal));
            Add(tar, $"{name}-{version}/stop.sh", Stop);
        }

        packages.Write($"{name}/{version}/{name}-{version}.tar.gz", bytes.ToArray());
    }

    /// <summary>A whole deployment of a version.</summary>
    public Plan Deploy(string version, long run, Action<DeployWork>? change = null)
    {
        DeployWork work = new()
        {
            RunId = run,
            Attempt = 1,
            Service = name,
            InstallDir = InstallDir,
            Strategy = DeployStrategy.OpenrestyFull,
            BuildId = run * 100,
            BuildName = $"{name} {version}",
            Steps =
            {
                new PlanStep { Download = new() { BaseUrl = packages.BaseUrl + "/html/", PackagePath = $"{name}/{version}", Pattern = $"*{name}*" } },
                new PlanStep { Extract = new() },
                new PlanStep { Stop = new() { Script = "stop.sh" } },
                new PlanStep { Backup = new() },
                new PlanStep { Replace = new() },
                new PlanStep { Start = new() { Script = "start.sh" } },
                new PlanStep
                {
                    Health = new() { Http = $"http://127.0.0.1:{Port}/", Interval = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(100)) },
                    TimeLimit = Duration.FromTimeSpan(TimeSpan.FromSeconds(10)),
                },
                new PlanStep { Test = new() { Dir = TestDir, Pytest = new() { Argv = { "-q", "-p", "no:cacheprovider" } }, Python = "/usr/bin/python3" } },
                new PlanStep { Report = new() },
            },
        };
        change?.Invoke(work);
        return new Plan { Deploy = work };
    }

    /// <summary>What the running service says its version is; null when nothing answers.</summary>
    public async Task<string?> AnswerAsync()
    {
        using HttpClient client = new() { Timeout = TimeSpan.FromSeconds(5) };
        try
        {
            return await client.GetStringAsync(new Uri($"http://127.0.0.1:{Port}/"));
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>Ends the service, so that no test leaves anything running.</summary>
    public void End()
    {
        foreach (Agent.Steps.ServiceProcess process in Agent.Steps.ServiceProcesses.In(InstallDir))
        {
            using System.Diagnostics.Process ended = System.Diagnostics.Process.GetProcessById(process.Identity.Pid);
            ended.Kill();
        }
    }

    private static void Add(TarWriter tar, string path, string content)
    {
        using MemoryStream data = new(System.Text.Encoding.UTF8.GetBytes(content + "\n"));
        tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, path) { DataStream = data, Mode = (UnixFileMode)0b111_101_101 });
    }

    private static int FreePort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
