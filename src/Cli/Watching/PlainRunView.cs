using Orbit.Cli.Output;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Watching;

/// <summary>One line an event, for logs of CI and for pipes: nothing moves, nothing is taken back.</summary>
internal sealed class PlainRunView(Shell shell, Report report, RunPicture picture) : IRunView
{
    private static readonly TimeSpan RepeatSilenceEvery = TimeSpan.FromSeconds(60);

    private readonly HashSet<string> _shownEarly = [];
    private TimeSpan? _saidSilence;

    public Task WhileAsync(Func<Task> follow) => follow();

    public void Show(RunEvent change)
    {
        foreach (Span[] line in EventWords.Lines(change, picture, everyTest: true))
        {
            report.Line(line);
        }

        // Heartbeats keep coming while the agent is silent; they are the moments to say so again.
        if (picture.AgentSilence is not { } silence)
        {
            _saidSilence = null;
        }
        else if (_saidSilence is not { } said || silence - said > RepeatSilenceEvery)
        {
            _saidSilence = silence;
            report.Line(new Span(RunWords.LostAgent(picture.Run.Agent, silence), Tone.Care));
        }
    }

    public void ShowEarlierFailure(TestResult test)
    {
        if (_shownEarly.Add(test.Id))
        {
            report.Line(EventWords.Test(test));
        }
    }

    public void LostServer(string why) => shell.Error.WriteLine($"orbit: {CleanText.Line(why)}; trying again");

    public void FoundServer() => shell.Error.WriteLine("orbit: the server is back");

    public void End()
    {
        report.Line([.. EventWords.Verdict(picture.Run)]);
        RunPage.Outcome(report, picture.Run);
    }

    public void Leave(string why) => shell.Error.WriteLine($"orbit: {CleanText.Line(why)}");
}
