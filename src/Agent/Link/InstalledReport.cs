using Orbit.Contracts.V1;

namespace Orbit.Agent.Link;

/// <summary>Tells the control plane what is installed on this host: when a session begins, and when something has changed.</summary>
internal sealed class InstalledReport
{
    private readonly Lock _gate = new();
    private ISessionSender? _session;
    private InstalledServices? _latest;

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

    /// <summary>What is installed now. Nothing is sent when it is as before.</summary>
    public void Update(InstalledServices installed)
    {
        lock (_gate)
        {
            if (!installed.Equals(_latest))
            {
                _latest = installed;
                Send();
            }
        }
    }

    private void Send()
    {
        if (_latest is not null)
        {
            _session?.Send(new() { Installed = _latest });
        }
    }
}
