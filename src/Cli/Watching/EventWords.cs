using Orbit.Cli.Output;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Watching;

/// <summary>Events as lines for people.</summary>
internal static class EventWords
{
    /// <param name="change">The event.</param>
    /// <param name="picture">The run after it.</param>
    /// <param name="everyTest">False leaves out the tests that passed.</param>
    public static IEnumerable<Span[]> Lines(RunEvent change, RunPicture picture, bool everyTest)
    {
        switch (change.Type)
        {
            case RunEventType.Snapshot:
                yield return [new(RunWords.Title(picture.Run), Tone.Strong), $" {EnumWords.Of(picture.Run.Status)}"];
                foreach (Step step in picture.Run.Steps.Where(step => step.Status is not (StepStatus.Pending or StepStatus.Unspecified)))
                {
                    yield return Step(step);
                }

                if (picture.Run.WaitingReason.Length > 0)
                {
                    yield return [Head("waiting"), picture.Run.WaitingReason];
                }

                break;
            case RunEventType.Queued:
                yield return [Head("queued"), change.Text.Length > 0 ? change.Text : $"attempt {change.Attempt}"];
                break;
            case RunEventType.Accepted:
                yield return [Head("accepted"), $"by {change.Agent}"];
                break;
            case RunEventType.Status:
                yield return [Head("status"), EnumWords.Of(change.Status)];
                break;
            case RunEventType.StepStarted or RunEventType.StepFinished when change.Step is { } step:
                yield return Step(step);
                break;
            case RunEventType.Progress:
                yield return [Head(change.Step?.Name ?? "progress"), change.Text];
                break;
            case RunEventType.TestsCollected:
                yield return [Head("tests"), $"{change.Summary?.Total ?? 0} collected"];
                break;
            case RunEventType.TestFinished when change.Test is { } test && (everyTest || Tones.Of(test.Outcome) is Tone.Bad):
                yield return Test(test);
                break;
            case RunEventType.CancelRequested:
                yield return [new("cancel".PadRight(10), Tone.Care), change.Text.Length > 0 ? change.Text : "asked for"];
                break;
            case RunEventType.ContactRestored:
                yield return [new("contact".PadRight(10), Tone.Good), $"{(change.Agent.Length > 0 ? change.Agent : "the agent")} is back"];
                break;
            case RunEventType.ReportReady:
                yield return [Head("report"), change.ReportUrl];
                break;
            case RunEventType.Note:
                yield return [Head("note"), change.Text];
                break;
            case RunEventType.AttemptFinished when change.AttemptState is { } attempt:
                Verdict verdict = change.Verdict is Contracts.V1.Verdict.Unspecified ? attempt.Verdict : change.Verdict;
                yield return [Head("attempt"), $"{attempt.Number} ended: ", new(EnumWords.Of(verdict), Tones.Of(verdict))];
                break;
        }
    }

    /// <summary><c>FAILED  tests/test_a.py::test_b  0.4 s  assert 1 == 2</c>.</summary>
    public static Span[] Test(TestResult test)
    {
        var line = new List<Span>
        {
            new(EnumWords.Of(test.Outcome).PadRight(12), Tones.Of(test.Outcome)), test.Id, new($"  {Durations.Words(test.DurationMs)}", Tone.Faint),
        };
        if (test.Message.Length > 0)
        {
            line.Add($"  {CleanText.FirstLine(test.Message)}");
        }

        return [.. line];
    }

    /// <summary>The last line of a watch.</summary>
    public static IEnumerable<Span> Verdict(Run run)
    {
        string word = EnumWords.Of(run.Verdict);
        yield return new(word.Length > 0 ? word : EnumWords.Of(run.Status), Tones.Of(run.Verdict));
        yield return $"  {RunWords.Title(run)}";
    }

    public static Span[] Step(Step step)
    {
        var line = new List<Span> { Head(step.Name), new(EnumWords.Of(step.Status), Tones.Of(step.Status)) };
        if (step.DurationMs > 0)
        {
            line.Add(new($" in {Durations.Words(step.DurationMs)}", Tone.Faint));
        }

        if (step.HasExitCode && step.ExitCode != 0)
        {
            line.Add($", exit code {step.ExitCode}");
        }

        if (step.Error.Length > 0)
        {
            line.Add(new($": {RunPage.StepError(step)}", step.Status is StepStatus.Failed ? Tone.Bad : Tone.Plain));
        }

        return [.. line];
    }

    private static Span Head(string text) => new(text.PadRight(10), Tone.Faint);
}
