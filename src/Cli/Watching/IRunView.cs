using Orbit.Contracts.V1;

namespace Orbit.Cli.Watching;

/// <summary>A way to show a run while it happens: live in a terminal, as plain lines, as JSON lines.</summary>
internal interface IRunView
{
    /// <summary>Shows while <paramref name="follow"/> runs, and ends with it.</summary>
    Task WhileAsync(Func<Task> follow);

    /// <summary>Something happened; the picture has it already. Never called twice for one event.</summary>
    void Show(RunEvent change);

    /// <summary>A test of before this watch began that did not pass.</summary>
    void ShowEarlierFailure(TestResult test);

    /// <summary>The server cannot be reached; it is tried again.</summary>
    void LostServer(string why);

    void FoundServer();

    /// <summary>The run has ended.</summary>
    void End();

    /// <summary>Watching stops although the run has not ended.</summary>
    void Leave(string why);
}
