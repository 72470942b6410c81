using System.Collections.Concurrent;
using Orbit.Cli.Output;
using Orbit.Contracts.V1;
using Spectre.Console;

namespace Orbit.Cli.Watching;

/// <summary>
/// A calm picture that is redrawn in place: steps with durations, one line of tests. What should stay – failing tests, notes –
/// is printed above it. Drawn only when a line changed, at most four times a second.
/// </summary>
internal sealed class LiveRunView(Shell shell, Report report, RunPicture picture) : IRunView
{
    private static readonly TimeSpan DrawEvery = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly ConcurrentQueue<Span[]> _above = new();
    private readonly HashSet<string> _shownEarly = [];
    private string _lostServer = "";
    private string _drawn = "";

    public async Task WhileAsync(Func<Task> follow)
    {
        IAnsiConsole terminal = report.Terminal();
        await terminal.Live(new Text("")).StartAsync(async live =>
        {
            Task following = follow();
            while (!following.IsCompleted)
            {
                Draw(terminal, live);
                await Task.WhenAny(following, Task.Delay(DrawEvery, shell.Clock));
            }

            Draw(terminal, live);
            await following;
        });
    }

    public void Show(RunEvent change)
    {
        if (change.Type is RunEventType.TestFinished or RunEventType.Note or RunEventType.CancelRequested or RunEventType.ContactRestored)
        {
            foreach (Span[] line in EventWords.Lines(change, picture, everyTest: false))
            {
                _above.Enqueue(line);
            }
        }
    }

    public void ShowEarlierFailure(TestResult test)
    {
        if (_shownEarly.Add(test.Id))
        {
            _above.Enqueue(EventWords.Test(test));
        }
    }

    public void LostServer(string why)
    {
        lock (_gate)
        {
            _lostServer = why;
        }
    }

    public void FoundServer() => LostServer("");

    public void End()
    {
        report.Line([.. EventWords.Verdict(picture.Run)]);
        RunPage.Outcome(report, picture.Run);
    }

    public void Leave(string why) => report.Line(new Span(why, Tone.Care));

    private void Draw(IAnsiConsole terminal, LiveDisplayContext live)
    {
        while (_above.TryDequeue(out Span[]? line))
        {
            // One write with its line end: between two, the picture would be drawn right behind the text.
            terminal.Write(new Rows(Rendered(line, cut: false)));
        }

        List<Span[]> lines;
        lock (picture.Gate)
        {
            lines = Lines();
        }

        string now = string.Join('\n', lines.Select(line => string.Concat(line.Select(span => span.Text))));
        if (now != _drawn)
        {
            _drawn = now;
            live.UpdateTarget(new Rows(lines.Select(line => Rendered(line, cut: true))));
        }
    }

    // A line of the picture must stay one line, or the redrawing counts wrong.
    private Paragraph Rendered(Span[] line, bool cut)
    {
        int room = cut ? Math.Max(20, shell.Width()) - 1 : int.MaxValue;
        var paragraph = new Paragraph { Overflow = Overflow.Ellipsis };
        foreach (Span span in line)
        {
            string text = CleanText.Line(span.Text);
            text = text.Length <= room ? text : string.Concat(text.AsSpan(0, Math.Max(0, room - 1)), "…");
            room -= text.Length;
            if (text.Length > 0 && room >= 0)
            {
                paragraph.Append(text, Report.Style(span.Tone));
            }
        }

        return paragraph;
    }

    private List<Span[]> Lines()
    {
        Run run = picture.Run;
        if (run.Id == 0)
        {
            return []; // the first word of the server is still under way
        }

        List<Span[]> lines = [[new(RunWords.Title(run), Tone.Strong), $"  {EnumWords.Of(run.Status)}"]];
        lines.AddRange(run.Steps.Select(StepLine));
        if (run.Summary is { Total: > 0 } summary)
        {
            lines.Add(TestLine(summary));
        }

        if (run.WaitingReason.Length > 0 && !picture.HasEnded)
        {
            lines.Add([new(run.WaitingReason, Tone.Faint)]);
        }

        if (picture.AgentSilence is { } silence)
        {
            lines.Add([new(RunWords.LostAgent(run.Agent, silence), Tone.Care)]);
        }

        lock (_gate)
        {
            if (_lostServer.Length > 0)
            {
                lines.Add([new($"{_lostServer}; trying again", Tone.Care)]);
            }
        }

        return lines;
    }

    private Span[] StepLine(Step step)
    {
        string mark = step.Status switch
        {
            StepStatus.Succeeded => "✓",
            StepStatus.Failed => "✗",
            StepStatus.Running => "▸",
            StepStatus.Skipped => "-",
            StepStatus.Cancelled or StepStatus.Unknown => "?",
            _ => "·",
        };
        string time = step switch
        {
            { DurationMs: > 0 } => Durations.Words(step.DurationMs),
            { Status: StepStatus.Running, StartedAt: { } since } => Durations.Growing(picture.ServerNow - since.ToDateTimeOffset()),
            _ => "",
        };
        string words = step.Error.Length > 0 ? RunPage.StepError(step) : step.Status is StepStatus.Running ? picture.Progress : "";
        return [new($"  {mark} {step.Name,-9}", Tones.Of(step.Status)), new($"{time,12}  ", Tone.Faint), words];
    }

    private Span[] TestLine(TestSummary summary)
    {
        const int Cells = 20;
        int done = Math.Min(summary.Total, summary.Total - summary.NotRun);
        int ended = Math.Min(done, summary.Passed + summary.Failed + summary.Broken + summary.Skipped + summary.Interrupted + summary.Unknown);
        int filled = (int)((long)Cells * ended / summary.Total);
        int bad = summary.Failed + summary.Broken + summary.Interrupted;
        return
        [
            "  ", new(new string('━', filled), bad > 0 ? Tone.Bad : Tone.Good), new(new string('─', Cells - filled), Tone.Faint),
            $" {ended}/{summary.Total}  ", new($"{summary.Passed} passed", Tone.Good), "  ",
            new($"{bad} failed", bad > 0 ? Tone.Bad : Tone.Faint), new($"  {summary.Skipped} skipped  ", Tone.Faint), new(picture.CurrentTest, Tone.Faint),
        ];
    }
}
