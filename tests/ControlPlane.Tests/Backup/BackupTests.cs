using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.ApiTests;
using Orbit.ControlPlane.Backup;
using Orbit.ControlPlane.Storage;
using Orbit.ControlPlane.Storage.Backups;
using Orbit.ControlPlane.Storage.Blobs;
using Orbit.Tests.Support;
using BatchStatus = Orbit.ControlPlane.ApiTests.BatchStatus;
using Refused = Orbit.ControlPlane.Tests.Access.Refused;
using Run = Orbit.Contracts.V1.Run;

namespace Orbit.ControlPlane.Tests.Backup;

/// <summary>Backups of a server that works, and what comes back from them.</summary>
public sealed class BackupTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("orbit-backup-").FullName;

    private string File => Path.Combine(_directory, "orbit.backup");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_backup_taken_while_work_runs_is_the_same_system_on_an_empty_machine(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();
        (Run ended, FakeWork work) = await lab.AcceptedAsync(agent);
        await work.TellAsync(Fact.Started("test"), Fact.Collected("t::a"), Fact.Tested("t::a", TestOutcome.Passed), Fact.Finished("test"));
        await work.EndAsync();
        ended = await lab.EndedAsync(ended.Id);
        Guid blob = await lab.Orbit.Services.GetRequiredService<IBlobStore>().WriteAsync(new MemoryStream("report"u8.ToArray()), default);

        string token = await TakeAsync(lab);
        await using TestDatabase place = await TestDatabase.CreateEmptyAsync(provider);
        await RestoreProgram.RestoreAsync(File, Settings(place), default);

        await using OrbitServer restored = await OrbitServer.StartAsync(place);
        var runs = new RunService.RunServiceClient(await restored.UserAsync());
        Run same = await runs.GetRunAsync(new GetRunRequest { Id = ended.Id });
        Assert.Equal(ended.ToString(), same.ToString());
        using var bytes = new MemoryStream();
        Assert.True(await restored.Services.GetRequiredService<IBlobStore>().CopyToAsync(blob, bytes, default));
        Assert.Equal("report", Encoding.UTF8.GetString(bytes.ToArray()));
        Assert.Equal("SESSION_ENDED", await Refused.ReasonAsync(async () => await new RunService.RunServiceClient(restored.As(token)).GetRunAsync(new GetRunRequest { Id = ended.Id })));
        var doctor = new DoctorService.DoctorServiceClient(await restored.AdminAsync());
        Assert.All((await doctor.ExamineAsync(new())).Checks, check => Assert.Empty(check.Objects));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task What_was_open_in_a_backup_is_never_given_out_again(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();
        (Run running, FakeWork work) = await lab.AcceptedAsync(agent);
        await work.TellAsync(Fact.Started("test"));
        (long item, _) = (await lab.ItemAsync(), 0);
        Run queued = await lab.TriggerAsync(item);
        long batch = await lab.Orbit.Store.WriteAsync(
            async (database, ct) =>
            {
                var made = new ApiBatch { Name = "b", TotalCount = 1, Concurrency = 1, RequestedBy = "t", CreatedAt = DateTimeOffset.UtcNow, Status = BatchStatus.Paused, SecretOwner = Guid.NewGuid() };
                database.Set<ApiBatch>().Add(made);
                await database.SaveChangesAsync(ct);
                return made.Id;
            },
            default);

        await TakeAsync(lab);
        await using TestDatabase place = await TestDatabase.CreateEmptyAsync(provider);
        Settled settled = await RestoreProgram.RestoreAsync(File, Settings(place), default);
        Assert.Equal(new Settled(2, 1), settled);

        await using OrbitServer restored = await OrbitServer.StartAsync(place);
        await using FakeAgentSession back = await agent.Agent.ConnectAsync(restored.Channel, hello => hello.Open.Add(work.Open()));
        AssignmentVerdict verdict = Assert.Single(back.Welcome.Assignments);
        Assert.Equal((AssignmentOrder.Stop, true), (verdict.Order, verdict.Epoch > work.Open().Epoch));
        var runs = new RunService.RunServiceClient(await restored.UserAsync());
        foreach (long id in (long[])[running.Id, queued.Id])
        {
            Run unknown = await runs.GetRunAsync(new GetRunRequest { Id = id });
            Assert.Equal((RunStatus.Failed, Verdict.Unknown), (unknown.Status, unknown.Verdict));
            Assert.Contains("restored from a backup", unknown.Error, StringComparison.Ordinal);
        }

        Run next = await runs.TriggerDeployTestAsync(new TriggerDeployTestRequest { TestItemId = item });
        Assert.True(next.Id > queued.Id + SkippedNumbers.Count);
        Assert.Equal(next.Attempts[^1].AssignmentId, (await back.OfferAsync()).Id); // and nothing before it
        Assert.Equal((0, BatchStatus.Paused), await restored.Store.ReadAsync(
            async (database, ct) => (
                (await database.QueryAsync("SELECT COUNT(*) FROM service_locks", [], static row => row.Int(0), ct))[0],
                (await database.Set<ApiBatch>().FindAsync([batch], ct))!.Status),
            default));
    }

    [Fact]
    public async Task A_backup_that_was_cut_off_or_changed_and_a_place_that_is_not_empty_are_refused()
    {
        await using Lab lab = await Lab.StartAsync(Databases.Sqlite, "--Keys:Master=");
        await TakeAsync(lab);
        byte[] whole = await System.IO.File.ReadAllBytesAsync(File);
        await using TestDatabase place = await TestDatabase.CreateEmptyAsync(Databases.Sqlite);

        foreach (byte[] broken in (byte[][])[whole[..(whole.Length / 2)], [.. whole[..^4000], .. new byte[4000]], [], "no backup"u8.ToArray()])
        {
            await System.IO.File.WriteAllBytesAsync(File, broken);
            await Assert.ThrowsAsync<RestoreException>(() => RestoreProgram.RestoreAsync(File, Settings(place, key: ""), default));
        }

        await System.IO.File.WriteAllBytesAsync(File, whole);
        await RestoreProgram.RestoreAsync(File, Settings(place, key: ""), default); // what was refused left nothing in the way
        RestoreException taken = await Assert.ThrowsAsync<RestoreException>(() => RestoreProgram.RestoreAsync(File, Settings(place, key: ""), default));
        Assert.Contains("there is an installation already", taken.Message, StringComparison.Ordinal);
        await using OrbitServer restored = await OrbitServer.StartAsync(place, "--Keys:Master="); // the key came with it
    }

    [Fact]
    public async Task Only_admins_get_a_backup()
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(Databases.Sqlite);
        using HttpRequestMessage asked = new(HttpMethod.Get, "/api/v1/backup");
        asked.Headers.Authorization = new("Bearer", await orbit.TokenAsync("user@example.org"));

        using HttpResponseMessage answer = await orbit.Http.SendAsync(asked);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    /// <returns>The token of the admin who took it.</returns>
    private async Task<string> TakeAsync(Lab lab)
    {
        string token = await lab.Orbit.TokenAsync("admin@example.org", OrbitServer.AdminPassword);
        using HttpRequestMessage asked = new(HttpMethod.Get, "/api/v1/backup");
        asked.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using HttpResponseMessage answer = await lab.Orbit.Http.SendAsync(asked);
        Assert.Equal((HttpStatusCode.OK, "application/gzip"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        await System.IO.File.WriteAllBytesAsync(File, await answer.Content.ReadAsByteArrayAsync());
        return token;
    }

    private static string[] Settings(TestDatabase place, string key = OrbitServer.MasterKey) => [.. place.NextArgs(), $"--Keys:Master={key}"];
}
