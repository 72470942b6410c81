using Orbit.Cli.Output;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Watching;

/// <summary>One JSON line an event, as REST streams them; words about the connection go to standard error.</summary>
internal sealed class JsonRunView(Shell shell) : IRunView
{
    public Task WhileAsync(Func<Task> follow) => follow();

    public void Show(RunEvent change)
    {
        if (change.Type is not RunEventType.Heartbeat)
        {
            shell.Output.WriteLine(WireJson.Line(change));
        }
    }

    public void ShowEarlierFailure(TestResult test)
    {
        // The snapshot's numbers stand for them; `orbit tests RUN --json` lists them.
    }

    public void LostServer(string why) => shell.Error.WriteLine($"orbit: {CleanText.Line(why)}; trying again");

    public void FoundServer() => shell.Error.WriteLine("orbit: the server is back");

    public void End()
    {
        // The last event said it.
    }

    public void Leave(string why) => shell.Error.WriteLine($"orbit: {CleanText.Line(why)}");
}
