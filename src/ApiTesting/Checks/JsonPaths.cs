using System.Text.Json;
using Orbit.ApiTesting.JsonPath;
using Orbit.ApiTesting.Values;

namespace Orbit.ApiTesting.Checks;

/// <summary>JSONPath over values, scalars included.</summary>
internal static class JsonPaths
{
    public static JsonElement ElementOf(Value value) => value.Kind is ValueKind.Array or ValueKind.Object ? value.Json : JsonText.Parse(value.ToJson());

    public static Value First(JsonPathQuery query, Value body) => query.First(ElementOf(body));

    public static IReadOnlyList<JsonPathNode> Find(JsonPathQuery query, Value body) => query.Find(ElementOf(body));
}
