using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orbit.Cli.Connection;

/// <summary>
/// The user's sign-ins, one a server, in <c>$XDG_CONFIG_HOME/orbit/session.json</c>, readable by the user alone.
/// Replaced whole by rename, so that two commands at once leave one of both contents and never half of one.
/// </summary>
internal sealed partial class SessionFile(string path)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public string Path { get; } = path;

    public static SessionFile In(Shell shell)
    {
        string? config = shell.Variable("XDG_CONFIG_HOME");
        if (string.IsNullOrEmpty(config))
        {
            string? home = shell.Variable("HOME");
            config = string.IsNullOrEmpty(home)
                ? Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify)
                : System.IO.Path.Combine(home, ".config");
        }

        return new(System.IO.Path.Combine(config, "orbit", "session.json"));
    }

    /// <summary>The server that was signed in to last; null when none was.</summary>
    public string? Current => Read().Current;

    public StoredSession? Find(Uri server) => Read().Servers.GetValueOrDefault(ServerAddress.Key(server));

    public void Put(Uri server, StoredSession session)
    {
        Content content = Read();
        content.Servers[ServerAddress.Key(server)] = session;
        Write(content with { Current = ServerAddress.Key(server) });
    }

    /// <returns>False when there was no sign-in at that server.</returns>
    public bool Remove(Uri server)
    {
        Content content = Read();
        bool removed = content.Servers.Remove(ServerAddress.Key(server));
        if (removed)
        {
            Write(content);
        }

        return removed;
    }

    private Content Read()
    {
        try
        {
            if (!File.Exists(Path))
            {
                return new(null, []);
            }

            return JsonSerializer.Deserialize(File.ReadAllText(Path), SessionJson.Default.Content) ?? new(null, []);
        }
        catch (JsonException)
        {
            throw new UsageException($"the session file {Path} cannot be read; delete it and sign in again", "SESSION_FILE_INVALID");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"the session file {Path} cannot be read: {failure.Message}", "SESSION_FILE_UNREADABLE");
        }
    }

    private void Write(Content content)
    {
        try
        {
            string folder = System.IO.Path.GetDirectoryName(Path)!;
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(folder);
            }
            else
            {
                Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
                options.UnixCreateMode = OwnerOnly;
            }

            string beside = $"{Path}.{Environment.ProcessId}.{Guid.NewGuid():n}";
            using (var stream = new FileStream(beside, options))
            {
                JsonSerializer.Serialize(stream, content, SessionJson.Default.Content);
            }

            File.Move(beside, Path, overwrite: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"the session file {Path} cannot be written: {failure.Message}", "SESSION_FILE_UNWRITABLE");
        }
    }

    private sealed record Content(string? Current, Dictionary<string, StoredSession> Servers);

    [JsonSerializable(typeof(Content))]
    [JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    private sealed partial class SessionJson : JsonSerializerContext;
}
