using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Orbit.ControlPlane.ParameterSets;
using Orbit.ControlPlane.Platform;
using Orbit.Tests.Support;

namespace Orbit.ControlPlane.Tests.ParameterSets;

/// <summary>Whatever JSON comes, the answer is parameters or a refusal.</summary>
public sealed class ParameterProperties
{
    private static readonly string[] Keys =
    [
        "service", "strategy", "upgrade_type", "install_dir", "binaries", "configs", "stop", "start", "health", "test", "preserve", "config_from",
        "env", "rollback", "overridable", "keep_backups", "timeout_s", "stop_timeout_s", "dir", "command", "pytest", "python", "plain", "http",
        "tcp", "interval_s", "systemd", "A", "PATH", "x.y", "", "$", "键",
    ];

    private static readonly string[] Texts =
        ["", "shop", "/opt/shop", "stop.sh", "openresty", "full", "never", "env", "test.command", "${run.id}", "${", "$${", "${build.labels.}", "a\nb", "127.0.0.1:1", "http://x/", "\ud83d\ude00"];

    private static readonly Config Many = Properties.Rounds(2000);

    [Fact]
    public void Reading_anything_gives_parameters_or_a_refusal() =>
        Prop.ForAll(Objects(), json => Answers(() => DeployParameters.Parse(json))).Check(Many);

    [Fact]
    public void Reading_any_text_gives_parameters_or_a_refusal() =>
        Prop.ForAll<string?>(text => Answers(() => DeployParameters.Parse(text ?? ""))).Check(Many);

    [Fact]
    public void Merging_anything_gives_parameters_or_a_refusal_and_never_a_users_command() =>
        Prop.ForAll(Objects(), Objects(), (set, overrides) =>
        {
            string? merged = null;
            bool answered = Answers(() => merged = ParameterOverrides.Merge(set, overrides, isAdmin: false));
            return answered && (merged is null || Commands(merged) == Commands(set));
        }).Check(Many);

    [Fact]
    public void Rendering_what_was_read_gives_parameters_or_a_refusal() =>
        Prop.ForAll(Objects(), json => Answers(() =>
            DeployParameters.Parse(json).Rendered(new Dictionary<string, string> { ["run.id"] = "1" }))).Check(Many);

    private static bool Answers(Action work)
    {
        try
        {
            work();
            return true;
        }
        catch (OrbitException refusal)
        {
            return refusal.Reason.Length > 0 && refusal.Message.Length < 8000;
        }
    }

    /// <summary>Everything of a set that a user must not change.</summary>
    private static string Commands(string json)
    {
        JsonObject set = JsonNode.Parse(json)!.AsObject();
        string Part(params string[] path) =>
            path.Aggregate((JsonNode?)set, (node, key) => (node as JsonObject)?[key])?.ToJsonString() ?? "";
        return string.Join('|', Part("service"), Part("install_dir"), Part("stop"), Part("start"), Part("health", "command"), Part("test", "dir"), Part("test", "command"), Part("test", "pytest"), Part("test", "python"), Part("overridable"));
    }

    private static Arbitrary<string> Objects() => Arb.From(Gen.Sized(size => Object(Math.Min(size, 12))).Select(node => node.ToJsonString()));

    private static Gen<JsonObject> Object(int size) =>
        from pairs in Gen.ListOf(from key in Gen.Elements(Keys) from value in Node(size / 2) select (key, value), Math.Max(1, size / 2))
        select new JsonObject(pairs.DistinctBy(p => p.key).Select(p => KeyValuePair.Create(p.key, p.value?.DeepClone())));

    private static Gen<JsonNode?> Node(int size)
    {
        Gen<JsonNode?> text = Gen.Elements(Texts).Select(t => (JsonNode?)JsonValue.Create(t));
        Gen<JsonNode?> number = Gen.Elements(-1.0, 0, 0.5, 1, 30, 1e9, 1e300).Select(n => (JsonNode?)JsonValue.Create(n));
        Gen<JsonNode?> other = Gen.Elements<JsonNode?>(null, JsonValue.Create(true), JsonValue.Create(false));
        if (size <= 0)
        {
            return Gen.OneOf(text, number, other);
        }

        Gen<JsonNode?> list = Gen.ListOf(Node(size / 2), 2).Select(items => (JsonNode?)new JsonArray([.. items.Select(i => i?.DeepClone())]));
        return Gen.OneOf(text, text, number, other, list, Object(size / 2).Select(o => (JsonNode?)o));
    }
}
