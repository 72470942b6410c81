using Orbit.Agent.Pytest;

namespace Orbit.Agent.Tests.Pytest;

public sealed class PytestSessionTests
{
    private readonly PytestSession _session = new();
    private long _sequence;

    [Fact]
    public void A_repeated_event_changes_nothing_and_a_missing_one_is_noticed()
    {
        PytestEvent first = Numbered(new PytestTestStarted("t", "t.py", 1));
        PytestEvent second = Numbered(Finished("t", PytestOutcome.Failed, PytestStatus.Failed));
        Assert.True(_session.Apply(first));
        Assert.True(_session.Apply(second));
        PytestCounts before = _session.Count(ended: true);

        Assert.False(_session.Apply(first));
        Assert.False(_session.Apply(second));
        _sequence += 3;
        _session.Apply(Numbered(new PytestTestStarted("u", "t.py", 2)));

        Assert.Equal(new PytestCounts(1, 0, Failed: 1, 0, 0, 0, 0, 0), before);
        Assert.Equal(1, _session.Find("t")!.Attempts);
        Assert.Equal(3, _session.Lost);
    }

    [Fact]
    public void Within_a_try_the_worse_report_wins_and_between_tries_the_last()
    {
        Tell(new PytestTestStarted("t", "t.py", 1));
        Tell(Finished("t", PytestOutcome.Error, PytestStatus.Broken));
        Tell(Finished("t", PytestOutcome.Failed, PytestStatus.Failed));
        Tell(Finished("t", PytestOutcome.Passed, PytestStatus.Passed));
        Assert.Equal((PytestStatus.Failed, 1), (_session.Find("t")!.Status, _session.Find("t")!.Attempts));

        Tell(new PytestTestStarted("t", "t.py", 1));
        Tell(Finished("t", PytestOutcome.Rerun, PytestStatus.Failed));
        Assert.Equal(1, _session.Count(ended: false).Running);
        Assert.Equal(1, _session.Count(ended: true).Interrupted);
        Tell(Finished("t", PytestOutcome.Passed, PytestStatus.Passed));

        Assert.Equal((PytestStatus.Passed, 3), (_session.Find("t")!.Status, _session.Find("t")!.Attempts));
        Assert.Equal(new PytestCounts(1, Passed: 1, 0, 0, 0, 0, 0, 0), _session.Count(ended: true));
    }

    [Fact]
    public void Collected_tests_whose_names_were_lost_still_count_as_not_run()
    {
        Tell(new PytestIdsCollected(0, ["a", "b"]));
        _sequence++; // the second part of the list
        Tell(new PytestCollected(5, 0, 0, null));
        Tell(new PytestTestStarted("a", "t.py", 1));

        Assert.Equal(new PytestCounts(5, 0, 0, 0, 0, Interrupted: 1, NotRun: 4, 0), _session.Count(ended: true));
    }

    [Fact]
    public void A_test_given_twice_on_the_command_line_counts_once()
    {
        Tell(new PytestIdsCollected(0, ["a", "a"]));
        Tell(new PytestCollected(2, 0, 0, null));
        Tell(Finished("a", PytestOutcome.Passed, PytestStatus.Passed));
        Tell(Finished("a", PytestOutcome.Passed, PytestStatus.Passed));
        Tell(new PytestSessionFinished(0, TimeSpan.Zero));

        Assert.Equal(PytestVerdictKind.Passed, PytestVerdict.Of(_session, new PytestEnd(0)).Kind);
    }

    [Fact]
    public void Whatever_is_told_in_whatever_order_the_numbers_add_up_and_a_repeat_of_all_changes_nothing()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            Random random = new(seed);
            PytestSession session = new();
            List<PytestEvent> told = [];
            for (int n = 0; n < 60; n++)
            {
                told.Add(Any(random) with { Session = $"s{random.Next(2)}", Sequence = n + 1 });
                session.Apply(told[^1]);
                PytestCounts live = session.Count(ended: false);
                Assert.Equal(live.Total, live.Finished + live.Running + live.Interrupted + live.NotRun);
                Assert.Equal(session.Running.Count(), live.Running);
                Assert.True(live.Total >= session.Tests.Count, $"seed {seed}");
            }

            PytestCounts counts = session.Count(ended: true);
            Assert.All(told, each => Assert.False(session.Apply(each)));
            Assert.Equal(counts, session.Count(ended: true));
            Assert.Equal(0, counts.Running);
            Assert.NotEmpty(PytestVerdict.Of(session, new PytestEnd(random.Next(256))).Reason);
        }
    }

    [Fact]
    public void What_the_step_already_had_in_its_Python_path_and_plugins_is_kept()
    {
        IReadOnlyDictionary<string, string> variables = PytestEnvironment.For(
            "/plugin", "/e", null, null, new Dictionary<string, string> { ["PYTHONPATH"] = "lib::/plugin", ["PYTEST_PLUGINS"] = "mine,orbit_pytest" });

        Assert.Equal("/plugin:lib", variables["PYTHONPATH"]);
        Assert.Equal("orbit_pytest,mine", variables["PYTEST_PLUGINS"]);
        Assert.Equal("", variables["ORBIT_ALLURE_DIR"]);
    }

    [Fact]
    public void The_plugin_is_installed_readable_for_everybody_and_speaks_the_oldest_Python()
    {
        DirectoryInfo home = Directory.CreateTempSubdirectory("orbit-plugin-");
        try
        {
            string directory = Path.Combine(home.FullName, "plugin");
            PytestFiles.Install(directory);
            string file = PytestFiles.Install(directory);

            Assert.Equal(["orbit_pytest.py"], new DirectoryInfo(directory).GetFiles().Select(each => each.Name));
            Assert.Equal("0755", Convert.ToString((int)File.GetUnixFileMode(directory), 8).PadLeft(4, '0'));
            Assert.Equal("0644", Convert.ToString((int)File.GetUnixFileMode(file), 8).PadLeft(4, '0'));
            using var python = System.Diagnostics.Process.Start(
                PytestRig.Python, ["-c", "import ast, sys; ast.parse(open(sys.argv[1], encoding='utf-8').read(), feature_version=(3, 6))", file]);
            python.WaitForExit();
            Assert.Equal(0, python.ExitCode);
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }

    private static PytestEvent Any(Random random)
    {
        string id = $"t{random.Next(8)}";
        return random.Next(8) switch
        {
            0 => new PytestIdsCollected(0, [id, $"t{random.Next(8)}"]),
            1 => new PytestCollected(random.Next(12), 0, 0, random.Next(2) == 0 ? null : new PytestSelection(3, 1, ["gone"])),
            2 => new PytestSessionFinished(random.Next(7), TimeSpan.FromSeconds(1)),
            3 => new PytestInterrupted("KeyboardInterrupt", "", null),
            4 => new PytestCollectionError(id, "", ""),
            5 => Finished(id, (PytestOutcome)random.Next(8), (PytestStatus)random.Next(4)),
            _ => new PytestTestStarted(id, "t.py", 1),
        };
    }

    private static PytestTestFinished Finished(string id, PytestOutcome outcome, PytestStatus status) =>
        new(id, outcome, status, "call", TimeSpan.FromMilliseconds(1));

    private PytestEvent Numbered(PytestEvent told) => told with { Session = "s", Sequence = ++_sequence };

    private void Tell(PytestEvent told) => Assert.True(_session.Apply(Numbered(told)));
}
