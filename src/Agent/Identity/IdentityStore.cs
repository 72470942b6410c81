using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using Orbit.Agent.Files;

namespace Orbit.Agent.Identity;

/// <summary>
/// Keeps the key and the enrolment below the data directory, readable by the agent's user alone. Both are durable before their first use,
/// so that a crash at any moment never makes a second agent of this host.
/// </summary>
internal sealed class IdentityStore(string dataDirectory, ILogger<IdentityStore> logger)
{
    private string Folder => Path.Combine(dataDirectory, "identity");

    private string KeyPath => Path.Combine(Folder, "agent.key");

    private string NextKeyPath => Path.Combine(Folder, "agent.key.next");

    private string EnrolmentPath => Path.Combine(Folder, "enrolment.json");

    /// <summary>The key of this host; made now when there is none.</summary>
    /// <exception cref="IdentityException">The stored key cannot be read.</exception>
    public ECDsa LoadOrCreateKey()
    {
        if (File.Exists(KeyPath))
        {
            return ReadKey(KeyPath);
        }

        Directory.CreateDirectory(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        PrivateFile.Write(KeyPath, System.Text.Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()));
        logger.KeyMade(KeyPath);
        return key;
    }

    /// <summary>True when a key was made to follow the present one.</summary>
    public bool HasNextKey => File.Exists(NextKeyPath);

    /// <summary>The key that is to follow the present one; made now when there is none.</summary>
    /// <exception cref="IdentityException">The stored key cannot be read.</exception>
    public ECDsa LoadOrCreateNextKey()
    {
        if (HasNextKey)
        {
            return ReadKey(NextKeyPath);
        }

        ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        PrivateFile.Write(NextKeyPath, System.Text.Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()));
        logger.KeyMade(NextKeyPath);
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
            return new AgentIdentity(ReadKey(KeyPath), stored.ServerId, stored.AgentId, stored.Name);
        }
        catch (Exception broken) when (broken is JsonException or UnauthorizedAccessException or IOException)
        {
            throw new IdentityException($"{EnrolmentPath} cannot be read: {broken.Message} Restore it, or move {Folder} away and enrol this host anew.", broken);
        }
    }

    /// <summary>Makes an enrolment durable, and the next key the present one when it is the one that was enrolled.</summary>
    public AgentIdentity Save(ECDsa key, string serverId, long agentId, string name)
    {
        StoredEnrolment stored = new(agentId, name, serverId);
        PrivateFile.Write(EnrolmentPath, JsonSerializer.SerializeToUtf8Bytes(stored, IdentityJson.Default.StoredEnrolment));
        if (HasNextKey)
        {
            // After a crash before this the old key is refused, and the same exchange is made again with the same next key.
            using ECDsa next = ReadKey(NextKeyPath);
            if (next.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.ExportSubjectPublicKeyInfo()))
            {
                File.Move(NextKeyPath, KeyPath, overwrite: true);
                DurableFile.SyncDirectory(Folder);
            }
        }

        return new AgentIdentity(key, serverId, agentId, name);
    }

    private ECDsa ReadKey(string path)
    {
        ECDsa key = ECDsa.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(path));
            return key;
        }
        catch (Exception broken) when (broken is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            key.Dispose();
            throw new IdentityException($"The agent's key {path} cannot be read: {broken.Message} Restore it, or move {Folder} away and enrol this host anew.", broken);
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
