using FsCheck;
using FsCheck.Fluent;
using Orbit.Agent.Deployment;
using Orbit.Tests.Support;

namespace Orbit.Agent.Tests.Deployment;

/// <summary>Stops the work before each of its changes in turn; every recovery must end in one whole version.</summary>
public sealed class CrashRecoveryTests
{
    [Theory]
    [InlineData(nameof(DeployStrategy.CService))]
    [InlineData(nameof(DeployStrategy.OpenRestyFull))]
    [InlineData(nameof(DeployStrategy.OpenRestyUpdate))]
    public void A_replacement_that_is_stopped_anywhere_is_finished_by_applying_it_again(string strategy) =>
        Sweep(Enum.Parse<DeployStrategy>(strategy), isFirst: false, (rig, plan, _, after, when) =>
        {
            Backup.Create(plan);
            Replace.Apply(plan);
            Replace.Apply(plan); // and once more changes nothing
            DeploymentRig.RequireSame(after, rig.Snapshot(), when);
            rig.RequireTidy();
        });

    [Theory]
    [InlineData(nameof(DeployStrategy.CService))]
    [InlineData(nameof(DeployStrategy.OpenRestyFull))]
    [InlineData(nameof(DeployStrategy.OpenRestyUpdate))]
    public void A_replacement_that_is_stopped_anywhere_can_be_taken_back(string strategy) =>
        Sweep(Enum.Parse<DeployStrategy>(strategy), isFirst: false, (rig, plan, before, _, when) =>
        {
            if (File.Exists(Path.Combine(plan.Paths.Backup, Backup.CompleteMark)))
            {
                Rollback.Apply(plan.Paths.Backup);
                Rollback.Apply(plan.Paths.Backup);
            }

            DeploymentRig.RequireSame(before, rig.Snapshot(), when);
            rig.RequireTidy();
        });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_first_installation_that_is_stopped_anywhere_is_finished_or_gone(bool finish) =>
        Sweep(DeployStrategy.CService, isFirst: true, (rig, plan, before, after, when) =>
        {
            if (finish)
            {
                Backup.Create(plan);
                Replace.Apply(plan);
            }
            else if (File.Exists(Path.Combine(plan.Paths.Backup, Backup.CompleteMark)))
            {
                Rollback.Apply(plan.Paths.Backup);
            }

            DeploymentRig.RequireSame(finish ? after : before, rig.Snapshot(), when);
            rig.RequireTidy();
        });

    [Theory]
    [InlineData(nameof(DeployStrategy.CService))]
    [InlineData(nameof(DeployStrategy.OpenRestyFull))]
    [InlineData(nameof(DeployStrategy.OpenRestyUpdate))]
    public void A_rollback_that_is_stopped_anywhere_is_finished_by_applying_it_again(string strategy)
    {
        for (int stop = 0; ; stop++)
        {
            using DeploymentRig rig = Example(isFirst: false);
            TreeManifest before = rig.Snapshot();
            ReplacePlan plan = rig.Plan(rig.Settings(Enum.Parse<DeployStrategy>(strategy)));
            Backup.Create(plan);
            Replace.Apply(plan);
            bool crashed = Crashes(stop, step => Rollback.Apply(plan.Paths.Backup, step));

            Rollback.Apply(plan.Paths.Backup);

            DeploymentRig.RequireSame(before, rig.Snapshot(), $"rollback stopped at {stop}");
            rig.RequireTidy();
            if (!crashed)
            {
                Assert.True(stop > 2, "The rollback changed too little to prove anything.");
                return;
            }
        }
    }

    /// <summary>Where a file system cannot exchange two names, the install directory is missing for a moment.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_stop_between_two_renames_is_recovered_from_either_way(bool finish)
    {
        using DeploymentRig rig = Example(isFirst: false);
        TreeManifest before = rig.Snapshot();
        ReplacePlan plan = rig.Plan(rig.Settings(DeployStrategy.OpenRestyFull));
        Backup.Create(plan);
        Assert.Throws<CrashException>(() => Replace.Apply(plan, what => _ = what == "exchange trees" ? throw new CrashException(what) : 0));
        Directory.Move(rig.InstallDir, plan.Paths.BackupTree);

        if (finish)
        {
            Replace.Apply(plan);
            Assert.Equal("new", rig.Installed("conf/deep/new.ini"));
        }
        else
        {
            Rollback.Apply(plan.Paths.Backup);
            DeploymentRig.RequireSame(before, rig.Snapshot(), "after the rollback");
        }

        rig.RequireTidy();
    }

    [Fact]
    public void Whatever_trees_and_however_many_crashes_the_end_is_one_whole_version()
    {
        string[] paths = ["bin/a", "bin/b", "conf/x.ini", "conf/deep/y", "lua/z", "top", "bin/deep/q"];
        Gen<string[]> subset = Gen.SubListOf(paths).Where(l => l.Count > 0).Select(l => l.ToArray());
        var cases =
            from old in subset
            from packed in subset
            from strategy in Gen.Elements(DeployStrategy.CService, DeployStrategy.OpenRestyFull, DeployStrategy.OpenRestyUpdate)
            from stops in Gen.Choose(0, 25).ListOf(3)
            from finish in Gen.Elements(true, false)
            select (old, packed, strategy, stops, finish);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            using DeploymentRig rig = DeploymentRig.InMemory();
            Array.ForEach(c.old, p => rig.Install(p, "old " + p));
            Array.ForEach(c.packed, p => rig.Pack(p, "new " + p));
            if (c.strategy == DeployStrategy.CService && !c.packed.Any(p => p is "bin/a" or "bin/b" || p.StartsWith("conf/", StringComparison.Ordinal)))
            {
                return;
            }

            TreeManifest before = rig.Snapshot();
            ReplacePlan plan = rig.Plan(rig.Settings(c.strategy));
            Backup.Create(plan);
            foreach (int stop in c.stops)
            {
                Crashes(stop, step => Replace.Apply(plan, step));
            }

            if (c.finish)
            {
                Replace.Apply(plan);
                Assert.All(plan.Changes.Where(x => x.Kind == ChangeKind.PutFile), x => Assert.Equal("new " + x.Path, rig.Installed(x.Path)));
            }
            else
            {
                Crashes(c.stops[0], step => Rollback.Apply(plan.Paths.Backup, step));
                Rollback.Apply(plan.Paths.Backup);
                DeploymentRig.RequireSame(before, rig.Snapshot(), "after the rollback");
            }

            rig.RequireTidy();
        }).Check(Properties.Rounds(150));
    }

    /// <summary>Deploys once for each change there is, stopped before it, and lets the caller recover and judge.</summary>
    private static void Sweep(DeployStrategy strategy, bool isFirst, Action<DeploymentRig, ReplacePlan, TreeManifest, TreeManifest, string> recover)
    {
        TreeManifest after = Finished(strategy, isFirst);
        for (int stop = 0; ; stop++)
        {
            using DeploymentRig rig = Example(isFirst);
            TreeManifest before = rig.Snapshot();
            ReplacePlan plan = rig.Plan(rig.Settings(strategy));
            bool crashed = Crashes(stop, step =>
            {
                Backup.Create(plan, step);
                Replace.Apply(plan, step);
            });
            recover(rig, plan, before, after, $"{strategy} stopped at {stop}");
            if (!crashed)
            {
                Assert.True(stop > 5, "The deployment changed too little to prove anything.");
                return;
            }
        }
    }

    private static bool Crashes(int stop, Action<Action<string>> work)
    {
        CrashAt crash = new(stop);
        try
        {
            work(crash.Step);
            return false;
        }
        catch (CrashException)
        {
            return true;
        }
    }

    private static TreeManifest Finished(DeployStrategy strategy, bool isFirst)
    {
        using DeploymentRig rig = Example(isFirst);
        ReplacePlan plan = rig.Plan(rig.Settings(strategy));
        Backup.Create(plan);
        Replace.Apply(plan);
        return rig.Snapshot();
    }

    private static DeploymentRig Example(bool isFirst)
    {
        DeploymentRig rig = DeploymentRig.InMemory();
        if (!isFirst)
        {
            rig.Install("bin/shop", "old", 0b111_101_101);
            rig.Install("bin/only-old", "old");
            rig.Install("conf/shop.ini", "old");
            rig.Install("logs/shop.log", "lines");
            File.CreateSymbolicLink(rig.InstalledFile("bin/link"), "shop");
        }

        rig.Pack("bin/shop", "new", 0b111_101_101);
        rig.Pack("bin/only-new", "new");
        rig.Pack("conf/shop.ini", "new");
        rig.Pack("conf/deep/new.ini", "new");
        File.CreateSymbolicLink(Path.Combine(rig.PackageRoot, "bin/link"), "only-new");
        return rig;
    }
}
