using Orbit.Agent.Care;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Link;

/// <summary>Tells the control plane what was found on the host, in the session that is open. Without one it asks again some day.</summary>
internal sealed class CheckReport(LatestMessage message)
{
    private const int LongestText = 500;

    /// <summary>Sends it.</summary>
    public void Say(IReadOnlyList<HostFinding> findings) => message.SayNow(new()
    {
        Check = new AgentCheckReport
        {
            Findings = { findings.Select(one => new AgentCheckFinding { Name = one.Name, Ok = one.Ok, Text = one.Text.Length <= LongestText ? one.Text : one.Text[..LongestText] }) },
        },
    });
}
