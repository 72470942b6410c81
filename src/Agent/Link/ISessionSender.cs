using Orbit.Contracts.V1;

namespace Orbit.Agent.Link;

/// <summary>Sends control messages on one session.</summary>
internal interface ISessionSender
{
    /// <summary>Puts a message in line. When the session has ended it is dropped: what matters is found again in the next session.</summary>
    void Send(AgentMessage message);
}
