using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Access.Keys;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>What a person wants of an environment; nulls keep what is.</summary>
internal sealed record EnvironmentWish(string? Name, string? Variables, IReadOnlyDictionary<string, string> Secrets, IReadOnlyList<string> Forget);

/// <summary>Changes environments. Secrets go in and are never shown again; they are stored encrypted.</summary>
internal sealed class EnvironmentCommands(OrbitStore store, KeyRing keys, TimeProvider time)
{
    private const int MostSecrets = 200;
    private const int LongestSecret = 16 * 1024;

    public Task<ApiEnvironment> CreateAsync(EnvironmentWish wish, Caller by, CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                var environment = new ApiEnvironment { SecretOwner = Guid.CreateVersion7() };
                await ApplyAsync(database, environment, wish with { Name = wish.Name ?? "" }, by, token);
                database.ApiEnvironments.Add(environment);
                await database.SaveChangesAsync(token);
                database.Audit(by, environment.UpdatedAt, "environment.created", $"environment:{environment.Id}", @new: Audited(environment));
                return environment;
            },
            ct);

    public Task<ApiEnvironment> UpdateAsync(long id, EnvironmentWish wish, Caller by, CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                ApiEnvironment environment = await database.ApiEnvironments.AsTracking().RequireAsync(id, token);
                object before = Audited(environment);
                await ApplyAsync(database, environment, wish, by, token);
                database.Audit(by, environment.UpdatedAt, "environment.changed", $"environment:{id}", before, Audited(environment));
                return environment;
            },
            ct);

    public Task DeleteAsync(long id, Caller by, CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                ApiEnvironment environment = await database.ApiEnvironments.AsTracking().RequireAsync(id, token);
                database.ApiEnvironments.Remove(environment);
                database.Audit(by, time.GetUtcNow(), "environment.deleted", $"environment:{id}", Audited(environment));
            },
            ct);

    /// <summary>The secrets in clear, for what is about to run with them.</summary>
    public Dictionary<string, string> Open(byte[] sealedSecrets, Guid owner) => sealedSecrets.Length == 0
        ? []
        : JsonSerializer.Deserialize<Dictionary<string, string>>(keys.Unprotect(sealedSecrets, $"api-secrets:{owner}"))!;

    /// <summary>Secrets in the form in which they are stored.</summary>
    public byte[] Seal(IReadOnlyDictionary<string, string> secrets, Guid owner) =>
        secrets.Count == 0 ? [] : keys.Protect(JsonSerializer.Serialize(secrets), $"api-secrets:{owner}");

    private async Task ApplyAsync(OrbitDbContext database, ApiEnvironment environment, EnvironmentWish wish, Caller by, CancellationToken ct)
    {
        if (wish.Name is { } name)
        {
            if (TextRule.NameProblem(name, 200) is { } problem)
            {
                throw OrbitException.Invalid("ENVIRONMENT_INVALID", $"The name {problem}.");
            }

            if (await database.ApiEnvironments.AnyAsync(e => e.Name == name && e.Id != environment.Id, ct))
            {
                throw new OrbitException(Refusal.Exists, "ENVIRONMENT_NAME_TAKEN", $"There is an environment '{name}' already.");
            }

            environment.Name = name;
        }

        environment.Variables = wish.Variables ?? environment.Variables;
        Dictionary<string, string> secrets = Open(environment.SealedSecrets, environment.SecretOwner);
        foreach (string forgotten in wish.Forget)
        {
            secrets.Remove(forgotten);
        }

        foreach ((string key, string value) in wish.Secrets)
        {
            if (TextRule.NameProblem(key, 200) is { } problem || value.Length > LongestSecret)
            {
                throw OrbitException.Invalid("ENVIRONMENT_INVALID", $"A secret's name must be one line of 200 characters, its value at most {LongestSecret} characters.");
            }

            secrets[key] = value;
        }

        if (secrets.Count > MostSecrets)
        {
            throw OrbitException.Invalid("ENVIRONMENT_INVALID", $"At most {MostSecrets} secrets.");
        }

        environment.SecretNames = JsonSerializer.Serialize(secrets.Keys.Order(StringComparer.Ordinal));
        environment.SealedSecrets = Seal(secrets, environment.SecretOwner);
        (environment.UpdatedAt, environment.UpdatedBy) = (time.GetUtcNow(), by.Name);
        environment.Revision++;
    }

    private static object Audited(ApiEnvironment environment) => new { environment.Name, environment.Variables, environment.SecretNames };
}
