using System.Globalization;
using System.Text;
using Orbit.ControlPlane.Outbox;
using Orbit.ControlPlane.Runs;

namespace Orbit.ControlPlane.Notifications.Mails;

/// <summary>What mails begin their links with, and say they come from.</summary>
internal sealed record MailPlace(string Project, string PublicUrl);

/// <summary>The mail about the end of a run, or about what its gate decided.</summary>
internal sealed class RunMail
{
    /// <summary>Name of the donut inside the mail.</summary>
    public const string DonutId = "donut";

    private readonly RunFacts _facts;
    private readonly MailWords _words;
    private readonly MailPlace _place;

    public RunMail(RunFacts facts, string language, MailPlace place) => (_facts, _words, _place) = (facts, MailWords.Of(language), place);

    /// <summary>Subject line: verdict first, so that a list of mails can be read at a glance.</summary>
    public string Subject
    {
        get
        {
            Run run = _facts.Run;
            string build = run.BuildNumber.Length == 0 ? "" : $" #{run.BuildNumber}";
            string numbers = run.Tests.Total == 0 ? "" : $" ({run.Tests.Passed}/{run.Tests.Total})";
            return $"[{_place.Project}] {run.TestItemName}{build}: {Verdict}{numbers}{GateInSubject}";
        }
    }

    /// <summary>Text, HTML and picture.</summary>
    public MailBody Body() => _facts.Run.Tests.Total == 0
        ? new(Text(), Html.Write(this), [])
        : new(Text(), Html.Write(this), [new MailImage(DonutId, DonutPng.Draw(Parts()))]);

    internal RunFacts Facts => _facts;

    internal MailWords Words => _words;

    internal MailPlace Place => _place;

    internal string Verdict => _facts.Run.Verdict is { } verdict ? _words.Verdicts[verdict] : "";

    /// <summary>Where the gate stands, after a comma; empty without one and where it was passed over.</summary>
    internal string GateInSubject => _facts.Gate is { State: not GateState.Skipped } gate
        ? ", " + string.Format(CultureInfo.InvariantCulture, _words.GateSays, _words.Gates[gate.State])
        : "";

    internal string RunUrl => $"{_place.PublicUrl}/runs/{_facts.Run.Id.ToString(CultureInfo.InvariantCulture)}";

    internal string ReportUrl => _facts.Run.HasReport ? $"{_place.PublicUrl}/reports/{_facts.Run.Id.ToString(CultureInfo.InvariantCulture)}/" : "";

    internal string PassRate => _facts.PassRate is { } rate ? rate.ToString(rate is 100 ? "0" : "0.0", CultureInfo.InvariantCulture) + " %" : "";

    internal string Total => string.Format(CultureInfo.InvariantCulture, _words.Total, _facts.Run.Tests.Total);

    internal string Footer => string.Format(CultureInfo.InvariantCulture, _words.Footer, _place.Project, $"{_place.PublicUrl}/");

    /// <summary>Numbers by outcome, those that are not zero, in their colours.</summary>
    internal IEnumerable<(TestOutcome Outcome, int Count, int Colour)> Counts()
    {
        TestCounts tests = _facts.Run.Tests;
        (TestOutcome, int, int)[] all =
        [
            (TestOutcome.Passed, tests.Passed, 0x2da44e),
            (TestOutcome.Failed, tests.Failed, 0xcf222e),
            (TestOutcome.Broken, tests.Broken, 0xd4a72c),
            (TestOutcome.Interrupted, tests.Interrupted, 0x8250df),
            (TestOutcome.Skipped, tests.Skipped, 0x8c959f),
            (TestOutcome.NotRun, tests.NotRun, 0xafb8c1),
            (TestOutcome.Unknown, tests.Unknown, 0x57606a),
        ];
        return all.Where(c => c.Item2 > 0);
    }

    /// <summary>Name and value of what is to be known of the run, without empty ones.</summary>
    internal IEnumerable<(string Name, string Value)> Rows()
    {
        Run run = _facts.Run;
        (string, string)[] all =
        [
            (_words.Gate, GateIsBad ? "" : GateText),
            (_words.Job, run.JobName),
            (_words.Build, run.BuildNumber),
            (_words.BuiltBy, _facts.Build?.BuildUser ?? ""),
            (_words.Package, _facts.Build?.PackagePath ?? ""),
            (_words.Host, run.AgentName),
            (_words.RequestedBy, run.RequestedBy),
            (_words.Attempt, run.Attempt > 1 ? run.Attempt.ToString(CultureInfo.InvariantCulture) : ""),
            (_words.Began, Time(run.StartedAt)),
            (_words.Ended, Time(run.FinishedAt)),
            (_words.Duration, _facts.Duration is { } took ? Spoken(took) : ""),
        ];
        return all.Where(row => row.Item2.Length > 0);
    }

    /// <summary>What went wrong, by name and value; nothing for a run that went well.</summary>
    internal IEnumerable<(string Name, string Value)> Troubles()
    {
        Run run = _facts.Run;
        (string, string)[] all =
        [
            (_words.FailedStep, _facts.FailedStep?.Name ?? ""),
            (_words.Error, run.Error),
            (_words.Gate, GateIsBad ? GateText : ""),
            (_words.HostState, run.Error.Length > 0 && _facts.HostState != run.Error ? _facts.HostState : ""),
        ];
        return all.Where(row => row.Item2.Length > 0);
    }

    internal bool GateIsBad => _facts.Gate?.State is GateState.Failed or GateState.Broken or GateState.Stopped;

    private string GateText => _facts.Gate is not { } gate ? "" : gate.Reason.Length == 0 ? _words.Gates[gate.State] : $"{_words.Gates[gate.State]}: {gate.Reason}";

    /// <summary>How it compares with the run before; empty without one.</summary>
    internal string Comparison()
    {
        if (_facts.Previous is not { } before)
        {
            return "";
        }

        var parts = new List<string>();
        if (_facts.NewlyFailing > 0)
        {
            parts.Add(string.Format(CultureInfo.InvariantCulture, _words.NewlyFailing, _facts.NewlyFailing));
        }

        if (_facts.Mended > 0)
        {
            parts.Add(string.Format(CultureInfo.InvariantCulture, _words.Mended, _facts.Mended));
        }

        parts.Add(string.Format(CultureInfo.InvariantCulture, _words.Before, before.Id, _words.Verdicts[before.Verdict]));
        return string.Join(" · ", parts);
    }

    internal string MoreTests() => _facts.FailedInAll > _facts.Failed.Count
        ? string.Format(CultureInfo.InvariantCulture, _words.More, _facts.FailedInAll - _facts.Failed.Count)
        : "";

    private List<DonutPart> Parts() => [.. Counts().Select(c => new DonutPart(c.Count, c.Colour))];

    private string Text()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{_words.Run} {_facts.Run.Id} · {_facts.Run.TestItemName}: {Verdict}{GateInSubject}\n\n");
        if (_facts.Run.Tests.Total > 0)
        {
            text.AppendJoin(", ", Counts().Select(c => $"{c.Count} {_words.Outcomes[c.Outcome]}")).Append(CultureInfo.InvariantCulture, $" ({Total})\n");
            text.Append(CultureInfo.InvariantCulture, $"{_words.PassRate}: {PassRate}\n");
        }

        text.Append(Comparison()).Append("\n\n");
        foreach ((string name, string value) in Troubles().Concat(Rows()))
        {
            text.Append(CultureInfo.InvariantCulture, $"{name}: {value}\n");
        }

        foreach (FailedTest test in _facts.Failed)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n- {test.Id} [{_words.Outcomes[test.Outcome]}{(test.IsNew ? ", " + _words.New : "")}]\n");
            text.Append(test.Message.Length == 0 ? "" : "    " + test.Message.Replace("\n", "\n    ", StringComparison.Ordinal) + "\n");
        }

        text.Append(MoreTests().Length == 0 ? "" : $"\n{MoreTests()}\n");
        text.Append(_facts.LogEnd.Length == 0 ? "" : $"\n{_words.LogEnd}:\n{_facts.LogEnd}\n");
        text.Append(CultureInfo.InvariantCulture, $"\n{_words.OpenRun}: {RunUrl}\n");
        text.Append(ReportUrl.Length == 0 ? "" : $"{_words.OpenReport}: {ReportUrl}\n");
        return text.Append(CultureInfo.InvariantCulture, $"\n-- \n{Footer}\n").ToString();
    }

    private static string Time(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture) ?? "";

    private static string Spoken(TimeSpan time) =>
        time.TotalHours >= 1 ? $"{(int)time.TotalHours} h {time.Minutes} min"
        : time.TotalMinutes >= 1 ? $"{time.Minutes} min {time.Seconds} s"
        : time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + " s";
}
