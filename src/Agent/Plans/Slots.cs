namespace Orbit.Agent.Plans;

/// <summary>
/// How much may run at a time. Deploy tests and API work are counted apart, so that a test of three hours does not hold up requests;
/// of two plans for one service only one is here at a time. Not safe for several callers; the book's lock guards it.
/// </summary>
/// <param name="deploy">Deploy tests at a time, 1 to 64.</param>
/// <param name="api">API tests and no-ops at a time, 0 to 1024.</param>
internal sealed class Slots(int deploy, int api)
{
    private readonly HashSet<Guid> _deploys = [];
    private readonly HashSet<Guid> _apis = [];
    private readonly Dictionary<string, Guid> _services = [];

    /// <summary>Deploy tests at a time.</summary>
    public int Deploy => deploy;

    /// <summary>API tests and no-ops at a time.</summary>
    public int Api => api;

    /// <summary>Takes a place. Taking it again for the same assignment succeeds.</summary>
    /// <param name="assignment">Who asks.</param>
    /// <param name="isDeploy">Which kind of place.</param>
    /// <param name="service">Service that it changes; empty for none.</param>
    /// <param name="refusal">Why there is none: a reason code of DeclineOffer; empty when it was taken.</param>
    public bool TryTake(Guid assignment, bool isDeploy, string service, out string refusal)
    {
        HashSet<Guid> places = isDeploy ? _deploys : _apis;
        refusal = "";
        if (places.Contains(assignment))
        {
            return true;
        }

        if (service.Length > 0 && _services.ContainsKey(service))
        {
            refusal = "SERVICE_BUSY";
            return false;
        }

        if (places.Count >= (isDeploy ? deploy : api))
        {
            refusal = "AGENT_BUSY";
            return false;
        }

        Hold(assignment, isDeploy, service);
        return true;
    }

    /// <summary>Takes a place for work that already runs, whether there is one or not.</summary>
    public void Hold(Guid assignment, bool isDeploy, string service)
    {
        _ = (isDeploy ? _deploys : _apis).Add(assignment);
        if (service.Length > 0)
        {
            _ = _services.TryAdd(service, assignment);
        }
    }

    /// <summary>Gives the place back. Repeating it changes nothing.</summary>
    public void Free(Guid assignment, string service)
    {
        _ = _deploys.Remove(assignment) || _apis.Remove(assignment);
        if (service.Length > 0 && _services.GetValueOrDefault(service) == assignment)
        {
            _ = _services.Remove(service);
        }
    }
}
