using System.Text.Json.Nodes;
using Orbit.EndToEnd.Support;

namespace Orbit.EndToEnd;

public sealed class LastGoodTests
{
    [Fact]
    public async Task The_last_good_build_is_one_command_away()
    {
        await using Stage stage = await Stage.StartAsync(Databases.Sqlite);
        string suite = Directory.CreateDirectory(Path.Combine(stage.Suites, "good")).FullName;
        await File.WriteAllTextAsync(Path.Combine(suite, "test_build.py"), "import os\ndef test_build():\n    assert os.environ['NUMBER'] == '1'\n");
        JsonObject parameters = new()
        {
            ["env"] = new JsonObject { ["NUMBER"] = "${build.build_number}", ["PYTHONDONTWRITEBYTECODE"] = "1" },
            ["test"] = new JsonObject { ["dir"] = suite, ["pytest"] = new JsonArray("-q", "-p", "no:cacheprovider"), ["python"] = "/usr/bin/python3" },
        };
        long item = await stage.ItemAsync("good", parameters);
        long good = (long)(await stage.AnnounceAsync("good", "1", "good/1"))["id"]!;
        long bad = (long)(await stage.AnnounceAsync("good", "2", "good/2"))["id"]!;

        (int none, string said) = await OrbitAsync(stage, "deploy", "last-good", "good");
        Assert.Equal(2, none);
        Assert.Contains("no build of good has passed yet (NO_GOOD_BUILD)", said, StringComparison.Ordinal);
        Assert.Equal("PASSED", (string)(await stage.EndAsync(await stage.TriggerAsync(item, good)))["verdict"]!);
        Assert.Equal("TESTS_FAILED", (string)(await stage.EndAsync(await stage.TriggerAsync(item, bad)))["verdict"]!);

        (int code, string output) = await OrbitAsync(stage, "deploy", "last-good", "good", "--watch");

        Assert.True(code == 0, output);
        JsonNode newest = (await stage.User.GetAsync($"/api/v1/test-items/{item}/deploy-runs"))["runs"]![0]!;
        Assert.Equal((good, "PASSED"), ((long)newest["build_id"]!, (string)newest["verdict"]!));
    }

    private static async Task<(int Code, string Output)> OrbitAsync(Stage stage, params string[] arguments)
    {
        string token = (string)(await stage.Admin.PostAsync("/api/v1/auth/login", new JsonObject { ["email"] = "cli@example.com" }))["token"]!;
        using ChildProgram orbit = ChildProgram.Start("dotnet", [Programs.Cli, "--server", stage.GrpcAddress.ToString(), .. arguments], new Dictionary<string, string> { ["ORBIT_TOKEN"] = token });
        int code = await orbit.ExitAsync(TimeSpan.FromSeconds(90));
        return (code, orbit.Output);
    }
}
