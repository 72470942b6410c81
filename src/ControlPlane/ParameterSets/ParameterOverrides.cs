using System.Text.Json.Nodes;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.ParameterSets;

/// <summary>
/// Puts what a trigger asks for over a set. Who is no admin changes only what the set lists as overridable, and never what runs as a command,
/// which interpreter, which script or which directory: whoever may sign in by e-mail alone must not run a command of their own on a host.
/// </summary>
internal static class ParameterOverrides
{
    /// <summary>Never for users, whatever a set lists. The service decides the lock.</summary>
    private static readonly string[] Never =
    [
        "service", "strategy", "upgrade_type", "install_dir", "binaries", "configs", "stop", "start", "health.command",
        "test.dir", "test.command", "test.pytest", "test.python", "test.plain", "overridable",
    ];

    /// <summary>Everything else that has a name; <c>env</c> and <c>test.env</c> have any names below.</summary>
    private static readonly string[] Others =
    [
        "preserve", "config_from", "rollback", "keep_backups", "timeout_s", "env", "test", "test.env", "test.timeout_s",
        "health", "health.http", "health.tcp", "health.timeout_s", "health.interval_s",
        .. ParameterReader.LimitedSteps.Select(step => $"{step}_timeout_s"),
    ];

    /// <summary>Keys of which an object holds one: naming one takes the place of the other.</summary>
    private static readonly Dictionary<string, string[]> Alternatives = new(StringComparer.Ordinal)
    {
        ["health"] = ["http", "tcp", "command"],
        ["test"] = ["command", "pytest"],
        ["stop"] = ["systemd", "command"],
        ["start"] = ["systemd", "command"],
    };

    /// <summary>Rule for the entries of <c>overridable</c>.</summary>
    public static string? ListedProblem(string path) =>
        Never.Contains(path, StringComparer.Ordinal) || Others.Contains(path, StringComparer.Ordinal)
        || path.StartsWith("env.", StringComparison.Ordinal) || path.StartsWith("test.env.", StringComparison.Ordinal)
            ? null
            : "the path of a parameter, e.g. \"env\", \"env.REGION\" or \"test.timeout_s\"";

    /// <summary>Merges key by key: objects are merged, lists and single values replaced, null takes a key away.</summary>
    /// <param name="set">JSON object of the set.</param>
    /// <param name="overrides">JSON object of the trigger.</param>
    /// <param name="isAdmin">True: everything may be changed.</param>
    /// <returns>The merged JSON object; it is checked by <see cref="DeployParameters.Parse"/>, not here.</returns>
    /// <exception cref="OrbitException">PARAMETER_NOT_OVERRIDABLE names each key; PARAMETERS_INVALID when a text is no JSON object.</exception>
    public static string Merge(string set, string overrides, bool isAdmin)
    {
        JsonObject merged = ParameterJson.Read(set);
        JsonObject wanted = ParameterJson.Read(overrides);
        string[] listed = Listed(merged);
        var changed = new SortedSet<string>(StringComparer.Ordinal);
        Merge(merged, wanted, "", changed);
        if (!isAdmin)
        {
            Refuse(changed, listed);
        }

        return merged.ToJsonString(ParameterJson.Readable);
    }

    private static void Merge(JsonObject into, JsonObject wanted, string path, SortedSet<string> changed)
    {
        foreach ((string key, JsonNode? value) in wanted.ToArray())
        {
            string at = path.Length == 0 ? key : $"{path}.{key}";
            DropOthers(into, key, path, changed);
            into.TryGetPropertyValue(key, out JsonNode? present);
            if (value is JsonObject inner && present is JsonObject mine)
            {
                Merge(mine, inner, at, changed);
                continue;
            }

            if (present is not null)
            {
                AddLeaves(changed, present, at);
            }

            if (value is null)
            {
                into.Remove(key);
            }
            else
            {
                AddLeaves(changed, value, at);
                into[key] = value.DeepClone();
            }
        }
    }

    /// <summary>A probe by TCP takes the place of one by HTTP; both together would be refused.</summary>
    private static void DropOthers(JsonObject into, string key, string path, SortedSet<string> changed)
    {
        if (!Alternatives.TryGetValue(path, out string[]? group) || !group.Contains(key, StringComparer.Ordinal))
        {
            return;
        }

        foreach (string other in group.Where(other => other != key && into.ContainsKey(other)))
        {
            AddLeaves(changed, into[other], $"{path}.{other}");
            into.Remove(other);
        }
    }

    private static void AddLeaves(SortedSet<string> changed, JsonNode? node, string path)
    {
        if (node is JsonObject { Count: > 0 } inner)
        {
            foreach ((string key, JsonNode? value) in inner)
            {
                AddLeaves(changed, value, $"{path}.{key}");
            }
        }
        else
        {
            changed.Add(path);
        }
    }

    private static void Refuse(SortedSet<string> changed, string[] listed)
    {
        var refused = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string path in changed.Where(IsKnown))
        {
            if (Never.Any(never => Covers(never, path)))
            {
                refused[path] = "only an admin may change it";
            }
            else if (!listed.Any(entry => Covers(entry, path)))
            {
                refused[path] = "the parameter set does not list it as overridable";
            }
        }

        if (refused.Count > 0)
        {
            string all = string.Join("; ", refused.Take(10).Select(r => $"{ParameterJson.Below("", r.Key)}: {r.Value}"));
            throw new OrbitException(Refusal.Forbidden, "PARAMETER_NOT_OVERRIDABLE", $"You cannot change these parameters when triggering: {all}.")
            {
                Details = refused.Take(20).ToDictionary(r => ParameterJson.Below("", r.Key), r => r.Value),
            };
        }
    }

    /// <summary>A key that does not exist is told by the check of the merged parameters, as unknown.</summary>
    private static bool IsKnown(string path) =>
        Never.Concat(Others).Any(known => Covers(known, path)) || Others.Any(known => Covers(path, known));

    private static bool Covers(string above, string path) =>
        path == above || (path.Length > above.Length && path[above.Length] == '.' && path.StartsWith(above, StringComparison.Ordinal));

    /// <summary>A set that is broken lists nothing; its own check tells why.</summary>
    private static string[] Listed(JsonObject set) =>
        set["overridable"] is JsonArray list
            ? [.. list.Select(item => item is JsonValue value && value.TryGetValue(out string? text) ? text : "").Where(text => text.Length > 0)]
            : [];
}
