using System.Text.Json.Nodes;

namespace Orbit.ControlPlane.ParameterSets;

/// <summary>One parameter that differs; null where it is not there.</summary>
internal sealed record ParameterDifference(string Path, JsonNode? Old, JsonNode? New);

/// <summary>Compares parameters path by path. Secrets come in clear, are compared, and leave masked.</summary>
internal static class ParameterDiff
{
    /// <summary>What differs, by path.</summary>
    public static List<ParameterDifference> Of(JsonObject old, JsonObject @new)
    {
        var differences = new List<ParameterDifference>();
        Compare(old, @new, "", differences);
        return differences;
    }

    private static void Compare(JsonNode? old, JsonNode? @new, string path, List<ParameterDifference> into)
    {
        switch (old, @new)
        {
            case (JsonObject before, JsonObject after) when !IsSecret(before) && !IsSecret(after):
                foreach (string key in before.Select(p => p.Key).Union(after.Select(p => p.Key), StringComparer.Ordinal).Order(StringComparer.Ordinal))
                {
                    Compare(before[key], after[key], ParameterJson.Below(path, key), into);
                }

                break;
            case (JsonArray before, JsonArray after):
                for (int at = 0; at < Math.Max(before.Count, after.Count); at++)
                {
                    Compare(at < before.Count ? before[at] : null, at < after.Count ? after[at] : null, $"{path}[{at}]", into);
                }

                break;
            default:
                if (!JsonNode.DeepEquals(old, @new))
                {
                    into.Add(new(path, Shown(old), Shown(@new)));
                }

                break;
        }
    }

    private static bool IsSecret(JsonObject node) => SecretForm.ClearOf(node) is not null;

    /// <summary>A whole <c>env</c> that came or went may hold secrets too.</summary>
    private static JsonNode? Shown(JsonNode? value) => value switch
    {
        JsonObject form when IsSecret(form) => SecretForm.OfClear(SecretForm.Mask),
        JsonObject inner => new JsonObject(inner.Select(p => KeyValuePair.Create(p.Key, Shown(p.Value)))),
        _ => value?.DeepClone(),
    };
}
