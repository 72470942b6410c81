using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Google.Protobuf.Reflection;

namespace Orbit.ControlPlane.Platform.Rest;

/// <summary>Names of enum values without the prefix that protobuf's style asks for: <c>RUN_STATUS_PENDING</c> is <c>PENDING</c>.</summary>
internal sealed partial class EnumNames
{
    private static readonly ConcurrentDictionary<EnumDescriptor, EnumNames> Known = new();

    private readonly Dictionary<int, string> _byNumber = [];
    private readonly Dictionary<string, int> _byName = new(StringComparer.Ordinal);

    private EnumNames(EnumDescriptor type)
    {
        string prefix = WordEnd().Replace(type.Name, "_").ToUpperInvariant() + "_";
        bool prefixed = type.Values.All(value => value.Name.StartsWith(prefix, StringComparison.Ordinal) && value.Name.Length > prefix.Length);
        foreach (EnumValueDescriptor value in type.Values)
        {
            string name = prefixed ? value.Name[prefix.Length..] : value.Name;
            _byNumber.TryAdd(value.Number, name);
            _byName[value.Name] = value.Number;
            _byName[name] = value.Number;
        }
    }

    /// <summary>Short names in their order.</summary>
    public IEnumerable<string> Names => _byNumber.Values;

    public static EnumNames Of(EnumDescriptor type) => Known.GetOrAdd(type, each => new EnumNames(each));

    /// <summary>The short name; nothing for a number that a newer program made.</summary>
    public string? NameOf(int number) => _byNumber.GetValueOrDefault(number);

    /// <summary>The number of a short or full name.</summary>
    public int? NumberOf(string name) => _byName.TryGetValue(name, out int number) ? number : null;

    [GeneratedRegex("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")]
    private static partial Regex WordEnd();
}
