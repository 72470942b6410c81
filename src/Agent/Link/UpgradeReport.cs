using Orbit.Agent.Upgrades;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Link;

/// <summary>Tells the control plane how an upgrade goes: the newest word at once, and again when a session begins.</summary>
internal sealed class UpgradeReport
{
    private const int LongestText = 1000;
    private readonly Lock _gate = new();
    private ISessionSender? _session;
    private UpgradeNews? _latest;

    /// <summary>A session has begun with a server that wants to know.</summary>
    public void Attach(ISessionSender session)
    {
        lock (_gate)
        {
            _session = session;
            Send();
        }
    }

    /// <summary>The session has ended.</summary>
    public void Detach()
    {
        lock (_gate)
        {
            _session = null;
        }
    }

    /// <summary>Now, or at the beginning of the next session.</summary>
    public void Say(UpgradeNews news)
    {
        lock (_gate)
        {
            _latest = news;
            Send();
        }
    }

    /// <summary>No more work is to be offered in this session.</summary>
    public void TakesNoMore()
    {
        lock (_gate)
        {
            _session?.Send(new() { Draining = new() });
        }
    }

    private void Send()
    {
        if (_latest is { } news)
        {
            _session?.Send(new()
            {
                Upgrade = new AgentUpgradeReport
                {
                    UpgradeId = news.Upgrade,
                    Attempt = news.Attempt,
                    Failed = news.Failed,
                    Text = news.Text.Length <= LongestText ? news.Text : news.Text[..LongestText],
                },
            });
        }
    }
}
