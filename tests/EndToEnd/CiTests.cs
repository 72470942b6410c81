using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Orbit.EndToEnd.Support;

namespace Orbit.EndToEnd;

/// <summary>The examples for CI as they stand in deploy/ci, run by a shell with the variables that each CI sets.</summary>
public sealed partial class CiTests
{
    private static readonly string Examples = Path.Combine(Programs.Root, "deploy/ci");

    [Fact]
    public async Task The_examples_for_ci_end_by_the_verdict()
    {
        await using Stage stage = await Stage.StartAsync(Databases.Sqlite);
        string suite = Directory.CreateDirectory(Path.Combine(stage.Suites, "ci")).FullName;
        await File.WriteAllTextAsync(Path.Combine(suite, "test_build.py"), "import os\ndef test_build():\n    assert os.environ['NUMBER'] == '1'\n");
        long item = await stage.ItemAsync("ci", new JsonObject
        {
            ["env"] = new JsonObject { ["NUMBER"] = "${build.build_number}", ["PYTHONDONTWRITEBYTECODE"] = "1" },
            ["test"] = new JsonObject { ["dir"] = suite, ["pytest"] = new JsonArray("-q", "-p", "no:cacheprovider"), ["python"] = "/usr/bin/python3" },
        });
        JsonNode token = await stage.User.PostAsync("/api/v1/api-tokens", new JsonObject { ["name"] = "ci", ["scopes"] = new JsonArray("builds", "runs"), ["ttl_s"] = 3600 });
        string secret = (string)token["token"]!;

        (int Code, string Said) github = await GitHubAsync(stage, item, secret, build: 1);
        (int Code, string Said) jenkins = await JenkinsAsync(stage, item, secret, build: 2);
        (int Code, string Said) noItem = await JenkinsAsync(stage, item + 1, secret, build: 3);
        (int Code, string Said) noToken = await GitHubAsync(stage, item, "orbit_wrong", build: 4);

        Assert.True(github.Code == 0, github.Said);
        Assert.True(jenkins.Code == 1, jenkins.Said);
        Assert.True(noItem.Code == 2 && noItem.Said.Contains("TEST_ITEM_NOT_FOUND", StringComparison.Ordinal), noItem.Said);
        Assert.True(noToken.Code == 6, noToken.Said);
        JsonArray runs = (await stage.User.GetAsync($"/api/v1/test-items/{item}/deploy-runs"))["runs"]!.AsArray();
        Assert.Equal(["TESTS_FAILED", "PASSED"], runs.Select(run => (string)run!["verdict"]!));
        JsonNode announced = await stage.User.GetAsync($"/api/v1/builds/{(long)runs[1]!["build_id"]!}");
        Assert.Equal(("lab/ci", "1", "sha1"), ((string)announced["job_name"]!, (string)announced["build_number"]!, (string)announced["labels"]!["GIT_COMMIT"]!));
    }

    private static async Task<(int Code, string Said)> GitHubAsync(Stage stage, long item, string token, int build)
    {
        Dictionary<string, string> known = new()
        {
            ["vars.ORBIT_URL"] = stage.Address.ToString(),
            ["vars.ORBIT_ITEM"] = $"{item}",
            ["secrets.ORBIT_TOKEN"] = token,
            ["github.repository"] = "lab/ci",
            ["github.run_number"] = $"{build}",
            ["github.run_id"] = $"77{build}",
            ["github.actor"] = "dev@example.com",
            ["github.server_url"] = "https://github.example",
            ["github.sha"] = $"sha{build}",
        };
        string workflow = Expression().Replace(await File.ReadAllTextAsync(Path.Combine(Examples, "github-actions.yml")), found => known[found.Groups[1].Value]);
        Dictionary<string, string> variables = EnvironmentLine().Matches(workflow).ToDictionary(line => line.Groups[1].Value, line => line.Groups[2].Value);
        string[] step = [.. workflow.Split('\n').SkipWhile(line => !line.Contains("run: |", StringComparison.Ordinal)).Skip(1).Select(line => line.Trim())];
        return await ShellAsync(["-e", "-c", string.Join('\n', step)], variables); // as a runner does
    }

    private static async Task<(int Code, string Said)> JenkinsAsync(Stage stage, long item, string token, int build)
    {
        string pipeline = await File.ReadAllTextAsync(Path.Combine(Examples, "Jenkinsfile"));
        string script = ReturnedStatus().Match(pipeline).Groups[1].Value;
        Dictionary<string, string> variables = new()
        {
            ["ORBIT_URL"] = stage.Address.ToString(),
            ["ORBIT_ITEM"] = $"{item}",
            ["ORBIT_TOKEN"] = token,
            ["JOB_NAME"] = "lab/ci",
            ["BUILD_NUMBER"] = $"{build}",
            ["PACKAGE_PATH"] = $"ci/{build}",
        };
        return await ShellAsync(["-xe", "-c", script], variables); // as Jenkins does
    }

    private static async Task<(int Code, string Said)> ShellAsync(string[] arguments, Dictionary<string, string> variables)
    {
        using ChildProgram shell = ChildProgram.Start("/bin/sh", [.. arguments[..^1], $"cd '{Programs.Root}'\n{arguments[^1]}"], variables);
        return (await shell.ExitAsync(TimeSpan.FromSeconds(90)), shell.Output);
    }

    [GeneratedRegex(@"\$\{\{ ([\w.]+) \}\}")]
    private static partial Regex Expression();

    [GeneratedRegex(@"^      ([A-Z_]+): (.+)$", RegexOptions.Multiline)]
    private static partial Regex EnvironmentLine();

    [GeneratedRegex("returnStatus: true, script: '([^']+)'")]
    private static partial Regex ReturnedStatus();
}
