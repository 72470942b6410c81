using Google.Protobuf.WellKnownTypes;
using Orbit.Contracts.V1;
using Orbit.Tests.Support;
using Refused = Orbit.ControlPlane.Tests.Access.Refused;

namespace Orbit.ControlPlane.Tests.Inventory;

public sealed class InventoryTests
{
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task What_an_agent_says_replaces_what_it_said_before(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession session = await lab.AgentAsync();
        Assert.True(session.Welcome.WantsInstalled);

        await SayAsync(session, Service("edge", run: 1), Service("shop", run: 2, changed: 3));
        ListInventoryResponse both = await ReadAsync(lab, answer => answer.Entries.Count == 2);
        Timestamp since = both.Entries[1].ChangedSince;
        await SayAsync(session, Service("shop", run: 2, changed: 4));
        ListInventoryResponse one = await ReadAsync(lab, answer => answer.Entries.Count == 1);
        await SayAsync(session, Service("shop", run: 5));
        ListInventoryResponse mended = await ReadAsync(lab, answer => answer.Entries[0].RunId == 5);

        Assert.Equal(["edge", "shop"], both.Entries.Select(entry => entry.Service));
        Assert.Equal(("lab-1", 4, since), (one.Entries[0].Agent, one.Entries[0].Changed, one.Entries[0].ChangedSince));
        Assert.Null(mended.Entries[0].ChangedSince);
        await lab.Agents.DeleteAgentAsync(new DeleteAgentRequest { Id = session.Agent.Id });
        Assert.Empty((await Inventory(lab).ListInventoryAsync(new())).Entries);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task It_is_read_in_pages_and_by_what_was_changed(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        foreach (string agent in new[] { "lab-1", "lab-2" })
        {
            await SayAsync(await lab.AgentAsync(agent), Service("a", run: 1), Service("b", run: 2, changed: 1), Service("c", run: 3));
        }

        await ReadAsync(lab, answer => answer.Entries.Count == 6);
        List<string> seen = [];
        ListInventoryRequest request = new() { PageSize = 4 };
        do
        {
            ListInventoryResponse page = await Inventory(lab).ListInventoryAsync(request);
            seen.AddRange(page.Entries.Select(entry => $"{entry.Agent} {entry.Service}"));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        Assert.Equal(["lab-1 a", "lab-1 b", "lab-1 c", "lab-2 a", "lab-2 b", "lab-2 c"], seen);
        Assert.Equal(["lab-1", "lab-2"], (await Inventory(lab).ListInventoryAsync(new() { Changed = true })).Entries.Select(entry => entry.Agent));
        Assert.Equal("c", Assert.Single((await Inventory(lab).ListInventoryAsync(new() { Agent = "lab-2", Service = "c" })).Entries).Service);
    }

    [Fact]
    public async Task What_makes_no_sense_ends_the_session()
    {
        await using Lab lab = await Lab.StartAsync(Databases.Sqlite);
        FakeAgentSession session = await lab.AgentAsync();

        await SayAsync(session, Service("shop", run: 1), Service("shop", run: 2));

        Assert.Equal("MESSAGE_UNEXPECTED", Refused.ReasonOf(await session.EndedAsync()));
    }

    private static InventoryService.InventoryServiceClient Inventory(Lab lab) => new(lab.User);

    private static Task<ListInventoryResponse> ReadAsync(Lab lab, Func<ListInventoryResponse, bool> done) =>
        Eventually.ReadAsync(async () => await Inventory(lab).ListInventoryAsync(new()), done);

    private static Task SayAsync(FakeAgentSession session, params InstalledService[] services) =>
        session.SendAsync(new AgentMessage { Installed = new InstalledServices { Services = { services } } });

    private static InstalledService Service(string name, long run, int changed = 0) => new()
    {
        Service = name,
        InstallDir = "/opt/" + name,
        BuildId = run,
        BuildName = $"{name} {run}",
        RunId = run,
        ManifestHash = new string('a', 64),
        InstalledAt = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch),
        Changed = changed,
        ChangedText = changed > 0 ? "x: is missing" : "",
    };
}
