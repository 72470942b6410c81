using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Audit;

/// <summary>Adds audit rows to the present transaction, so that there is no deed without its row and no row without its deed.</summary>
internal static class AuditCommands
{
    private const string Mask = "***";

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // stored, never put into a page as it is
        Converters = { new JsonStringEnumConverter() },
    };

    private static readonly string[] SecretWords = ["password", "secret", "token", "passphrase", "private_key", "credential", "api_key"];

    extension(OrbitDbContext database)
    {
        /// <summary>All entries; read only.</summary>
        public DbSet<AuditEntry> AuditEntries => database.Set<AuditEntry>();
    }

    /// <summary>Adds one row.</summary>
    /// <param name="database">The context of the transaction that does the deed.</param>
    /// <param name="caller">Who.</param>
    /// <param name="now">When.</param>
    /// <param name="action">What, e.g. <c>setting.changed</c>.</param>
    /// <param name="subject">To what, e.g. <c>setting:project_name</c>.</param>
    /// <param name="old">How it was; null when it was not there. Members named like secrets are masked at any depth.</param>
    /// <param name="new">How it is; null when it is gone. Masked likewise.</param>
    public static void Audit(
        this OrbitDbContext database, Caller caller, DateTimeOffset now, string action, string subject, object? old = null, object? @new = null) =>
        database.Set<AuditEntry>().Add(new AuditEntry
        {
            Id = Guid.CreateVersion7(now),
            Day = TimePartitioned.DayOf(now),
            At = now,
            Who = Cut(caller.Name, 254),
            Action = action,
            Object = Cut(subject, 400),
            Old = Masked(old),
            New = Masked(@new),
            RemoteAddress = Cut(caller.RemoteAddress, 64),
        });

    private static string? Masked(object? value)
    {
        if (value is null)
        {
            return null;
        }

        JsonNode? node = value as JsonNode ?? JsonSerializer.SerializeToNode(value, Json);
        node = node?.DeepClone();
        HideSecrets(node);
        // PostgreSQL's text cannot hold U+0000, escaped or not in JSON functions.
        return node?.ToJsonString(Json).Replace("\\u0000", "\\uFFFD", StringComparison.Ordinal);
    }

    private static void HideSecrets(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject members:
                foreach (string name in members.Select(m => m.Key).ToList())
                {
                    if (SecretWords.Any(word => name.Contains(word, StringComparison.OrdinalIgnoreCase)))
                    {
                        members[name] = Mask;
                    }
                    else
                    {
                        HideSecrets(members[name]);
                    }
                }

                break;
            case JsonArray items:
                foreach (JsonNode? item in items)
                {
                    HideSecrets(item);
                }

                break;
        }
    }

    private static string Cut(string text, int length) => text.Length <= length ? text : text[..length];
}
