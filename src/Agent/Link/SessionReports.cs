using Orbit.Contracts.V1;

namespace Orbit.Agent.Link;

/// <summary>What is told of the host beside its work. Each is sent only to a server that wants it.</summary>
internal sealed class SessionReports
{
    /// <summary>What is installed on the host.</summary>
    public InstalledReport Installed { get; } = new();

    /// <summary>How an upgrade goes.</summary>
    public UpgradeReport Upgrade { get; } = new();

    /// <summary>A session has begun.</summary>
    public void Attach(Welcome welcome, ISessionSender session)
    {
        if (welcome.WantsInstalled)
        {
            Installed.Attach(session);
        }

        if (welcome.WantsUpgradeReports)
        {
            Upgrade.Attach(session);
        }
    }

    /// <summary>The session has ended.</summary>
    public void Detach()
    {
        Installed.Detach();
        Upgrade.Detach();
    }
}
