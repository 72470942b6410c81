using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Orbit.Agent.Tests.Link;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Tests.Secrets;

/// <summary>A real agent, a real pytest that says a secret in every way it can, and everything that the agent sent.</summary>
public sealed class SecretsLeaveNoHostTests : AgentAndGateway
{
    private const string Shared = "shared/\"secret\"=1";
    private const string TestOnly = "only-for-the-tests";

    [Fact]
    public async Task What_tests_print_raise_and_write_leaves_the_host_without_the_value()
    {
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Shared + TestOnly)));
        string tests = WriteTests($$"""
            import hashlib, json, os, sys, time, pytest
            shared, only = os.environ["SHARED"], os.environ["ONLY"]
            def test_value_is_whole():
                assert hashlib.sha256((shared + only).encode()).hexdigest() == "{{hash}}"
            @pytest.mark.parametrize("n", range(30))
            def test_prints(n):
                os.write(2, (shared + " " + only + "\n").encode() * 5)
                print("captured", shared, only)
                time.sleep(0.05)
            @pytest.mark.parametrize("value", [only])
            def test_raises(value):
                open(os.path.join(os.environ["ORBIT_ARTIFACTS_DIR"], "facts.json"), "w").write(json.dumps({"a": shared, "b": only}))
                raise ValueError("wrong: " + shared + only)
            """);
        var sent = new MemoryStream();
        Gateway.OnUpload = request =>
        {
            lock (sent)
            {
                request.WriteTo(sent);
            }
        };
        StartAgent();
        Plan plan = Pytest(tests);
        plan.Deploy.Secrets.Add(new SecretVariable { Name = "SHARED", Value = Shared });
        plan.Deploy.Secrets.Add(new SecretVariable { Name = "ONLY", Value = TestOnly, TestOnly = true });

        ScriptedAssignment run = await Gateway.OfferAsync(plan);
        await Eventually.TrueAsync(() => run.Events.Count(fact => fact.TestEnded is not null) > 5, () => Agent.Output, 40);
        Agent.Kill();
        StartAgent();
        PlanEnded ended = await run.EndAsync(60);
        string log = Encoding.UTF8.GetString(await run.WholeLogAsync("test"));
        await Eventually.TrueAsync(() => run.File("artifacts/facts.json") is not null, () => Agent.Output, 30);

        Assert.Equal((32, 31, 0, 1), (ended.Summary.Total, ended.Summary.Passed, ended.Summary.Failed, ended.Summary.Broken));
        Assert.Contains(new string('*', Shared.Length), log, StringComparison.Ordinal);
        string facts = Encoding.UTF8.GetString(run.File("artifacts/facts.json")!);
        Assert.Equal(new string('*', TestOnly.Length), System.Text.Json.JsonDocument.Parse(facts).RootElement.GetProperty("b").GetString());
        TestResult raised = run.Events.Select(fact => fact.TestEnded).Single(test => test?.Id.Contains("test_raises", StringComparison.Ordinal) == true)!;
        Assert.Contains("wrong: ******", raised.Message, StringComparison.Ordinal);
        string told = string.Join('\n', run.Events.Select(fact => fact.ToString())) + Encoding.UTF8.GetString(sent.ToArray()) + Agent.Output;
        foreach (string form in (string[])[Shared, TestOnly, "shared/\\\"secret\\\"=1", "shared/\\\\\\\"secret\\\\\\\"=1"])
        {
            Assert.DoesNotContain(form, told, StringComparison.Ordinal);
        }
    }

    private string WriteTests(string content)
    {
        string directory = Path.Combine(Agent.Files, "tests");
        Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Combine(directory, "test_it.py"), content);
        return directory;
    }

    private static Plan Pytest(string directory) => new()
    {
        Deploy = new()
        {
            RunId = 1,
            Attempt = 1,
            Steps =
            {
                new PlanStep { Test = new() { Dir = directory, Pytest = new() { Argv = { "-q", "-p", "no:cacheprovider" } }, Python = "/usr/bin/python3" } },
                new PlanStep { Report = new() },
            },
        },
    };
}
