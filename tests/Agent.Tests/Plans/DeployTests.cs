using Orbit.Agent.Tests.Link;
using Orbit.Agent.Tests.Packages;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Tests.Plans;

public sealed class DeployTests : AgentAndGateway
{
    private const string Tests = """
        import urllib.request, pytest
        @pytest.mark.parametrize("n", range(5))
        def test_answers(n):
            assert urllib.request.urlopen("http://127.0.0.1:PORT/").status == 200
        def test_wrong():
            assert 1 == 2
        """;

    [Fact]
    public async Task A_build_is_deployed_tested_and_reported_and_the_service_outlives_the_agent()
    {
        await using NginxServer packages = await NginxServer.StartAsync();
        SmallService shop = new(Agent.Files, packages);
        shop.Prepare(Tests);
        shop.Publish("1");
        StartAgent();
        try
        {
            ScriptedAssignment run = await Gateway.OfferAsync(shop.Deploy("1", 1));
            PlanEnded ended = await run.EndAsync(60);

            Assert.Equal((RunStatus.Completed, Verdict.TestsFailed), (ended.Status, ended.Verdict));
            Assert.Equal((6, 5, 1), (ended.Summary.Total, ended.Summary.Passed, ended.Summary.Failed));
            Assert.Equal(["Succeeded", "Succeeded", "Skipped", "Skipped", "Succeeded", "Succeeded", "Succeeded", "Succeeded", "Succeeded"], Statuses(run));
            Assert.Equal("test_shop.py::test_wrong", run.Events.Select(fact => fact.TestEnded).Single(test => test?.Outcome == TestOutcome.Failed)!.Id);
            IReadOnlyList<ResultFile> files = [.. run.Events.Where(fact => fact.ResultsListed is not null).SelectMany(fact => fact.ResultsListed.Files)];
            Assert.Equal(6, files.Count(file => file.Path.EndsWith("-result.json", StringComparison.Ordinal)));
            await Eventually.TrueAsync(() => files.All(file => run.File(file.Path)?.Length == file.Size), () => "files are missing");
            await run.WholeLogAsync("download");

            Assert.Equal(0, await Agent.StopAsync());
            Assert.Equal("1", (await shop.AnswerAsync())?.Trim());
        }
        finally
        {
            shop.End();
        }
    }

    [Fact]
    public async Task A_version_that_does_not_start_is_rolled_back_and_the_old_one_runs_again()
    {
        await using NginxServer packages = await NginxServer.StartAsync();
        SmallService shop = new(Agent.Files, packages);
        shop.Prepare(Tests);
        shop.Publish("1");
        shop.Publish("2", start: "#!/bin/sh\necho cannot start >&2\nexit 3");
        StartAgent();
        try
        {
            await (await Gateway.OfferAsync(shop.Deploy("1", 1, WithoutTests))).EndAsync(60);
            ScriptedAssignment second = await Gateway.OfferAsync(shop.Deploy("2", 2, WithoutTests));
            PlanEnded ended = await second.EndAsync(60);

            Assert.Equal((RunStatus.Failed, Verdict.InfrastructureError, FailureClass.Start), (ended.Status, ended.Verdict, ended.FailureClass));
            Assert.Equal((StepStatus.Failed, "START_FAILED", 3), (second.Step("start").Status, second.Step("start").Reason, second.Step("start").ExitCode));
            Assert.Equal(StepStatus.Succeeded, second.Step("rollback").Status);
            Assert.Equal("Restored to shop 1 and healthy.", ended.HostState);
            Assert.Equal("1", (await shop.AnswerAsync())?.Trim());
            Assert.Contains("cannot start", System.Text.Encoding.UTF8.GetString(await second.WholeLogAsync("start")), StringComparison.Ordinal);
        }
        finally
        {
            shop.End();
        }
    }

    [Fact]
    public async Task A_deployment_is_undone_by_hand()
    {
        await using NginxServer packages = await NginxServer.StartAsync();
        SmallService shop = new(Agent.Files, packages);
        shop.Prepare(Tests);
        shop.Publish("1");
        shop.Publish("2");
        StartAgent();
        try
        {
            await (await Gateway.OfferAsync(shop.Deploy("1", 1, WithoutTests))).EndAsync(60);
            await (await Gateway.OfferAsync(shop.Deploy("2", 2, WithoutTests))).EndAsync(60);
            Assert.Equal("2", (await shop.AnswerAsync())?.Trim());
            Plan undo = new() { Deploy = new() { RunId = 2, Attempt = 2, Service = "shop", InstallDir = shop.InstallDir, Steps = { new PlanStep { Rollback = new() { OfRunId = 2 } } } } };

            PlanEnded undone = await (await Gateway.OfferAsync(undo)).EndAsync(60);
            ScriptedAssignment again = await Gateway.OfferAsync(undo);
            PlanEnded refused = await again.EndAsync(60);

            Assert.Equal((RunStatus.Completed, "Restored to shop 1 and healthy."), (undone.Status, undone.HostState));
            Assert.Equal("1", (await shop.AnswerAsync())?.Trim());
            Assert.Equal((RunStatus.Failed, "HOST_HAS_OTHER_BUILD"), (refused.Status, again.Step("rollback").Reason));
        }
        finally
        {
            shop.End();
        }
    }

    private static void WithoutTests(DeployWork work) => work.Steps.Remove(work.Steps.Single(step => step.Test is not null));

    private static string[] Statuses(ScriptedAssignment run) =>
        [.. run.Events.Where(fact => fact.StepEnded is not null).Select(fact => fact.StepEnded.Status.ToString())];
}
