using System.Text;
using Orbit.Cli.Connection;

namespace Orbit.Cli.Tests.Support;

/// <summary>What a command left behind.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Bytes">Standard output as it was written.</param>
/// <param name="Error">Standard error.</param>
internal sealed record Outcome(int ExitCode, byte[] Bytes, string Error)
{
    public string Output { get; } = Encoding.UTF8.GetString(Bytes);
}

/// <summary>Runs the whole program in this process with streams, environment and configuration directory of its own.</summary>
internal sealed class OrbitCli : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orbit-cli-").FullName;

    public OrbitCli(ScriptedServer? server = null)
    {
        Variables["XDG_CONFIG_HOME"] = _folder;
        if (server is not null)
        {
            Variables["ORBIT_SERVER"] = server.Address;
        }
    }

    public Dictionary<string, string> Variables { get; } = [];

    public string Folder => _folder;

    public string SessionFile => Path.Combine(_folder, "orbit", "session.json");

    public bool OutputIsTerminal { get; set; }

    public string Input { get; set; } = "";

    /// <summary>Called with everything written so far, after each write.</summary>
    public Action<string> OnOutput { get; set; } = _ => { };

    public async Task<Outcome> RunAsync(string[] args, CancellationToken ct = default)
    {
        var bytes = new WatchedStream(all => OnOutput(Encoding.UTF8.GetString(all)));
        var error = new StringWriter();
        var shell = new Shell
        {
            OutputBytes = bytes,
            Output = new StreamWriter(bytes, new UTF8Encoding(false)) { AutoFlush = true },
            Error = TextWriter.Synchronized(error),
            Input = new StringReader(Input),
            Variable = Variables.GetValueOrDefault,
            OutputIsTerminal = OutputIsTerminal,
            BackOff = new BackOff(TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(20)),
            Width = () => 100,
        };
        int code = await OrbitProgram.RunAsync(args, shell, ct);
        return new(code, bytes.ToArray(), error.ToString());
    }

    public Task<Outcome> RunAsync(params string[] args) => RunAsync(args, CancellationToken.None);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private sealed class WatchedStream(Action<byte[]> written) : MemoryStream
    {
        public override void Write(byte[] buffer, int offset, int count)
        {
            base.Write(buffer, offset, count);
            written(ToArray());
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            base.Write(buffer);
            written(ToArray());
        }
    }
}
