using Orbit.Contracts.V1;

namespace Orbit.Agent.Tests.Link;

public sealed class SessionTests : AgentAndGateway
{
    [Fact]
    public async Task A_no_op_is_accepted_confirmed_and_ended()
    {
        StartAgent();

        ScriptedAssignment assignment = await Gateway.OfferAsync(new Plan { Noop = new() });
        PlanEnded ended = await assignment.EndAsync();

        Assert.Equal((RunStatus.Completed, Verdict.Passed), (ended.Status, ended.Verdict));
        Assert.Single(assignment.Events);
        Assert.Equal(1, assignment.Accepted);
    }

    [Fact]
    public async Task A_command_runs_once_and_its_log_arrives_whole()
    {
        StartAgent();

        ScriptedAssignment assignment = await Gateway.OfferAsync(Work.Shell(Agent.Files, "echo begin; seq 1 100000; echo end >&2"));
        PlanEnded ended = await assignment.EndAsync();
        byte[] log = await assignment.WholeLogAsync("test");

        Assert.Equal((RunStatus.Completed, Verdict.Passed, ""), (ended.Status, ended.Verdict, ended.Error));
        Assert.Equal($"begin\n{string.Join('\n', Enumerable.Range(1, 100000))}\nend\n", System.Text.Encoding.UTF8.GetString(log));
        Assert.Equal(0, assignment.Step("test").ExitCode);
    }
}
