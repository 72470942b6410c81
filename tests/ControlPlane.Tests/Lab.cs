using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Scheduling;
using Orbit.Tests.Support;

namespace Orbit.ControlPlane.Tests;

/// <summary>A server with an admin and a user signed in, test items to trigger, and fake agents.</summary>
internal sealed class Lab : IAsyncDisposable
{
    /// <summary>Parameters of a run that installs nothing.</summary>
    public const string TestOnly = """{"test":{"dir":"/t","command":["true"]},"env":{"A":"1"},"overridable":["env"]}""";

    /// <summary>Parameters of a run that changes the service shop.</summary>
    public const string Shop = """{"service":"shop","strategy":"c-service","install_dir":"/opt/shop","stop":"stop.sh","start":"start.sh","health":{"tcp":"127.0.0.1:9"}}""";

    private readonly List<IAsyncDisposable> _sessions = [];
    private int _items;

    private Lab(OrbitServer orbit, CallInvoker admin, CallInvoker user) => (Orbit, Admin, User) = (orbit, admin, user);

    public OrbitServer Orbit { get; }

    public CallInvoker Admin { get; }

    public CallInvoker User { get; }

    public RunService.RunServiceClient Runs => new(User);

    public AgentService.AgentServiceClient Agents => new(Admin);

    public static async Task<Lab> StartAsync(string provider, params string[] args) => await OnAsync(await OrbitServer.StartAsync(provider, args));

    /// <summary>On a server that was started for it.</summary>
    public static async Task<Lab> OnAsync(OrbitServer orbit) => new(orbit, await orbit.AdminAsync(), await orbit.UserAsync());

    /// <summary>A test item with a parameter set of its own.</summary>
    public async Task<long> ItemAsync(string parameters = TestOnly, string job = "", bool enabled = true, params (string Key, string Value)[] labels)
    {
        string name = $"item-{Interlocked.Increment(ref _items)}";
        ParameterSet set = await new ParameterSetService.ParameterSetServiceClient(Admin).CreateParameterSetAsync(
            new CreateParameterSetRequest { Name = name, Parameters = Struct.Parser.ParseJson(parameters) });
        var request = new CreateTestItemRequest { Name = name, JobName = job, ParameterSetId = set.Id, Enabled = enabled };
        request.Labels.Add(labels.ToDictionary(l => l.Key, l => l.Value));
        return (await new TestItemService.TestItemServiceClient(Admin).CreateTestItemAsync(request)).Id;
    }

    /// <summary>Changes an item; what the test does not name stays.</summary>
    public async Task<TestItem> AdjustAsync(long item, Action<UpdateTestItemRequest> adjust)
    {
        var items = new TestItemService.TestItemServiceClient(Admin);
        TestItem now = await items.GetTestItemAsync(new GetTestItemRequest { Id = item });
        var request = new UpdateTestItemRequest { Id = item, Name = now.Name, JobName = now.JobName, PackagePattern = now.PackagePattern };
        request.Labels.Add(now.Labels);
        adjust(request);
        return await items.UpdateTestItemAsync(request);
    }

    /// <summary>An item that changes the service shop, with a build to install.</summary>
    public async Task<(long Item, long Build)> ShopAsync()
    {
        await new SettingService.SettingServiceClient(Admin).UpdateSettingsAsync(
            new UpdateSettingsRequest { Settings = Struct.Parser.ParseJson("""{"package_download_base_url":"http://127.0.0.1:9/"}""") });
        return (await ItemAsync(Shop, job: "shop"), await BuildAsync("shop"));
    }

    public async Task<long> BuildAsync(string job, string number = "7") =>
        (await new BuildService.BuildServiceClient(Admin).PostBuildAsync(
            new PostBuildRequest { JobName = job, BuildNumber = number, BuildUser = "ci", PackagePath = $"{job}/{number}" })).Id;

    public async Task<Run> TriggerAsync(long item, long? build = null, string key = "", int priority = 0)
    {
        var request = new TriggerDeployTestRequest { TestItemId = item, IdempotencyKey = key, Priority = priority };
        if (build is { } id)
        {
            request.BuildInfoId = id;
        }

        return await Runs.TriggerDeployTestAsync(request);
    }

    /// <summary>An agent that has joined and is connected.</summary>
    public async Task<FakeAgentSession> AgentAsync(string name = "lab-1", Action<AgentHello>? adjust = null, params (string Key, string Value)[] labels) =>
        await ConnectAsync(await FakeAgent.JoinAsync(Orbit, Admin, name, labels.ToDictionary(l => l.Key, l => l.Value)), adjust);

    /// <summary>A further session of an agent.</summary>
    public async Task<FakeAgentSession> ConnectAsync(FakeAgent agent, Action<AgentHello>? adjust = null)
    {
        FakeAgentSession session = await agent.ConnectAsync(Orbit.Channel, adjust);
        _sessions.Add(session);
        return session;
    }

    /// <summary>A run of a new test-only item that an agent has accepted.</summary>
    public async Task<(Run Run, FakeWork Work)> AcceptedAsync(FakeAgentSession agent)
    {
        Run run = await TriggerAsync(await ItemAsync());
        return (run, await (await agent.OfferAsync()).AcceptAsync());
    }

    public async Task<Run> RunAsync(long id) => await Runs.GetRunAsync(new GetRunRequest { Id = id });

    public Task<Run> UntilAsync(long id, Func<Run, bool> done) => Eventually.ReadAsync(() => RunAsync(id), done);

    public Task<Run> EndedAsync(long id) =>
        UntilAsync(id, r => r.Status is RunStatus.Completed or RunStatus.Failed or RunStatus.Cancelled);

    /// <summary>The work item of a run's newest attempt, as it is stored.</summary>
    public async Task<WorkItem> WorkAsync(long run)
    {
        string id = (await RunAsync(run)).Attempts[^1].AssignmentId;
        Guid assignment = Guid.Parse(id);
        return await Orbit.Store.ReadAsync((db, ct) => db.WorkItems.SingleAsync(w => w.Id == assignment, ct), default);
    }

    public Task<int> LocksAsync() => Orbit.Store.ReadAsync((db, ct) => db.ServiceLocks.CountAsync(ct), default);

    /// <summary>All stored events of a run.</summary>
    public async Task<List<RunEvent>> WatchAsync(long run, long after, Func<RunEvent, bool>? last = null)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using AsyncServerStreamingCall<RunEvent> call = Runs.WatchRun(new WatchRunRequest { RunId = run, AfterSeq = after }, cancellationToken: limit.Token);
        var seen = new List<RunEvent>();
        await foreach (RunEvent told in call.ResponseStream.ReadAllAsync(limit.Token))
        {
            if (told.Type is RunEventType.Heartbeat)
            {
                continue;
            }

            seen.Add(told);
            if (last?.Invoke(told) == true)
            {
                break;
            }
        }

        return seen;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable session in _sessions)
        {
            await session.DisposeAsync();
        }

        await Orbit.DisposeAsync();
    }
}
