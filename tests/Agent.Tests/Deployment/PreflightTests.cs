using System.Diagnostics;
using Orbit.Agent.Deployment;
using Orbit.Agent.Tests.Files;

namespace Orbit.Agent.Tests.Deployment;

public sealed class PreflightTests : IDisposable
{
    private readonly TemporaryDirectory _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("opt/shop", "INSTALL_DIR_NOT_ABSOLUTE")]
    [InlineData("", "INSTALL_DIR_NOT_ABSOLUTE")]
    [InlineData("/", "INSTALL_DIR_OF_THE_SYSTEM")]
    [InlineData("/etc", "INSTALL_DIR_OF_THE_SYSTEM")]
    [InlineData("/proc/1", "INSTALL_DIR_OF_THE_SYSTEM")]
    [InlineData("/opt/../etc", "INSTALL_DIR_NOT_NORMAL")]
    [InlineData("/opt//shop", "INSTALL_DIR_NOT_NORMAL")]
    [InlineData("/opt/shop/", "INSTALL_DIR_NOT_NORMAL")]
    [InlineData("/agent/data", "INSTALL_DIR_OF_THE_AGENT")]
    [InlineData("/agent/data/x", "INSTALL_DIR_OF_THE_AGENT")]
    [InlineData("/agent", "INSTALL_DIR_OF_THE_AGENT")]
    [InlineData("/no-such-parent/shop", "INSTALL_PARENT_MISSING")]
    public void A_directory_that_must_not_be_touched_is_refused_by_rule(string installDir, string reason) =>
        Assert.Equal(reason, Assert.Single(Preflight.Check(new(installDir, "/agent/data", 1, 1, false))).Reason);

    [Fact]
    public void An_ordinary_directory_and_one_that_does_not_exist_yet_are_fine()
    {
        _files.Write("shop/bin/shop", "x");

        Assert.Empty(Preflight.Check(Request("shop")));
        Assert.Empty(Preflight.Check(Request("new")));
        Assert.Equal([_files["shop"]], Directory.EnumerateFileSystemEntries(_files.Root));
    }

    [Fact]
    public void A_link_in_place_of_the_directory_is_refused()
    {
        Directory.CreateDirectory(_files["real"]);
        Directory.CreateSymbolicLink(_files["shop"], "real");

        Assert.Equal("INSTALL_DIR_IS_LINK", Assert.Single(Preflight.Check(Request("shop"))).Reason);
    }

    [Fact]
    public void Too_little_space_and_too_few_file_entries_are_both_said()
    {
        using SmallDisk disk = SmallDisk.Mount(megabytes: 2, files: 20);
        string installDir = Path.Combine(disk.Path, "shop");

        IReadOnlyList<DeploymentProblem> problems = Preflight.Check(new(installDir, "/agent", PackageBytes: 1_500_000, PackageEntries: 100, WholeBackup: true));

        Assert.Equal(["NO_SPACE", "NO_SPACE"], problems.Select(p => p.Reason));
        Assert.Contains("3,000,000 bytes are needed", problems[0].Message, StringComparison.Ordinal);
        Assert.Contains("file entries", problems[1].Message, StringComparison.Ordinal);
        Assert.All(problems, p => Assert.Contains(disk.Path, p.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_read_only_file_system_is_named_with_all_else_that_is_wrong()
    {
        using SmallDisk disk = SmallDisk.Mount(megabytes: 1);
        Directory.CreateDirectory(Path.Combine(disk.Path, "shop"));
        File.WriteAllText(Path.Combine(disk.Path, "shop.orbit-backups"), "in the way");
        using (Process remount = Process.Start("mount", ["-o", "remount,ro", disk.Path]))
        {
            remount.WaitForExit();
        }

        string[] reasons = [.. Preflight.Check(new(Path.Combine(disk.Path, "shop"), "/agent", 10_000_000, 1, false)).Select(p => p.Reason)];

        Assert.Equal(["NOT_WRITABLE", "NOT_WRITABLE", "BACKUP_DIR_INVALID", "NO_SPACE"], reasons);
    }

    private PreflightRequest Request(string name) => new(_files[name], "/agent/data", 1000, 10, WholeBackup: true);
}
