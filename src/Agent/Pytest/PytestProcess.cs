namespace Orbit.Agent.Pytest;

/// <summary>One pytest process among those that a command ran.</summary>
internal sealed class PytestProcess(string session)
{
    private readonly HashSet<string> _seen = [];
    private readonly HashSet<string> _bad = [];
    private long _last;
    private int _listed;

    /// <summary>The name that it gives itself in every event.</summary>
    public string Session { get; } = session;

    /// <summary>Its beginning; null only when that event was lost.</summary>
    public PytestSessionStarted? Started { get; private set; }

    /// <summary>The end of its collection; null before.</summary>
    public PytestCollected? Collected { get; private set; }

    /// <summary>Why it stopped early; null when it did not.</summary>
    public PytestInterrupted? Interrupted { get; private set; }

    /// <summary>Its last mistake; null when it made none.</summary>
    public PytestInternalError? InternalError { get; private set; }

    /// <summary>Its orderly end; null while it runs, and for ever when it was killed.</summary>
    public PytestSessionFinished? Finished { get; private set; }

    /// <summary>Events that it told and that did not arrive.</summary>
    public long Lost { get; private set; }

    /// <summary>Node ids of the tests that failed or broke in it, later tries in it taken into account.</summary>
    public IReadOnlyCollection<string> Bad => _bad;

    /// <summary>Collected tests whose ids are not known, because the events with them were lost.</summary>
    public int Unnamed => Math.Max(0, (Collected?.Total ?? 0) - Math.Max(_listed, _seen.Count));

    internal bool Follow(PytestEvent told)
    {
        if (told.Sequence <= _last)
        {
            return false;
        }

        Lost += told.Sequence - _last - 1;
        _last = told.Sequence;
        switch (told)
        {
            case PytestSessionStarted started:
                Started = started;
                break;
            case PytestIdsCollected collected:
                _listed += collected.Ids.Count;
                break;
            case PytestCollected collected:
                Collected = collected;
                break;
            case PytestInterrupted interrupted:
                Interrupted = interrupted;
                break;
            case PytestInternalError error:
                InternalError = error;
                break;
            case PytestSessionFinished finished:
                Finished = finished;
                break;
        }

        return true;
    }

    internal void Saw(string id) => _seen.Add(id);

    internal void Ended(PytestTestFinished report)
    {
        if (report.Status is PytestStatus.Failed or PytestStatus.Broken && report.Outcome is not PytestOutcome.Rerun)
        {
            _bad.Add(report.Id);
        }
    }
}
