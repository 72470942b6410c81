using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;

namespace Orbit.Agent.Identity;

/// <summary>
/// Keeps the key and the enrolment below the data directory, readable by the agent's user alone. Both are durable before their first use,
/// so that a crash at any moment never makes a second agent of this host.
/// </summary>
internal sealed class IdentityStore(string dataDirectory, ILogger<IdentityStore> logger)
{
    private string Folder => Path.Combine(dataDirectory, "identity");

    private string KeyPath => Path.Combine(Folder, "agent.key");

    private string EnrolmentPath => Path.Combine(Folder, "enrolment.json");

    /// <summary>The key of this host; made now when there is none.</summary>
    /// <exception cref="IdentityException">The stored key cannot be read.</exception>
    public ECDsa LoadOrCreateKey()
    {
        if (File.Exists(KeyPath))
        {
            return ReadKey();
        }

        Directory.CreateDirectory(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        PrivateFile.Write(KeyPath, System.Text.Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()));
        logger.KeyMade(KeyPath);
        return key;
    }

    /// <summary>The enrolment of before; <see langword="null"/> when this host was never enrolled.</summary>
    /// <exception cref="IdentityException">What is stored cannot be read.</exception>
    public AgentIdentity? Load()
    {
        if (!File.Exists(EnrolmentPath))
        {
            return null;
        }

        try
        {
            StoredEnrolment stored = JsonSerializer.Deserialize(File.ReadAllBytes(EnrolmentPath), IdentityJson.Default.StoredEnrolment)
                ?? throw new JsonException("it is empty");
            return new AgentIdentity(ReadKey(), stored.ServerId, stored.AgentId, stored.Name);
        }
        catch (Exception broken) when (broken is JsonException or UnauthorizedAccessException or IOException)
        {
            throw new IdentityException($"{EnrolmentPath} cannot be read: {broken.Message} Restore it, or move {Folder} away and enrol this host anew.", broken);
        }
    }

    /// <summary>Makes an enrolment durable.</summary>
    public AgentIdentity Save(ECDsa key, string serverId, long agentId, string name)
    {
        StoredEnrolment stored = new(agentId, name, serverId);
        PrivateFile.Write(EnrolmentPath, JsonSerializer.SerializeToUtf8Bytes(stored, IdentityJson.Default.StoredEnrolment));
        return new AgentIdentity(key, serverId, agentId, name);
    }

    private ECDsa ReadKey()
    {
        ECDsa key = ECDsa.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(KeyPath));
            return key;
        }
        catch (Exception broken) when (broken is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            key.Dispose();
            throw new IdentityException($"The agent's key {KeyPath} cannot be read: {broken.Message} Restore it, or move {Folder} away and enrol this host anew.", broken);
        }
    }
}

/// <summary>What the enrolment file holds.</summary>
internal sealed record StoredEnrolment(long AgentId, string Name, string ServerId);

/// <summary>JSON of this folder.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(StoredEnrolment))]
internal sealed partial class IdentityJson : JsonSerializerContext;

/// <summary>The agent does not know who it is, and going on would make a stranger of it. The message is for the operator.</summary>
internal sealed class IdentityException(string message, Exception? inner = null) : Exception(message, inner);
