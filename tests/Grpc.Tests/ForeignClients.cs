using System.Diagnostics;
using System.Text.Json;

namespace Orbit.Grpc.Tests;

/// <summary>Clients in other languages, in a directory of their own with their packages installed. One for all tests of the collection.</summary>
public sealed class ForeignClients : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("orbit-grpc-clients-");

    public string PathOf(string file) => Path.Combine(_directory.FullName, file);

    public async Task InitializeAsync()
    {
        string source = Path.Combine(AppContext.BaseDirectory, "clients");
        foreach (string file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            string copy = PathOf(Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        await RunAsync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
    }

    public Task DisposeAsync()
    {
        _directory.Delete(recursive: true);
        return Task.CompletedTask;
    }

    public Task<JsonElement> NodeAsync(string script, params string[] arguments) => JsonOfAsync("node", [script, .. arguments]);

    public Task<JsonElement> PythonAsync(string script, params string[] arguments) => JsonOfAsync("/usr/bin/python3", [script, .. arguments]);

    private async Task<JsonElement> JsonOfAsync(string program, string[] arguments) =>
        JsonSerializer.Deserialize<JsonElement>(await RunAsync(program, arguments));

    private async Task<string> RunAsync(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = _directory.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(limit.Token);
            Task<string> errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended {process.ExitCode}: {await errors}{await output}");
            return await output;
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}

[CollectionDefinition(nameof(ForeignClients))]
public sealed class ForeignClientsCollection : ICollectionFixture<ForeignClients>;
