using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Audit;
using Orbit.Tests.Support;
using Refused = Orbit.ControlPlane.Tests.Access.Refused;

namespace Orbit.ControlPlane.Tests.Builds;

public sealed class BuildJudgementTests
{
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_bad_build_is_tested_only_with_a_reason_and_the_reason_is_audited(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        (long item, long build) = await lab.ShopAsync();
        var builds = new BuildService.BuildServiceClient(lab.User);

        Build marked = await builds.MarkBuildAsync(new() { Id = build, Mark = BuildMark.Bad, Reason = " crashes at start " });
        string refused = await Refused.ReasonAsync(() => lab.TriggerAsync(item, build));
        string refusedWithoutWords = await Refused.ReasonAsync(
            async () => await lab.Runs.TriggerDeployTestAsync(new() { TestItemId = item, BuildInfoId = build, OverrideReason = " x " }));
        Run run = await lab.Runs.TriggerDeployTestAsync(new() { TestItemId = item, BuildInfoId = build, OverrideReason = "to see it crash" });

        Assert.Equal((BuildMark.Bad, "crashes at start", "user@example.org"), (marked.Mark, marked.MarkReason, marked.MarkedBy));
        Assert.Equal(("BUILD_MARKED_BAD", "REASON_MISSING"), (refused, refusedWithoutWords));
        Assert.Equal(build, run.BuildId);
        ControlPlane.Audit.AuditEntry entry = await AuditedAsync(lab, "build.bad_tested");
        Assert.Equal(("user@example.org", $"build:{build}", $$"""{"run":{{run.Id}},"reason":"to see it crash"}"""), (entry.Who, entry.Object, entry.New));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_mark_can_be_taken_back_and_good_builds_need_no_reason_at_the_trigger(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        (long item, long build) = await lab.ShopAsync();
        var builds = new BuildService.BuildServiceClient(lab.User);

        await builds.MarkBuildAsync(new() { Id = build, Mark = BuildMark.Bad, Reason = "broken" });
        Build good = await builds.MarkBuildAsync(new() { Id = build, Mark = BuildMark.Good, Reason = "was the host" });
        await lab.TriggerAsync(item, build);
        Build plain = await builds.MarkBuildAsync(new() { Id = build });

        Assert.Equal((BuildMark.Good, BuildMark.Unspecified, "", ""), (good.Mark, plain.Mark, plain.MarkReason, plain.MarkedBy));
        Assert.Null(plain.MarkedAt);
        Assert.Equal("REASON_MISSING", await Refused.ReasonAsync(async () => await builds.MarkBuildAsync(new() { Id = build, Mark = BuildMark.Good })));
        Assert.Equal("BUILD_NOT_FOUND", await Refused.ReasonAsync(async () => await builds.MarkBuildAsync(new() { Id = 999, Mark = BuildMark.Good, Reason = "why" })));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Lists_are_filtered_by_pin_and_mark(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        var builds = new BuildService.BuildServiceClient(await orbit.UserAsync());
        long[] ids = new long[4];
        for (int n = 0; n < 4; n++)
        {
            ids[n] = (await BuildStoreTests.Announce(orbit, "J", $"{n}", $"p/{n}")).Build.Id;
        }

        Build pinned = await builds.PinBuildAsync(new() { Id = ids[1], Pinned = true, Note = "release" });
        await builds.MarkBuildAsync(new() { Id = ids[2], Mark = BuildMark.Bad, Reason = "leaks" });
        await builds.PinBuildAsync(new() { Id = ids[3], Pinned = true });
        await builds.PinBuildAsync(new() { Id = ids[3], Pinned = false });

        Assert.Equal((true, "release", "user@example.org"), (pinned.Pinned, pinned.PinNote, pinned.PinnedBy));
        Assert.Equal([ids[1]], await IdsAsync(builds, new() { Pinned = true }));
        Assert.Equal([ids[3], ids[2], ids[0]], await IdsAsync(builds, new() { Pinned = false }));
        Assert.Equal([ids[2]], await IdsAsync(builds, new() { Mark = BuildMark.Bad }));
        Assert.Equal("FILTER_INVALID", await Refused.ReasonAsync(() => IdsAsync(builds, new() { Mark = (BuildMark)9 })));
        Assert.Equal("NOTE_INVALID", await Refused.ReasonAsync(async () => await builds.PinBuildAsync(new() { Id = ids[0], Pinned = true, Note = new string('x', 501) })));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Auto_sync_passes_a_bad_build_over(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        CallInvoker user = await orbit.UserAsync();
        var builds = new BuildService.BuildServiceClient(user);
        var versions = new JobVersionService.JobVersionServiceClient(user);
        long good = (await BuildStoreTests.Announce(orbit, "J", "1", "p/1")).Build.Id;
        long bad = (await BuildStoreTests.Announce(orbit, "J", "2", "p/2")).Build.Id;
        await builds.MarkBuildAsync(new() { Id = bad, Mark = BuildMark.Bad, Reason = "broken" });

        JobVersion synced = await versions.SyncJobVersionAsync(new() { JobName = "J" });

        Assert.Equal((good, "1", "p/1", bad), (synced.BuildId, synced.BuildNumber, synced.PackagePath, synced.NewestBuildId));
        await builds.MarkBuildAsync(new() { Id = bad });
        Assert.Equal(bad, (await versions.SyncJobVersionAsync(new() { JobName = "J" })).BuildId);
    }

    private static async Task<long[]> IdsAsync(BuildService.BuildServiceClient builds, ListBuildsRequest request) =>
        [.. (await builds.ListBuildsAsync(request)).Builds.Select(b => b.Id)];

    private static Task<ControlPlane.Audit.AuditEntry> AuditedAsync(Lab lab, string action) =>
        lab.Orbit.Store.ReadAsync((database, ct) => database.AuditEntries.SingleAsync(e => e.Action == action, ct), default);
}
