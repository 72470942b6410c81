using Orbit.Agent.Upgrades;

namespace Orbit.Agent.Link;

/// <summary>Tells the control plane how an upgrade goes: the newest word at once, and again when a session begins.</summary>
internal sealed class UpgradeReport(LatestMessage message)
{
    private const int LongestText = 1000;

    /// <summary>Now, or at the beginning of the next session.</summary>
    public void Say(UpgradeNews news) => message.Say(new()
    {
        Upgrade = new()
        {
            UpgradeId = news.Upgrade,
            Attempt = news.Attempt,
            Failed = news.Failed,
            Text = news.Text.Length <= LongestText ? news.Text : news.Text[..LongestText],
        },
    });

    /// <summary>No more work is to be offered in this session.</summary>
    public void TakesNoMore() => message.SayNow(new() { Draining = new() });
}
