using Orbit.Contracts.V1;

namespace Orbit.Agent.Link;

/// <summary>A message of which only the newest counts: sent at once where a session wants it, and again when a session begins.</summary>
internal sealed class LatestMessage
{
    private readonly Lock _gate = new();
    private ISessionSender? _session;
    private AgentMessage? _latest;

    /// <summary>A session has begun with a server that wants to know.</summary>
    public void Attach(ISessionSender session)
    {
        lock (_gate)
        {
            _session = session;
            if (_latest is not null)
            {
                session.Send(_latest);
            }
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
    public void Say(AgentMessage message)
    {
        lock (_gate)
        {
            _latest = message;
            _session?.Send(message);
        }
    }

    /// <summary>As <see cref="Say"/>, unless the newest message is the same.</summary>
    public void SayChanged(AgentMessage message)
    {
        lock (_gate)
        {
            if (!message.Equals(_latest))
            {
                _latest = message;
                _session?.Send(message);
            }
        }
    }

    /// <summary>In this session or never.</summary>
    public void SayNow(AgentMessage message)
    {
        lock (_gate)
        {
            _session?.Send(message);
        }
    }
}
