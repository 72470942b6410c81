using System.Security.Cryptography;

namespace Orbit.EndToEnd.Support;

/// <summary>A real nginx with a directory listing, and packages as CI leaves them there.</summary>
internal sealed class PackageServer : IDisposable
{
    private readonly string _directory;
    private readonly ChildProgram _nginx;

    private PackageServer(string directory, int port)
    {
        _directory = directory;
        Address = new Uri($"http://127.0.0.1:{port}");
        Directory.CreateDirectory(Path.Combine(directory, "www"));
        File.WriteAllText(Path.Combine(directory, "nginx.conf"), Configuration(port));
        _nginx = ChildProgram.Start("/usr/sbin/nginx", ["-p", directory, "-e", Path.Combine(directory, "error.log"), "-c", "nginx.conf"]);
    }

    public Uri Address { get; }

    public static async Task<PackageServer> StartAsync(string directory)
    {
        PackageServer server = new(directory, FreePort.Next());
        using HttpClient http = new();
        await Eventually.HoldsAsync(async () =>
        {
            Assert.False(server._nginx.HasExited, server._nginx.Output);
            try
            {
                return (await http.GetAsync(server.Address)).IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false; // not yet
            }
        });
        return server;
    }

    /// <summary>Makes the package of a sample service and puts it on the server.</summary>
    /// <returns>Its package path.</returns>
    public async Task<string> PublishAsync(string service, string build)
    {
        string made = Directory.CreateDirectory(Path.Combine(_directory, $"made-{service}-{build}")).FullName;
        await ChildProgram.RunAsync(Path.Combine(Programs.Root, "deploy/samples/make-package"), service, build, made);
        byte[] package = await File.ReadAllBytesAsync(Path.Combine(made, $"{service}-{build}.tar.gz"));
        string path = $"{service}/pass/20260101-master-{Convert.ToHexStringLower(SHA256.HashData(package))[..40]}/el8";
        string to = Path.Combine(_directory, "www", path);
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        Directory.Move(made, to);
        return path;
    }

    public void Dispose() => _nginx.Dispose();

    private static string Configuration(int port) =>
        $$"""
        {{(Environment.IsPrivilegedProcess ? "user root;" : "")}}
        daemon off;
        master_process off;
        pid nginx.pid;
        events { worker_connections 64; }
        http {
          access_log off;
          client_body_temp_path tmp1; proxy_temp_path tmp2; fastcgi_temp_path tmp3; uwsgi_temp_path tmp4; scgi_temp_path tmp5;
          server { listen 127.0.0.1:{{port}}; root www; autoindex on; }
        }
        """;
}
