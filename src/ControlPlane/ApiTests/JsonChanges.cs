using System.Text.Json;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>Places where two JSON texts differ.</summary>
internal static class JsonChanges
{
    private const int Most = 200;

    /// <summary>One line a place, e.g. <c>assert[0].status: 200 -> 201</c>.</summary>
    public static List<string> Between(string before, string after)
    {
        using JsonDocument old = JsonDocument.Parse(before);
        using JsonDocument @new = JsonDocument.Parse(after);
        var changes = new List<string>();
        Compare("", old.RootElement, @new.RootElement, changes);
        return changes;
    }

    private static void Compare(string place, JsonElement before, JsonElement after, List<string> changes)
    {
        if (changes.Count >= Most || JsonElement.DeepEquals(before, after))
        {
            return;
        }

        if (before.ValueKind is JsonValueKind.Object && after.ValueKind is JsonValueKind.Object)
        {
            foreach (string name in before.EnumerateObject().Select(m => m.Name).Union(after.EnumerateObject().Select(m => m.Name)))
            {
                string below = place.Length == 0 ? name : $"{place}.{name}";
                Either(below, before.TryGetProperty(name, out JsonElement b) ? b : null, after.TryGetProperty(name, out JsonElement a) ? a : null, changes);
            }
        }
        else if (before.ValueKind is JsonValueKind.Array && after.ValueKind is JsonValueKind.Array)
        {
            for (int i = 0; i < Math.Max(before.GetArrayLength(), after.GetArrayLength()); i++)
            {
                Either($"{place}[{i}]", i < before.GetArrayLength() ? before[i] : null, i < after.GetArrayLength() ? after[i] : null, changes);
            }
        }
        else
        {
            changes.Add($"{place}: {Shown(before)} -> {Shown(after)}");
        }
    }

    private static void Either(string place, JsonElement? before, JsonElement? after, List<string> changes)
    {
        if (before is { } b && after is { } a)
        {
            Compare(place, b, a, changes);
        }
        else
        {
            changes.Add(before is { } gone ? $"{place}: {Shown(gone)} is gone" : $"{place}: {Shown(after!.Value)} is new");
        }
    }

    private static string Shown(JsonElement json) => json.GetRawText() is { Length: > 120 } raw ? raw[..120] + "…" : json.GetRawText();
}
