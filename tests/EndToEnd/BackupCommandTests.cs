using System.Text;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Storage.Blobs;
using Orbit.EndToEnd.Support;

namespace Orbit.EndToEnd;

/// <summary><c>orbit backup</c> and <c>orbit restore</c>, as an operator types them.</summary>
public sealed class BackupCommandTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("orbit-backup-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Replicas_with_a_shared_directory_come_back_whole_also_after_a_restore_that_was_cut_off()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(Databases.Postgres);
        await using OrbitServer one = await OrbitServer.StartAsync(database, Sharing(At("blobs")));
        await using OrbitServer other = await OrbitServer.StartAsync(database, Sharing(At("blobs")));
        Guid report = await Blobs(one).WriteAsync(new MemoryStream("report"u8.ToArray()), default);
        PostBuildResponse build = await AnnounceAsync(await one.AdminAsync());

        await BackUpAsync(other, At("backup"));
        await AnnounceAsync(await one.AdminAsync(), "8"); // after the backup
        await using TestDatabase place = await TestDatabase.CreateEmptyAsync(Databases.Postgres);
        (int code, string said) = await RestoreAsync(place, Sharing(At("backup"))); // a file is no directory: found when the tables are loaded
        Assert.True(code == 2 && said.Contains("nothing was restored", StringComparison.Ordinal), said);
        (code, said) = await RestoreAsync(place, Sharing(At("restored")));

        Assert.True(code == 0, said);
        await using OrbitServer restored = await OrbitServer.StartAsync(place, Sharing(At("restored")));
        await using OrbitServer beside = await OrbitServer.StartAsync(place, Sharing(At("restored")));
        using var bytes = new MemoryStream();
        Assert.True(await Blobs(beside).CopyToAsync(report, bytes, default));
        Assert.Equal("report", Encoding.UTF8.GetString(bytes.ToArray()));
        ListBuildsResponse builds = await new BuildService.BuildServiceClient(await beside.UserAsync()).ListBuildsAsync(new ListBuildsRequest());
        Assert.Equal(build.Id, Assert.Single(builds.Builds).Id);
        Assert.True((await AnnounceAsync(await restored.AdminAsync(), "9")).Id > build.Id + 1000); // no number is given twice
    }

    [Fact]
    public async Task A_file_that_is_there_already_and_a_person_who_is_no_admin_get_no_backup()
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(Databases.Sqlite);
        await File.WriteAllTextAsync(At("there"), "mine");

        (int code, string said) = await CliAsync(orbit, await orbit.TokenAsync("admin@example.org", OrbitServer.AdminPassword), "backup", At("there"));
        (int refused, string why) = await CliAsync(orbit, await orbit.TokenAsync("user@example.org"), "backup", At("new"));

        Assert.True(code != 0 && said.Contains("is there already", StringComparison.Ordinal), said);
        Assert.Equal("mine", await File.ReadAllTextAsync(At("there")));
        Assert.True(refused != 0, why);
        Assert.Equal(["there"], Directory.GetFiles(_directory).Select(Path.GetFileName));
    }

    private static IBlobStore Blobs(OrbitServer orbit) => orbit.Services.GetRequiredService<IBlobStore>();

    private static string[] Sharing(string directory) => ["--Blobs=directory", $"--Blobs:Directory={directory}"];

    private static async Task<PostBuildResponse> AnnounceAsync(CallInvoker admin, string number = "7") =>
        await new BuildService.BuildServiceClient(admin).PostBuildAsync(new PostBuildRequest { JobName = "shop", BuildNumber = number, BuildUser = "ci", PackagePath = $"shop/{number}" });

    private static async Task<(int Code, string Said)> CliAsync(OrbitServer orbit, string token, params string[] words)
    {
        using ChildProgram program = ChildProgram.Start("dotnet", [Programs.Cli, .. words], new Dictionary<string, string> { ["ORBIT_SERVER"] = orbit.GrpcAddress.ToString(), ["ORBIT_TOKEN"] = token });
        int code = await program.ExitAsync(TimeSpan.FromSeconds(60));
        return (code, program.Output);
    }

    private static async Task BackUpAsync(OrbitServer orbit, string file)
    {
        (int code, string said) = await CliAsync(orbit, await orbit.TokenAsync("admin@example.org", OrbitServer.AdminPassword), "backup", file);
        Assert.True(code == 0, said);
    }

    private async Task<(int Code, string Said)> RestoreAsync(TestDatabase place, string[] settings)
    {
        using ChildProgram program = ChildProgram.Start(
            "dotnet", [Programs.Cli, "restore", At("backup"), "--program", Programs.ControlPlane, "--", .. place.NextArgs(), $"--Keys:Master={OrbitServer.MasterKey}", .. settings]);
        int code = await program.ExitAsync(TimeSpan.FromSeconds(120));
        return (code, program.Output);
    }

    private string At(string name) => Path.Combine(_directory, name);
}
