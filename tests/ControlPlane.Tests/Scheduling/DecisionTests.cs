using Orbit.Contracts.V1;
using Orbit.ControlPlane.Gateway;
using Orbit.ControlPlane.Runs;
using Orbit.ControlPlane.Scheduling;
using RunStatus = Orbit.ControlPlane.Runs.RunStatus;

namespace Orbit.ControlPlane.Tests.Scheduling;

/// <summary>The tables that everything else follows.</summary>
public sealed class DecisionTests
{
    private static readonly Guid Id = Guid.CreateVersion7();

    [Theory]
    [InlineData("Offered", 3, false, false, false, AssignmentOrder.Continue)]
    [InlineData("Accepted", 3, false, false, false, AssignmentOrder.Continue)]
    [InlineData("Running", 3, false, false, false, AssignmentOrder.Continue)]
    [InlineData("Unknown", 3, false, false, false, AssignmentOrder.Continue)]
    [InlineData("Running", 3, true, false, false, AssignmentOrder.Continue)] // its last events are still to come
    [InlineData("Running", 3, false, false, true, AssignmentOrder.Stop)]
    [InlineData("Unknown", 3, false, false, true, AssignmentOrder.Stop)]
    [InlineData("Running", 2, false, false, false, AssignmentOrder.Stop)] // another epoch: may still run there
    [InlineData("Running", 2, true, false, false, AssignmentOrder.Forget)]
    [InlineData("Ended", 3, false, false, false, AssignmentOrder.Stop)]
    [InlineData("Ended", 3, true, false, false, AssignmentOrder.Forget)]
    [InlineData("Ended", 3, false, true, false, AssignmentOrder.Forget)]
    [InlineData("Queued", 3, false, false, false, AssignmentOrder.Stop)]
    [InlineData("Queued", 3, false, true, false, AssignmentOrder.Forget)]
    public void What_an_agent_names_is_continued_stopped_or_forgotten(string state, long epoch, bool ended, bool unconfirmed, bool cancelled, AssignmentOrder order)
    {
        var open = new OpenAssignment { AssignmentId = Id.ToString(), Epoch = epoch, Ended = ended, Unconfirmed = unconfirmed };

        AssignmentVerdict verdict = AssignmentJudge.Decide(7, open, Row(Enum.Parse<WorkState>(state), agent: 7, cancelled));

        Assert.Equal((order, 3, 5), (verdict.Order, verdict.Epoch, verdict.LastSeq));
    }

    [Fact]
    public void What_is_another_agents_or_nobodys_is_never_continued()
    {
        var runs = new OpenAssignment { AssignmentId = Id.ToString(), Epoch = 3 };
        var over = new OpenAssignment { AssignmentId = Id.ToString(), Epoch = 3, Ended = true };

        Assert.Equal(AssignmentOrder.Stop, AssignmentJudge.Decide(8, runs, Row(WorkState.Running, agent: 7)).Order);
        Assert.Equal(AssignmentOrder.Forget, AssignmentJudge.Decide(8, over, Row(WorkState.Running, agent: 7)).Order);
        Assert.Equal(AssignmentOrder.Stop, AssignmentJudge.Decide(8, runs, null).Order);
        Assert.Equal(AssignmentOrder.Forget, AssignmentJudge.Decide(8, over, null).Order);
        Assert.Equal(0, AssignmentJudge.Decide(8, over, null).Epoch);
    }

    [Fact]
    public void A_run_goes_forward_only_but_for_a_rollback_and_a_next_attempt()
    {
        RunStatus[] stages = [RunStatus.Pending, RunStatus.Downloading, RunStatus.Downloaded, RunStatus.Deploying, RunStatus.Testing, RunStatus.Reporting];
        RunStatus[] ends = [RunStatus.Completed, RunStatus.Failed, RunStatus.Cancelled];
        foreach ((RunStatus from, int at) in stages.Select((s, i) => (s, i)))
        {
            foreach ((RunStatus to, int then) in stages.Select((s, i) => (s, i)))
            {
                bool rollsBack = (from, to) == (RunStatus.Testing, RunStatus.Deploying);
                Assert.True(RunLifecycle.Allows(from, to) == (then > at || rollsBack), $"{from} → {to}");
            }

            Assert.All(ends, end => Assert.True(RunLifecycle.Allows(from, end)));
        }

        foreach (RunStatus end in ends)
        {
            Assert.All(Enum.GetValues<RunStatus>(), to => Assert.Equal(to is RunStatus.Pending, RunLifecycle.Allows(end, to)));
        }
    }

    [Fact]
    public void A_point_of_priority_is_worth_ten_minutes_of_waiting()
    {
        DateTimeOffset now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

        Assert.True(QueueRank.Of(now, 0) < QueueRank.Of(now.AddMilliseconds(1), 0));
        Assert.True(QueueRank.Of(now.AddMinutes(9), 1) < QueueRank.Of(now, 0));
        Assert.True(QueueRank.Of(now, 0) < QueueRank.Of(now.AddMinutes(11), 1));
        Assert.True(QueueRank.Of(now, -100) < QueueRank.Of(now.AddMinutes(2001), 100)); // nothing starves
        Assert.True(QueueRank.Of(now.AddMinutes(1999), 100) < QueueRank.Of(now, -100));
    }

    private static AssignmentRow Row(WorkState state, long agent, bool cancelled = false) =>
        new(Id, WorkKind.Run, state, Epoch: 3, agent, LastSeq: 5, RunId: 1, Attempt: 1, RunDay: 1, cancelled, cancelled ? "because" : "");
}
