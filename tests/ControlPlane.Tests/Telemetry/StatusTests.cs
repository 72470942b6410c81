using System.Net;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Reports;
using Orbit.ControlPlane.Scheduling;
using Orbit.ControlPlane.Telemetry;
using Orbit.Tests.Support;
using DeliveryState = Orbit.ControlPlane.Outbox.DeliveryState;

namespace Orbit.ControlPlane.Tests.Telemetry;

public sealed class StatusTests
{
    private static readonly string[] Parts = ["database", "feed", "agents", "queue", "runs", "delivery", "reports"];
    private static readonly Figures Well = new(
        DateTimeOffset.UnixEpoch, [new OpenWork(WorkKind.Run, WorkState.Running, 1, 9000)], 2, 0, 0, 1, 0,
        new Dictionary<DeliveryState, int>(), new Dictionary<ReportJobState, int>(), 0);

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Every_part_is_named_and_what_is_amiss_has_its_reason(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        var status = new StatusService.StatusServiceClient(lab.User);

        GetStatusResponse before = await status.GetStatusAsync(new());

        Assert.Equal(Parts, before.Parts.Select(p => p.Name));
        Assert.Equal(PartState.Ok, before.Parts[0].State);
        Assert.Equal((PartState.Degraded, "no agent has joined"), (before.Parts[2].State, before.Parts[2].Reason));
        Assert.Equal(PartState.Degraded, before.State);
        Assert.NotEmpty(before.Version);
        await lab.AgentAsync();
        await Eventually.HoldsAsync(async () => (await status.GetStatusAsync(new())).Parts[2].State is PartState.Ok); // a look is kept for two seconds
    }

    [Fact]
    public void Each_rule_finds_its_fault_and_none_without_one()
    {
        Assert.All(StatusMapping.Of(Well, "", ""), p => Assert.Equal((PartState.Ok, ""), (p.State, p.Reason)));
        Assert.Equal("10001 changes wait to be told to watchers", ReasonOf("feed", Well with { FeedPending = 10_001 }));
        Assert.Equal("2 of 3 agents out of contact", ReasonOf("agents", Well with { AgentsAway = 1, AgentsSilent = 1 }));
        Assert.Equal("2 items waiting, the oldest for 10 min", ReasonOf("queue", Well with { Work = [new(WorkKind.Run, WorkState.Queued, 2, 600)] }));
        Assert.Equal("", ReasonOf("queue", Well with { Work = [new(WorkKind.Run, WorkState.Queued, 2, 299)] }));
        Assert.Equal("1 run without word from the agent", ReasonOf("runs", Well with { RunsLost = 1 }));
        Assert.Equal("4 messages could not be delivered", ReasonOf("delivery", Well with { Deliveries = new Dictionary<DeliveryState, int> { [DeliveryState.Dead] = 4 } }));
        Assert.Equal("1 report could not be built", ReasonOf("reports", Well with { ReportJobs = new Dictionary<ReportJobState, int> { [ReportJobState.Failed] = 1 } }));
        PartStatus down = Assert.Single(StatusMapping.Of(null, "gone", ""));
        Assert.Equal(("database", PartState.Down, "gone"), (down.Name, down.State, down.Reason));
    }

    [Fact]
    public async Task A_server_whose_database_is_away_lives_is_not_ready_and_still_shows_its_figures()
    {
        await using OwnPostgres postgres = await OwnPostgres.StartAsync();
        await using OrbitServer orbit = await OrbitServer.StartAsync(
            Databases.Sqlite, "--Database:Provider=postgres", $"--ConnectionStrings:Orbit={postgres.ConnectionString};Timeout=2");
        orbit.Log.ExpectErrors(103, 1002, 10100, 20004, 20102, 20205); // the check itself, passes and Entity Framework tell of it
        Assert.Equal(HttpStatusCode.OK, await CodeAsync(orbit, "/readyz"));

        await postgres.StopAsync();

        await Eventually.HoldsAsync(async () => await CodeAsync(orbit, "/readyz") == HttpStatusCode.ServiceUnavailable);
        Assert.Equal(HttpStatusCode.OK, await CodeAsync(orbit, "/healthz"));
        await Eventually.HoldsAsync(async () => (await orbit.Http.GetStringAsync(new Uri("/metrics", UriKind.Relative))).Contains("\norbit_database_up 0\n", StringComparison.Ordinal));
        Assert.DoesNotContain("\norbit_runs_active ", await orbit.Http.GetStringAsync(new Uri("/metrics", UriKind.Relative)), StringComparison.Ordinal);
        await postgres.RestartAsync();
        await Eventually.HoldsAsync(async () => await CodeAsync(orbit, "/readyz") == HttpStatusCode.OK);
    }

    private static string ReasonOf(string part, Figures figures) => StatusMapping.Of(figures, "", "").Single(p => p.Name == part).Reason;

    private static async Task<HttpStatusCode> CodeAsync(OrbitServer orbit, string path)
    {
        using HttpResponseMessage answer = await orbit.Http.GetAsync(new Uri(path, UriKind.Relative));
        return answer.StatusCode;
    }
}
