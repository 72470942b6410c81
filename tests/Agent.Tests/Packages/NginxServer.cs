using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Orbit.Agent.Tests.Files;

namespace Orbit.Agent.Tests.Packages;

/// <summary>A real nginx that lists and serves a directory, as HTML under /html/ and as JSON under /json/.</summary>
internal sealed class NginxServer : IAsyncDisposable
{
    private readonly TemporaryDirectory _files = new();
    private readonly Process _process;

    private NginxServer(Process process, TemporaryDirectory files, int port) =>
        (_process, _files, BaseUrl) = (process, files, $"http://127.0.0.1:{port}");

    public string BaseUrl { get; }

    /// <summary>Puts a file where nginx serves it, under both formats.</summary>
    public string Write(string relative, byte[] content) => _files.Write("www/" + relative, content);

    public static async Task<NginxServer> StartAsync()
    {
        for (int attempt = 1; ; attempt++)
        {
            TemporaryDirectory files = new();
            int port = FreePort();
            files.Write("www/here", []);
            files.Write("nginx.conf", Configuration(files.Root, port));
            ProcessStartInfo start = new("/usr/sbin/nginx", ["-e", files["error.log"], "-p", files.Root, "-c", files["nginx.conf"]])
            {
                RedirectStandardError = true,
            };
            Process process = Process.Start(start)!;
            if (await AnswersAsync(port, process))
            {
                return new(process, files, port);
            }

            string error = await process.StandardError.ReadToEndAsync();
            files.Dispose();
            Assert.True(attempt < 5, $"nginx did not start: {error}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        using (Process stop = Process.Start("/bin/kill", ["-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]))
        {
            await stop.WaitForExitAsync();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
        _files.Dispose();
    }

    private static async Task<bool> AnswersAsync(int port, Process process)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(20));
        while (!process.HasExited)
        {
            using TcpClient client = new();
            try
            {
                await client.ConnectAsync(IPAddress.Loopback, port, limit.Token);
                return true;
            }
            catch (SocketException)
            {
                await Task.Delay(20, limit.Token);
            }
        }

        return false;
    }

    private static int FreePort()
    {
        using TcpListener probe = new(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private static string Configuration(string directory, int port)
    {
        string user = Environment.UserName == "root" ? "user root;" : "";
        return $$"""
            daemon off; master_process off; worker_processes 1; {{user}}
            pid {{directory}}/nginx.pid;
            events { worker_connections 64; }
            http {
              access_log off;
              client_body_temp_path {{directory}}/t1; proxy_temp_path {{directory}}/t2; fastcgi_temp_path {{directory}}/t3;
              uwsgi_temp_path {{directory}}/t4; scgi_temp_path {{directory}}/t5;
              server {
                listen 127.0.0.1:{{port}};
                location /html/ { alias {{directory}}/www/; autoindex on; autoindex_format html; }
                location /json/ { alias {{directory}}/www/; autoindex on; autoindex_format json; }
                location /moved/ { return 302 /html/; }
                location /away/ { return 302 http://localhost:1/html/; }
                location /loop/ { return 302 /loop/; }
                location /page/ { default_type text/html; return 200 "<!DOCTYPE html><html>log in</html>"; }
              }
            }
            """;
    }
}
