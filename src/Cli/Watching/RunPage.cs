using Orbit.Cli.Output;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Watching;

/// <summary>One run as a page of lines.</summary>
internal static class RunPage
{
    public static void Write(Report report, Run run)
    {
        report.Line(new Span(RunWords.Title(run), Tone.Strong));
        report.Fact("status", EnumWords.Of(run.Status));
        report.Fact("verdict", new(EnumWords.Of(run.Verdict), Tones.Of(run.Verdict)));
        report.Fact("waiting", run.WaitingReason);
        report.Fact("asked for by", run.RequestedBy);
        report.Fact("created", Durations.Moment(run.CreatedAt));
        report.Fact("started", Durations.Moment(run.StartedAt));
        report.Fact("finished", Durations.Moment(run.FinishedAt));
        report.Fact("no word since", new(Durations.Moment(run.ContactLostSince), Tone.Care));
        report.Fact("cancel", run.CancelRequested && !RunWords.HasEnded(run.Status) ? "asked for" : "");
        Outcome(report, run);
        if (run.Steps.Count > 0)
        {
            report.Columns(["STEP", "STATUS", "TIME", "EXIT", "ERROR"], [.. run.Steps.Select(Row)]);
        }

        if (run.Attempts.Count > 1)
        {
            report.Columns(
                ["ATTEMPT", "KIND", "VERDICT", "AGENT", "REASON"],
                [.. run.Attempts.Select(attempt => new Span[]
                {
                    $"{attempt.Number}", attempt.Kind, new(EnumWords.Of(attempt.Verdict), Tones.Of(attempt.Verdict)), attempt.Agent, attempt.Reason,
                })]);
        }
    }

    /// <summary>What came of it: error, numbers, report.</summary>
    public static void Outcome(Report report, Run run)
    {
        string failureClass = EnumWords.Of(run.FailureClass);
        report.Fact("error", new(failureClass.Length > 0 && run.Error.Length > 0 ? $"{run.Error} ({failureClass})" : run.Error, Tone.Bad));
        if (run.Summary is { Total: > 0 } summary)
        {
            report.Line([new("tests".PadRight(14), Tone.Faint), .. RunWords.Numbers(summary)]);
        }

        report.Fact("report", run.ReportUrl);
        report.Fact("report note", new(run.ReportNote, Tone.Care));
    }

    private static Span[] Row(Step step) =>
    [
        step.Name, new(EnumWords.Of(step.Status), Tones.Of(step.Status)),
        step.DurationMs > 0 ? Durations.Words(step.DurationMs) : "", step.HasExitCode ? $"{step.ExitCode}" : "", StepError(step),
    ];

    public static string StepError(Step step) => step.Reason.Length > 0 ? $"{step.Error} ({step.Reason})" : step.Error;
}
