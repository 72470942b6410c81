using System.Text.Json;
using Orbit.ApiTesting.Values;
using Orbit.ApiTesting.Variables;

namespace Orbit.ApiTesting.Documents;

/// <summary>A piece of a document with its place. Everything that does not fit is an error that names the place.</summary>
internal readonly struct DocumentNode(JsonElement json, string place)
{
    private const int LongestText = 4 * 1024 * 1024;

    public JsonElement Json => json;

    public string Place => place;

    public bool IsObject => json.ValueKind is JsonValueKind.Object;

    public bool IsArray => json.ValueKind is JsonValueKind.Array;

    public bool IsText => json.ValueKind is JsonValueKind.String;

    public bool IsNull => json.ValueKind is JsonValueKind.Null;

    public DocumentException Wrong(string problem) => new(place, problem);

    /// <summary>An object with no keys but these.</summary>
    public DocumentNode Only(params ReadOnlySpan<string> allowed)
    {
        Expect(JsonValueKind.Object, "a map");
        foreach (JsonProperty member in json.EnumerateObject())
        {
            string name = JsonText.NameOf(member);
            if (!allowed.Contains(name))
            {
                throw new DocumentException($"{place}.{name}".TrimStart('.'), $"is not known here; known are {string.Join(", ", allowed.ToArray())}");
            }
        }

        return this;
    }

    /// <summary>A member; null when it is absent or null.</summary>
    public DocumentNode? Get(string name) => json.ValueKind is JsonValueKind.Object && JsonText.TryMember(json, name, out JsonElement member) && member.ValueKind is not JsonValueKind.Null
        ? new(member, Below(name))
        : null;

    public DocumentNode Require(string name)
    {
        Expect(JsonValueKind.Object, "a map");
        return Get(name) ?? throw new DocumentException(Below(name), "is required");
    }

    public bool Has(string name) => Get(name) is not null;

    public IEnumerable<DocumentNode> Items()
    {
        Expect(JsonValueKind.Array, "a list");
        string at = place;
        return json.EnumerateArray().Select((element, i) => new DocumentNode(element, $"{at}[{i}]"));
    }

    public IEnumerable<(string Name, DocumentNode Node)> Entries()
    {
        Expect(JsonValueKind.Object, "a map");
        DocumentNode self = this;
        return json.EnumerateObject().Select(member => (JsonText.NameOf(member), new DocumentNode(member.Value, self.Below(JsonText.NameOf(member)))));
    }

    /// <summary>Text; numbers and booleans count as the text they are written as.</summary>
    public string Text()
    {
        string text = json.ValueKind switch
        {
            JsonValueKind.String => JsonText.TextOf(json),
            JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => json.GetRawText(),
            _ => throw Wrong($"must be text, not {Kind}"),
        };
        return text.Length <= LongestText ? text : throw Wrong($"has {text.Length} characters; at most {LongestText} are allowed");
    }

    /// <summary>A name: one line, 1 to 200 characters.</summary>
    public string Name()
    {
        string name = Text();
        return name.Trim().Length is > 0 and <= 200 && name.AsSpan().IndexOfAnyInRange('\0', '\x1f') < 0 ? name : throw Wrong("must be one line of 1 to 200 characters");
    }

    public Template Template() => Variables.Template.Parse(Text(), place);

    public long Integer(long least, long most) => json.ValueKind is JsonValueKind.Number && json.TryGetInt64(out long value) && value >= least && value <= most
        ? value
        : throw Wrong($"must be a whole number from {least} to {most}, not {Shown}");

    public bool Boolean() => json.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong($"must be true or false, not {Shown}"),
    };

    public string OneOf(params ReadOnlySpan<string> words)
    {
        string word = Text();
        return words.Contains(word) ? word : throw Wrong($"must be one of {string.Join(", ", words.ToArray())}, not '{word}'");
    }

    private string Kind => json.ValueKind switch { JsonValueKind.Object => "a map", JsonValueKind.Array => "a list", _ => json.ValueKind.ToString().ToLowerInvariant() };

    private string Shown => json.GetRawText() is { Length: > 60 } raw ? raw[..60] + "…" : json.GetRawText();

    private string Below(string name) => place.Length == 0 ? name : $"{place}.{name}";

    private void Expect(JsonValueKind kind, string words)
    {
        if (json.ValueKind != kind)
        {
            throw Wrong($"must be {words}, not {Kind}");
        }
    }
}
