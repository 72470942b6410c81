using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;
using Orbit.Agent.Link;

namespace Orbit.Agent;

/// <summary>The agent's options; each can also come from the environment as <c>ORBIT_AGENT_NAME</c>. Wrong values end the start with one line.</summary>
internal static partial class AgentCommandLine
{
    private const string Prefix = "ORBIT_AGENT_";
    private static readonly Option<string?> Server = new("--server") { Description = "Address of the control plane's gRPC port, e.g. https://orbit.example:8081" };
    private static readonly Option<string?> Token = new("--token") { Description = "One-time join token; needed only until the host is enrolled" };
    private static readonly Option<string?> Name = new("--name") { Description = "Name to enrol under; the host's name unless set" };
    private static readonly Option<string[]> Label = new("--label") { Description = "Label that work may ask for, as key=value; may be repeated" };
    private static readonly Option<string?> Data = new("--data") { Description = "Directory for everything the agent must not forget; ./agent-data unless set" };
    private static readonly Option<string[]> Allow = new("--allow") { Description = "Directory that the agent may touch; may be repeated" };
    private static readonly Option<string?> Policy = new("--policy") { Description = "Policy file of this host" };
    private static readonly Option<string?> Ca = new("--ca") { Description = "File with the certificates (PEM) to trust for https" };
    private static readonly Option<bool> AllowPlaintext = new("--allow-plaintext") { Description = "Allow plain-text gRPC to another host" };
    private static readonly Option<int?> CheckInterval = new("--check-interval") { Description = "Pause between two looks at whether installed services were changed by hand, in seconds; 60 unless set" };
    private static readonly Option<int?> ReconnectCap = new("--reconnect-cap") { Description = "Largest pause between two attempts to connect, in seconds; 60 unless set" };

    private static readonly Option<int?> UpgradeLimit = new("--upgrade-limit") { Description = "Time that a new version of this program may take to connect before the one before is put back, in seconds; 60 unless set" };

    private static readonly Option<int?> MinFree = new("--min-free") { Description = "Free space where the agent keeps its data below which it takes no deploy test, in MB; 256 unless set, 0 for no limit" };

    /// <summary>Parses, and runs <paramref name="run"/> with the options.</summary>
    /// <returns>The exit code; 2 for wrong options.</returns>
    public static async Task<int> RunAsync(string[] args, Func<AgentOptions, Task<int>> run)
    {
        RootCommand root = new("Orbit's agent: carries out deploy tests on this host.")
        {
            Server, Token, Name, Label, Data, Allow, Policy, Ca, AllowPlaintext, CheckInterval, ReconnectCap, UpgradeLimit, MinFree,
        };
        root.SetAction(async (parsed, _) =>
        {
            try
            {
                return await run(Read(parsed));
            }
            catch (OptionException wrong)
            {
                return Complain(wrong.Message);
            }
        });
        ParseResult result = root.Parse(args);
        return result.Errors.Count > 0 ? Complain(result.Errors[0].Message) : await result.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null }); // the daemon handles signals
    }

    private static int Complain(string problem)
    {
        Console.Error.WriteLine($"orbit-agent: {problem}");
        return 2;
    }

    private static AgentOptions Read(ParseResult parsed)
    {
        bool plaintext = parsed.GetValue(AllowPlaintext) || FromEnvironment("ALLOW_PLAINTEXT") is "1" or "true";
        Uri server = ServerOf(parsed.GetValue(Server) ?? FromEnvironment("SERVER"), plaintext);
        string name = parsed.GetValue(Name) ?? FromEnvironment("NAME") ?? Environment.MachineName;
        string[] labels = Several(parsed.GetValue(Label), "LABEL", ',');
        string[] allow = Several(parsed.GetValue(Allow), "ALLOW", ':');
        return new AgentOptions
        {
            Server = server,
            Token = NullIfEmpty(parsed.GetValue(Token) ?? FromEnvironment("TOKEN")),
            Name = NamePattern().IsMatch(name) ? name : throw new OptionException($"--name '{name}' must be 1 to 100 letters, digits, '.', '_' or '-'."),
            Labels = LabelsOf(labels),
            DataDirectory = Path.GetFullPath(parsed.GetValue(Data) ?? FromEnvironment("DATA") ?? "agent-data"),
            Allow = [.. allow.Select(Path.GetFullPath)],
            PolicyFile = ExistingFile("--policy", parsed.GetValue(Policy) ?? FromEnvironment("POLICY")),
            CaFile = ExistingFile("--ca", parsed.GetValue(Ca) ?? FromEnvironment("CA")),
            AllowPlaintext = plaintext,
            CheckInterval = SecondsOf("--check-interval", parsed.GetValue(CheckInterval), FromEnvironment("CHECK_INTERVAL"), 86_400),
            ReconnectCap = SecondsOf("--reconnect-cap", parsed.GetValue(ReconnectCap), FromEnvironment("RECONNECT_CAP"), 600),
            MinFree = MegabytesOf(parsed.GetValue(MinFree), FromEnvironment("MIN_FREE")),
            UpgradeLimit = SecondsOf("--upgrade-limit", parsed.GetValue(UpgradeLimit), FromEnvironment("UPGRADE_LIMIT"), 600),
        };
    }

    private static Uri ServerOf(string? text, bool plaintext)
    {
        if (string.IsNullOrEmpty(text))
        {
            throw new OptionException("--server is missing: the address of the control plane's gRPC port, e.g. https://orbit.example:8081.");
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? server) || server.Scheme is not ("http" or "https") || server.PathAndQuery != "/" || server.UserInfo.Length > 0)
        {
            throw new OptionException($"--server '{text}' must be http://HOST:PORT or https://HOST:PORT.");
        }

        return server.Scheme == "https" || plaintext || ServerConnection.IsLoopback(server)
            ? server
            : throw new OptionException($"--server '{text}' would send everything in plain text over the network; use https, or say --allow-plaintext.");
    }

    private static Dictionary<string, string> LabelsOf(string[] texts)
    {
        Dictionary<string, string> labels = [];
        foreach (string text in texts)
        {
            string[] parts = text.Split('=', 2);
            labels[parts[0]] = parts.Length == 2 && parts[0].Length > 0 ? parts[1] : throw new OptionException($"--label '{text}' must be key=value.");
        }

        return labels;
    }

    private static string? ExistingFile(string option, string? path) =>
        string.IsNullOrEmpty(path) ? null
        : File.Exists(path) ? Path.GetFullPath(path)
        : throw new OptionException($"{option} '{path}' does not exist.");

    private static TimeSpan SecondsOf(string name, int? option, string? variable, int most)
    {
        int seconds = option ?? (string.IsNullOrEmpty(variable) ? 60
            : int.TryParse(variable, NumberStyles.None, CultureInfo.InvariantCulture, out int parsed) ? parsed
            : -1);
        return seconds >= 1 && seconds <= most ? TimeSpan.FromSeconds(seconds) : throw new OptionException($"{name} must be 1 to {most} seconds.");
    }

    private static long MegabytesOf(int? option, string? variable)
    {
        int megabytes = option ?? (string.IsNullOrEmpty(variable) ? 256
            : int.TryParse(variable, NumberStyles.None, CultureInfo.InvariantCulture, out int parsed) ? parsed
            : -1);
        return megabytes >= 0 ? megabytes * 1_000_000L : throw new OptionException("--min-free must be a whole number of MB.");
    }

    private static string[] Several(string[]? option, string variable, char separator) =>
        option is { Length: > 0 } ? option : FromEnvironment(variable)?.Split(separator, StringSplitOptions.RemoveEmptyEntries) ?? [];

    private static string? FromEnvironment(string name) => NullIfEmpty(Environment.GetEnvironmentVariable(Prefix + name));

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    [GeneratedRegex("^[A-Za-z0-9._-]{1,100}\\z")]
    private static partial Regex NamePattern();
}

/// <summary>An option has a wrong value; the message says which and what is allowed.</summary>
internal sealed class OptionException(string message) : Exception(message);
