namespace Orbit.Agent.Pytest;

/// <summary>
/// What the events of one test step add up to. A command may run pytest several times; a test that two of them ran
/// counts once, with its last result. Events may be repeated (a reader that starts again): a repeat changes nothing.
/// </summary>
internal sealed class PytestSession
{
    private readonly OrderedDictionary<string, PytestProcess> _processes = [];
    private readonly OrderedDictionary<string, PytestTest> _tests = [];
    private readonly List<PytestCollectionError> _collectionErrors = [];
    private readonly List<PytestPluginError> _pluginErrors = [];
    private readonly List<PytestUnreadable> _unreadable = [];

    // Kept while events come, so that counting after each of them stays cheap: waiting, running, then one a status.
    private readonly int[] _tally = new int[2 + Enum.GetValues<PytestStatus>().Length];

    /// <summary>The pytest processes that have told something, first first.</summary>
    public IReadOnlyList<PytestProcess> Processes => _processes.Values;

    /// <summary>All tests that were collected or begun, in that order.</summary>
    public IReadOnlyList<PytestTest> Tests => _tests.Values;

    /// <summary>What could not be collected.</summary>
    public IReadOnlyList<PytestCollectionError> CollectionErrors => _collectionErrors;

    /// <summary>What Orbit's plugin says of itself.</summary>
    public IReadOnlyList<PytestPluginError> PluginErrors => _pluginErrors;

    /// <summary>Parts of the events file that were no events.</summary>
    public IReadOnlyList<PytestUnreadable> Unreadable => _unreadable;

    /// <summary>Number of events that were told and did not arrive.</summary>
    public long Lost => _processes.Values.Sum(process => process.Lost);

    /// <summary>When the last event was told.</summary>
    public DateTimeOffset LastWord { get; private set; }

    /// <summary>Tests that have begun and not ended: the suspects when pytest is gone.</summary>
    public IEnumerable<PytestTest> Running => Tests.Where(test => test.Progress is PytestProgress.Running);

    /// <returns><see langword="false"/> for a repeated event.</returns>
    public bool Apply(PytestEvent told)
    {
        if (told is PytestUnreadable unreadable)
        {
            _unreadable.Add(unreadable);
            return true;
        }

        if (!_processes.TryGetValue(told.Session, out PytestProcess? process))
        {
            _processes.Add(told.Session, process = new(told.Session));
        }

        if (!process.Follow(told))
        {
            return false;
        }

        LastWord = told.Time > LastWord ? told.Time : LastWord;
        switch (told)
        {
            case PytestCollectionError error:
                _collectionErrors.Add(error);
                break;
            case PytestPluginError error:
                _pluginErrors.Add(error);
                break;
            case PytestIdsCollected collected:
                foreach (string id in collected.Ids)
                {
                    Change(id, test => { });
                }

                break;
            case PytestTestStarted started:
                process.Saw(started.Id);
                Change(started.Id, test => test.Start(started.Time));
                break;
            case PytestTestFinished finished:
                process.Saw(finished.Id);
                Change(finished.Id, test => test.Finish(finished));
                process.Ended(finished);
                break;
        }

        return true;
    }

    /// <param name="ended">Whether nothing more can come, so that running tests are interrupted ones.</param>
    public PytestCounts Count(bool ended)
    {
        int unnamed = Processes.Sum(process => process.Unnamed);
        return new(
            Tests.Count + unnamed,
            Of(PytestStatus.Passed),
            Of(PytestStatus.Failed),
            Of(PytestStatus.Broken),
            Of(PytestStatus.Skipped),
            Interrupted: ended ? _tally[1] : 0,
            NotRun: _tally[0] + unnamed,
            Running: ended ? 0 : _tally[1]);

        int Of(PytestStatus status) => _tally[2 + (int)status];
    }

    /// <summary>The test with that node id, or null.</summary>
    public PytestTest? Find(string id) => _tests.GetValueOrDefault(id);

    private void Change(string id, Action<PytestTest> change)
    {
        if (!_tests.TryGetValue(id, out PytestTest? test))
        {
            _tests.Add(id, test = new(id));
        }
        else
        {
            _tally[Place(test)]--;
        }

        change(test);
        _tally[Place(test)]++;
    }

    private static int Place(PytestTest test) => test.Progress switch
    {
        PytestProgress.Waiting => 0,
        PytestProgress.Running => 1,
        _ => 2 + (int)test.Status!.Value,
    };
}
