using Microsoft.Extensions.Logging;
using Orbit.Agent.Link;
using Orbit.Agent.Plans;

namespace Orbit.Agent.Upgrades;

/// <summary>
/// Brings this agent to the version that the control plane wants: fetches, checks, tries, lets API tests end, and hands over. Deploy tests are not
/// waited for: their processes live on and the next program takes them up, as after any restart.
/// </summary>
internal sealed class Upgrader(
    InstalledProgram program, Handover handover, ControlPlanePackages source, AssignmentBook book, UpgradeReport reporter, TimeProvider time, ILogger<Upgrader> logger)
{
    private const int Tries = 5;
    private static readonly TimeSpan ApiPatience = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(200);
    private readonly Lock _gate = new();
    private readonly WakeUp _wake = new();
    private UpgradeWish? _wish;
    private (UpgradeWish Wish, string Next)? _prepared;

    /// <summary>The control plane wants another version. Saying the same again changes nothing.</summary>
    public void Want(UpgradeWish wish)
    {
        lock (_gate)
        {
            if (_wish is { } known && known.Upgrade == wish.Upgrade && known.Attempt == wish.Attempt)
            {
                return;
            }

            _wish = wish;
        }

        handover.ForgetOutcome();
        _wake.Set();
    }

    /// <summary>Runs until the next program is ready to take over, or <paramref name="leave"/> fires.</summary>
    public async Task RunAsync(CancellationToken leave)
    {
        handover.TakeUpAgain();
        if (handover.Outcome() is { } outcome)
        {
            reporter.Say(outcome);
        }

        try
        {
            while (_prepared is null)
            {
                await _wake.WaitAsync(leave);
                await PrepareAsync(_wish!, leave);
            }
        }
        catch (OperationCanceledException) when (leave.IsCancellationRequested)
        {
            // the agent leaves for another reason
        }
    }

    /// <summary>Hands over, if there is something to hand over to. The last thing that this process does.</summary>
    public void HandOver()
    {
        if (_prepared is not var (wish, next))
        {
            return;
        }

        try
        {
            handover.Switch(wish, next);
        }
        catch (Exception cannot) when (cannot is IOException or UnauthorizedAccessException or System.ComponentModel.Win32Exception)
        {
            logger.UpgradeFailed(wish.Version, cannot.Message); // it is started again as it is, and the control plane sees that it is the same
        }
    }

    private async Task PrepareAsync(UpgradeWish wish, CancellationToken leave)
    {
        logger.UpgradeWanted(wish.Version, wish.Upgrade, wish.Attempt);
        try
        {
            if (program.System.Length == 0)
            {
                throw new UpgradeException("This agent was not installed by the install script, or nothing starts it again when it ends.");
            }

            Say(wish, "fetches the package");
            string work = NextProgram.MakeRoom(program, wish.Size);
            string archive = Path.Combine(work, "agent.tar.gz");
            await FetchAsync(wish, archive, leave);
            Say(wish, "unpacks and tries the new program");
            string next = await NextProgram.UnpackAsync(archive, wish.Sha256, work, leave);
            book.Readiness.Upgrading = true;
            reporter.TakesNoMore();
            await ApiTestsAsync(wish, leave);
            Say(wish, "hands over to the new program");
            logger.HandsOver(wish.Version);
            _prepared = (wish, next);
        }
        catch (Exception failed) when (failed is UpgradeException or IOException or UnauthorizedAccessException)
        {
            book.Readiness.Upgrading = false;
            logger.UpgradeFailed(wish.Version, failed.Message);
            reporter.Say(new UpgradeNews(wish.Upgrade, wish.Attempt, Failed: true, failed.Message));
        }
    }

    private async Task FetchAsync(UpgradeWish wish, string archive, CancellationToken leave)
    {
        for (int attempt = 1; ; attempt++)
        {
            string? problem = await source.FetchAsync(wish.Path, archive, wish.Sha256, wish.Size, leave);
            if (problem is null)
            {
                return;
            }

            if (attempt == Tries)
            {
                throw new UpgradeException($"The package could not be fetched in {Tries} attempts: {problem}");
            }

            TimeSpan wait = TimeSpan.FromSeconds(Math.Pow(2, attempt));
            logger.FetchFailed(problem, wait);
            await Task.Delay(wait, time, leave);
        }
    }

    /// <summary>Requests of API tests are this process's own: they end with it, so they may end first. Nothing new is taken meanwhile.</summary>
    private async Task ApiTestsAsync(UpgradeWish wish, CancellationToken leave)
    {
        long begun = time.GetTimestamp();
        bool said = false;
        while (book.Open.Any(a => !a.Ended && !a.IsDeploy) && time.GetElapsedTime(begun) < ApiPatience)
        {
            if (!said)
            {
                Say(wish, "waits for API tests that run");
                said = true;
            }

            await Task.Delay(LookAgain, time, leave);
        }
    }

    private void Say(UpgradeWish wish, string text) => reporter.Say(new UpgradeNews(wish.Upgrade, wish.Attempt, Failed: false, text));
}
