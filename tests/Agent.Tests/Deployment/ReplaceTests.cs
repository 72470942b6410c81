using System.Diagnostics;
using System.Globalization;
using Orbit.Agent.Deployment;
using Orbit.Agent.Files;
using Orbit.Agent.Tests.Files;

namespace Orbit.Agent.Tests.Deployment;

public sealed class ReplaceTests : IDisposable
{
    private readonly DeploymentRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void A_c_service_gets_binaries_and_configuration_and_nothing_else()
    {
        _rig.Install("bin/shop", "old", 0b111_101_000);
        _rig.Install("conf/shop.ini", "old");
        _rig.Install("stop.sh", "old");
        _rig.Install("bin/extra", "stays");
        _rig.Pack("bin/shop", "new", 0b110_000_000);
        _rig.Pack("bin/tool", "new", 0b110_100_100);
        _rig.Pack("conf/shop.ini", "new");
        _rig.Pack("stop.sh", "new");

        ReplacePlan plan = Deploy(DeployStrategy.CService);

        Assert.Equal(["new", "new", "new", "old", "stays"], ((string[])["bin/shop", "bin/tool", "conf/shop.ini", "stop.sh", "bin/extra"]).Select(_rig.Installed));
        Assert.Equal((UnixFileMode)0b111_101_000, File.GetUnixFileMode(_rig.InstalledFile("bin/shop")));
        Assert.Equal((UnixFileMode)0b111_101_101, File.GetUnixFileMode(_rig.InstalledFile("bin/tool")));
        Assert.Equal("conf/shop.ini", plan.Changes[^1].Path);
        _rig.RequireTidy();
    }

    [Fact]
    public void A_files_owner_stays_and_a_new_one_belongs_to_whom_its_directory_belongs()
    {
        Assert.True(Environment.UserName == "root", "This test changes owners: run the tests as root.");
        _rig.Install("bin/shop", "old");
        Chown("1234:2345", _rig.InstalledFile("bin/shop"));
        Chown("1111:2222", _rig.InstalledFile("bin"));
        _rig.Pack("bin/shop", "new");
        _rig.Pack("bin/tool", "new");

        Deploy(DeployStrategy.CService);

        Assert.Equal((1234u, 2345u), Owner("bin/shop"));
        Assert.Equal((1111u, 2222u), Owner("bin/tool"));
    }

    [Fact]
    public void A_set_user_id_bit_is_not_given_to_a_packages_content_but_comes_back_with_the_old_one()
    {
        _rig.Install("bin/shop", "old", 0b100_111_101_101);
        _rig.Pack("bin/shop", "new");
        ReplacePlan plan = Deploy(DeployStrategy.CService);
        Assert.Equal((UnixFileMode)0b111_101_101, File.GetUnixFileMode(_rig.InstalledFile("bin/shop")));

        Rollback.Apply(plan.Paths.Backup);

        Assert.Equal((UnixFileMode)0b100_111_101_101, File.GetUnixFileMode(_rig.InstalledFile("bin/shop")));
    }

    [Fact]
    public void Full_makes_the_packages_content_the_install_directory()
    {
        _rig.Install("nginx/old.conf", "old");
        _rig.Install("logs/access.log", "lines");
        _rig.Install("conf/local/own.conf", "own");
        _rig.Pack("nginx/new.conf", "new");
        _rig.Pack("logs/readme", "new");
        _rig.Pack("conf/local/own.conf", "package");

        Deploy(DeployStrategy.OpenRestyFull, "logs/**", "conf/local/**");

        Assert.Equal(["conf/local/own.conf", "logs/access.log", "nginx/new.conf"], Files());
        Assert.Equal("own", _rig.Installed("conf/local/own.conf"));
        _rig.RequireTidy();
    }

    [Fact]
    public void Update_changes_only_what_the_package_holds_and_backs_up_everything()
    {
        _rig.Install("lua/a.lua", "old");
        _rig.Install("lua/b.lua", "old");
        _rig.Pack("lua/a.lua", "new");
        _rig.Pack("lua/deep/c.lua", "new");

        ReplacePlan plan = Deploy(DeployStrategy.OpenRestyUpdate);

        Assert.Equal(["lua/a.lua", "lua/b.lua", "lua/deep/c.lua"], Files());
        Assert.Equal("old", File.ReadAllText(Path.Combine(plan.Paths.BackupTree, "lua/b.lua")));
        _rig.RequireTidy();
    }

    [Theory]
    [InlineData(nameof(DeployStrategy.CService))]
    [InlineData(nameof(DeployStrategy.OpenRestyFull))]
    [InlineData(nameof(DeployStrategy.OpenRestyUpdate))]
    public void Installed_configuration_wins_where_the_set_says_so_and_new_files_still_come(string strategy)
    {
        _rig.Install("conf/a.ini", "mine");
        _rig.Pack("conf/a.ini", "package");
        _rig.Pack("conf/b.ini", "package");
        ReplacePlan plan = _rig.Plan(_rig.Settings(Enum.Parse<DeployStrategy>(strategy)) with { ConfigFromInstalled = true });
        Backup.Create(plan);

        Replace.Apply(plan);

        Assert.Equal(["mine", "package"], [_rig.Installed("conf/a.ini"), _rig.Installed("conf/b.ini")]);
    }

    [Theory]
    [InlineData(nameof(DeployStrategy.CService))]
    [InlineData(nameof(DeployStrategy.OpenRestyFull))]
    public void A_first_installation_puts_everything_and_its_rollback_removes_it(string strategy)
    {
        _rig.Pack("bin/shop", "new");
        _rig.Pack("start.sh", "new", 0b111_101_101);
        ReplacePlan plan = Deploy(Enum.Parse<DeployStrategy>(strategy));
        Assert.True(plan.FirstInstallation);
        Assert.Equal(["bin/shop", "start.sh"], Files());
        File.WriteAllText(_rig.InstalledFile("made-by-the-service"), "");

        Rollback.Apply(plan.Paths.Backup);

        Assert.False(Path.Exists(_rig.InstallDir));
        _rig.RequireTidy();
    }

    [Fact]
    public void A_rollback_removes_what_the_deployment_made_and_nothing_else()
    {
        _rig.Install("bin/shop", "old");
        _rig.Pack("bin/shop", "new");
        _rig.Pack("conf/deep/new.ini", "new");
        ReplacePlan plan = Deploy(DeployStrategy.CService);
        _rig.Install("conf/deep/written-by-the-service", "keep");
        _rig.Install("bin/core", "keep");

        Rollback.Apply(plan.Paths.Backup);

        Assert.Equal(["bin/core", "bin/shop", "conf/deep/written-by-the-service"], Files());
        Assert.Equal("old", _rig.Installed("bin/shop"));
    }

    [Fact]
    public void Logs_that_the_failed_version_wrote_survive_its_rollback()
    {
        _rig.Install("bin/shop", "old");
        _rig.Install("logs/shop.log", "old lines");
        _rig.Pack("bin/shop", "new");
        TreeManifest before = _rig.Snapshot();
        ReplacePlan plan = Deploy(DeployStrategy.OpenRestyFull, "logs/**");
        File.AppendAllText(_rig.InstalledFile("logs/shop.log"), ", why it failed");

        Rollback.Apply(plan.Paths.Backup);

        Assert.Equal("old", _rig.Installed("bin/shop"));
        Assert.Equal("old lines, why it failed", _rig.Installed("logs/shop.log"));
        Assert.Equal(["logs/shop.log: has other content"], before.Compare(_rig.Snapshot()).Select(d => d.ToString()));
        _rig.RequireTidy();
    }

    [Fact]
    public void Full_on_a_mount_point_works_file_by_file_and_can_be_taken_back()
    {
        using SmallDisk disk = SmallDisk.Mount(megabytes: 4);
        string parent = Path.GetDirectoryName(disk.Path)!;
        DeploymentSettings settings = new() { Strategy = DeployStrategy.OpenRestyFull, InstallDir = disk.Path, Preserve = ["logs/**"] };
        Write(disk.Path, "a/old", "old");
        Write(disk.Path, "b", "old");
        Write(disk.Path, "logs/x", "log");
        Write(parent, "package/a", "a file where a directory was");
        Write(parent, "package/b", "new");
        ReplacePlan plan = ReplacePlanner.Plan(settings, Path.Combine(parent, "package"), "r", DateTimeOffset.UnixEpoch);
        Assert.Equal(ReplaceKind.PerFile, plan.Kind);
        Backup.Create(plan);

        Replace.Apply(plan);
        Assert.Equal(["a", "b", "logs/x"], FilesOf(disk.Path));
        Rollback.Apply(plan.Paths.Backup);

        Assert.Equal(["a/old", "b", "logs/x"], FilesOf(disk.Path));
        Assert.Equal("old", File.ReadAllText(Path.Combine(disk.Path, "b")));
    }

    [Fact]
    public void A_disk_that_fills_up_during_the_replacement_can_be_rolled_back()
    {
        using SmallDisk disk = SmallDisk.Mount(megabytes: 2);
        using DeploymentRig rig = new(disk.Path);
        rig.Install("bin/a", new string('o', 400_000));
        rig.Install("bin/b", new string('o', 400_000));
        TreeManifest old = rig.Snapshot();
        rig.Pack("bin/a", "new");
        rig.Pack("bin/b", new string('n', 300_000));
        ReplacePlan plan = rig.Plan(rig.Settings(DeployStrategy.CService));
        Backup.Create(plan);
        string filler = Path.Combine(disk.Path, "data");
        NoSpaceRefusal full = Assert.Throws<NoSpaceRefusal>(() => Replace.Apply(plan, what =>
        {
            if (what == "write bin/b")
            {
                Fill(filler);
            }
        }));
        Assert.Contains(rig.InstalledFile("bin/b"), full.Message, StringComparison.Ordinal);
        Assert.Equal("new", rig.Installed("bin/a"));
        File.Delete(filler);

        Rollback.Apply(plan.Paths.Backup);

        DeploymentRig.RequireSame(old, rig.Snapshot(), "after the rollback");
        rig.RequireTidy();
    }

    [Fact]
    public void A_full_disk_stops_the_backup_before_anything_is_changed()
    {
        using SmallDisk disk = SmallDisk.Mount(megabytes: 1);
        using DeploymentRig rig = new(disk.Path);
        rig.Install("bin/a", new string('o', 700_000));
        rig.Pack("bin/a", "new");
        TreeManifest old = rig.Snapshot();
        ReplacePlan plan = rig.Plan(rig.Settings(DeployStrategy.CService));

        Assert.Throws<NoSpaceRefusal>(() => Backup.Create(plan));

        DeploymentRig.RequireSame(old, rig.Snapshot(), "after the failed backup");
        Assert.Equal("BACKUP_INCOMPLETE", Assert.Throws<DeploymentRefusal>(() => Replace.Apply(plan)).Reason);
    }

    [Fact]
    public void A_directory_that_is_a_link_is_never_followed()
    {
        using TemporaryDirectory outside = new();
        _rig.Install("bin/shop", "old");
        Directory.CreateSymbolicLink(_rig.InstalledFile("conf"), outside.Root);
        _rig.Pack("bin/shop", "new");
        _rig.Pack("conf/shop.ini", "new");

        HostRefusal refusal = Assert.ThrowsAny<HostRefusal>(() => _rig.Plan(_rig.Settings(DeployStrategy.CService)));

        Assert.Contains(refusal.Reason, (string[])["PATH_CONFLICT", "PATH_LEADS_OVER_LINK"]);
        Assert.Empty(Directory.EnumerateFileSystemEntries(outside.Root));
    }

    [Fact]
    public void A_directory_that_becomes_a_link_after_the_plan_is_not_followed_either()
    {
        using TemporaryDirectory outside = new();
        _rig.Install("conf/shop.ini", "old");
        _rig.Pack("conf/shop.ini", "new");
        ReplacePlan plan = _rig.Plan(_rig.Settings(DeployStrategy.CService));
        Backup.Create(plan);
        Directory.Delete(_rig.InstalledFile("conf"), recursive: true);
        Directory.CreateSymbolicLink(_rig.InstalledFile("conf"), outside.Root);

        Assert.Equal("PATH_LEADS_OVER_LINK", Assert.Throws<TreeRefusal>(() => Replace.Apply(plan)).Reason);
        Assert.Empty(Directory.EnumerateFileSystemEntries(outside.Root));
    }

    [Fact]
    public void A_package_with_nothing_to_deploy_says_what_it_holds()
    {
        _rig.Install("bin/shop", "old");
        _rig.Pack("wrong/shop", "new");

        DeploymentRefusal refusal = Assert.Throws<DeploymentRefusal>(() => _rig.Plan(_rig.Settings(DeployStrategy.CService)));

        Assert.Equal("NOTHING_TO_REPLACE", refusal.Reason);
        Assert.Contains("wrong/shop", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_package_whose_files_change_after_the_plan_is_not_deployed()
    {
        _rig.Install("bin/shop", "old");
        _rig.Pack("bin/shop", "new");
        ReplacePlan plan = _rig.Plan(_rig.Settings(DeployStrategy.CService));
        Backup.Create(plan);
        _rig.Pack("bin/shop", "evil");

        Assert.Equal("PACKAGE_TREE_CHANGED", Assert.Throws<DeploymentRefusal>(() => Replace.Apply(plan)).Reason);
        Assert.Equal("old", _rig.Installed("bin/shop"));
        _rig.RequireTidy();
    }

    [Fact]
    public void A_running_program_can_be_replaced()
    {
        _rig.Install("bin/shop", "", 0b111_101_101);
        File.Copy("/bin/sleep", _rig.InstalledFile("bin/shop"), overwrite: true);
        _rig.Pack("bin/shop", "new");
        using Process running = Process.Start(_rig.InstalledFile("bin/shop"), "60");

        Deploy(DeployStrategy.CService);

        Assert.Equal("new", _rig.Installed("bin/shop"));
        running.Kill();
        running.WaitForExit();
    }

    [Fact]
    public void Only_the_newest_backups_are_kept()
    {
        _rig.Install("bin/shop", "0");
        for (int i = 1; i <= 5; i++)
        {
            _rig.Pack("bin/shop", i.ToString(CultureInfo.InvariantCulture));
            ReplacePlan plan = ReplacePlanner.Plan(_rig.Settings(DeployStrategy.CService), _rig.PackageRoot, $"run-{i}", DateTimeOffset.UnixEpoch.AddDays(i));
            Backup.Create(plan);
            Replace.Apply(plan);
        }

        Directory.CreateDirectory(Path.Combine(DeploymentPaths.BackupRootOf(_rig.InstallDir), "19700109T000000Z-never-finished"));
        IReadOnlyList<string> gone = Backup.Prune(_rig.InstallDir, keep: 3);

        Assert.Equal(3, gone.Count);
        Assert.Equal(["run-5", "run-4", "run-3"], Backup.List(_rig.InstallDir).Select(d => d[^5..]));
    }

    [Fact]
    public void A_damaged_manifest_is_not_restored_from()
    {
        _rig.Install("bin/shop", "old");
        _rig.Pack("bin/shop", "new");
        ReplacePlan plan = Deploy(DeployStrategy.CService);
        string manifest = Path.Combine(plan.Paths.Backup, "manifest.jsonl");
        File.WriteAllText(manifest, File.ReadAllText(manifest).Replace("\"bin/shop\"", "\"bin/shoq\"", StringComparison.Ordinal));

        Assert.Equal("MANIFEST_DAMAGED", Assert.Throws<DeploymentRefusal>(() => Rollback.Apply(plan.Paths.Backup)).Reason);
        Assert.Equal("new", _rig.Installed("bin/shop"));
    }

    [Fact]
    public void A_damaged_backup_is_noticed_and_not_called_a_success()
    {
        _rig.Install("bin/shop", "old");
        _rig.Pack("bin/shop", "new");
        ReplacePlan plan = Deploy(DeployStrategy.CService);
        File.WriteAllText(Path.Combine(plan.Paths.BackupTree, "bin/shop"), "rot");

        Assert.Throws<DeploymentRefusal>(() => Rollback.Apply(plan.Paths.Backup));
        Assert.Equal("new", _rig.Installed("bin/shop"));
    }

    private ReplacePlan Deploy(DeployStrategy strategy, params string[] preserve)
    {
        ReplacePlan plan = ReplacePlan.FromJson(_rig.Plan(_rig.Settings(strategy, preserve)).ToJson());
        Backup.Create(plan);
        Replace.Apply(plan);
        return plan;
    }

    private IEnumerable<string> Files() => FilesOf(_rig.InstallDir);

    private static IEnumerable<string> FilesOf(string directory) =>
        Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Select(p => Path.GetRelativePath(directory, p)).Order(StringComparer.Ordinal);

    private (uint, uint) Owner(string relative) =>
        FileStatus.Of(_rig.InstalledFile(relative)) is { } status ? (status.User, status.Group) : default;

    private static void Write(string root, string relative, string content)
    {
        string path = Path.Combine(root, relative);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }

    private static void Chown(string owner, string path)
    {
        using Process process = Process.Start("chown", [owner, path]);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    private static void Fill(string path)
    {
        using FileStream filler = File.Create(path);
        try
        {
            while (true)
            {
                filler.Write(new byte[4096]);
                filler.Flush();
            }
        }
        catch (IOException full) when (NoSpaceRefusal.IsFull(full))
        {
            // That was the aim.
        }
    }
}
