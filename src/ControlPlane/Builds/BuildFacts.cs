using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Orbit.ControlPlane.Platform;
using Orbit.Shared;

namespace Orbit.ControlPlane.Builds;

/// <summary>What CI announced, checked. The user's name is shown and never used for rights.</summary>
internal sealed class BuildFacts
{
    /// <summary>Most further facts of one build.</summary>
    public const int MostLabels = 64;

    private const int LongestJobName = 255;
    private const int LongestBuildNumber = 64;
    private const int LongestBuildUser = 255;
    private const int LongestLabelName = 128;
    private const int LongestLabelValue = 4096;

    private BuildFacts(string jobName, string buildNumber, string buildUser, string packagePath, string labelsJson) =>
        (JobName, BuildNumber, BuildUser, PackagePath, LabelsJson) = (jobName, buildNumber, buildUser, packagePath, labelsJson);

    public string JobName { get; }
    public string BuildNumber { get; }
    public string BuildUser { get; }
    public string PackagePath { get; }
    public string LabelsJson { get; }

    /// <summary>What makes a build the same build.</summary>
    public byte[] Key => SHA256.HashData(Encoding.UTF8.GetBytes($"{JobName}\n{BuildNumber}\n{PackagePath}"));

    /// <summary>What a search looks through.</summary>
    public string SearchText => $"{JobName}\n{BuildNumber}\n{PackagePath}\n{BuildUser}".ToLowerInvariant();

    /// <summary>Checks an announcement.</summary>
    /// <exception cref="OrbitException">BUILD_FIELD_MISSING, BUILD_FIELD_INVALID or PACKAGE_PATH_INVALID; details name every wrong field.</exception>
    public static BuildFacts Of(string jobName, string buildNumber, string buildUser, string packagePath, IReadOnlyDictionary<string, string> labels)
    {
        RequirePresent(("JOB_NAME", jobName), ("BUILD_NUMBER", buildNumber), ("PACKAGE_PATH", packagePath));
        var problems = new Dictionary<string, string>();
        Look(problems, "JOB_NAME", jobName, LongestJobName);
        Look(problems, "BUILD_NUMBER", buildNumber, LongestBuildNumber);
        Look(problems, "BUILD_USER", buildUser, LongestBuildUser);
        LookAtLabels(problems, labels);
        if (problems.Count > 0)
        {
            throw new OrbitException(Refusal.Invalid, "BUILD_FIELD_INVALID", Told("cannot be accepted", problems)) { Details = Few(problems) };
        }

        if (!PackagePathRule.TryParse(packagePath, out string[]? segments, out string? problem))
        {
            throw new OrbitException(Refusal.Invalid, "PACKAGE_PATH_INVALID", $"PACKAGE_PATH is refused. {problem}")
            {
                Details = new Dictionary<string, string> { ["PACKAGE_PATH"] = problem },
            };
        }

        // One trailing slash is dropped, so that `el7` and `el7/` are the same build.
        return new(jobName, buildNumber, buildUser, string.Join('/', segments), JsonSerializer.Serialize(labels));
    }

    private static void RequirePresent(params (string Field, string Value)[] required)
    {
        Dictionary<string, string> missing = required
            .Where(field => string.IsNullOrWhiteSpace(field.Value))
            .ToDictionary(field => field.Field, _ => "is required and is missing or empty");
        if (missing.Count > 0)
        {
            throw new OrbitException(Refusal.Invalid, "BUILD_FIELD_MISSING", Told("is missing a required field", missing)) { Details = missing };
        }
    }

    private static void Look(Dictionary<string, string> problems, string field, string value, int longest)
    {
        if (TextRule.LineProblem(value, longest) is { } problem)
        {
            problems[field] = problem;
        }
    }

    private static void LookAtLabels(Dictionary<string, string> problems, IReadOnlyDictionary<string, string> labels)
    {
        if (labels.Count > MostLabels)
        {
            problems["labels"] = $"{labels.Count} further keys were sent; {MostLabels} are allowed";
            return;
        }

        foreach ((string name, string value) in labels)
        {
            string? problem = LabelProblem(name, value);
            if (problem is not null)
            {
                problems[Shown(name)] = problem;
            }
        }
    }

    private static string? LabelProblem(string name, string value)
    {
        if (string.IsNullOrWhiteSpace(name))
        {
            return "a key is empty";
        }

        if (TextRule.LineProblem(name, LongestLabelName) is { } nameProblem)
        {
            return $"the key {nameProblem}";
        }

        if (value.Length > LongestLabelValue)
        {
            return $"has {value.Length} characters; {LongestLabelValue} are allowed";
        }

        return TextRule.IsStorable(value) ? null : "holds a NUL character or broken Unicode";
    }

    /// <summary>A refusal names keys of strangers: shortened, without control characters, and never broken Unicode.</summary>
    internal static string Shown(string name)
    {
        string whole = new([.. name.Take(LongestLabelName).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '\uFFFD' : c)]);
        return whole.Length < name.Length ? whole + "…" : whole;
    }

    private static string Told(string what, Dictionary<string, string> problems) =>
        $"The build {what}: {string.Join("; ", Few(problems).Select(p => $"{p.Key} {p.Value}"))}.";

    /// <summary>They travel in a header.</summary>
    private static Dictionary<string, string> Few(Dictionary<string, string> problems) => problems.Take(10).ToDictionary(p => p.Key, p => p.Value);
}
