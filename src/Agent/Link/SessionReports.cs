using Orbit.Contracts.V1;

namespace Orbit.Agent.Link;

/// <summary>What is told of the host beside its work. Each is sent only to a server that wants it.</summary>
internal sealed class SessionReports
{
    private readonly LatestMessage _installed = new();
    private readonly LatestMessage _upgrade = new();
    private readonly LatestMessage _check = new();

    /// <summary>Without a session as yet.</summary>
    public SessionReports()
    {
        Installed = new(_installed);
        Upgrade = new(_upgrade);
        Check = new(_check);
    }

    /// <summary>What is installed on the host.</summary>
    public InstalledReport Installed { get; }

    /// <summary>How an upgrade goes.</summary>
    public UpgradeReport Upgrade { get; }

    /// <summary>What was found on the host. Sent only as the answer to a server that asked.</summary>
    public CheckReport Check { get; }

    /// <summary>A session has begun.</summary>
    public void Attach(Welcome welcome, ISessionSender session)
    {
        _check.Attach(session);
        if (welcome.WantsInstalled)
        {
            _installed.Attach(session);
        }

        if (welcome.WantsUpgradeReports)
        {
            _upgrade.Attach(session);
        }
    }

    /// <summary>The session has ended.</summary>
    public void Detach()
    {
        _installed.Detach();
        _upgrade.Detach();
        _check.Detach();
    }
}
