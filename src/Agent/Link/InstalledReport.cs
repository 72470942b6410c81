using Orbit.Contracts.V1;

namespace Orbit.Agent.Link;

/// <summary>Tells the control plane what is installed on this host: when a session begins, and when something has changed.</summary>
internal sealed class InstalledReport(LatestMessage message)
{
    /// <summary>What is installed now. Nothing is sent when it is as before.</summary>
    public void Update(InstalledServices installed) => message.SayChanged(new() { Installed = installed });
}
