namespace Orbit.ControlPlane.Platform;

/// <summary>Who may ask for an address that is no method of the contract. Every mapped endpoint states it; the server refuses to start otherwise.</summary>
internal enum EndpointAccess
{
    /// <summary>Anybody: health, pages that hold nothing.</summary>
    Anyone,

    /// <summary>Whoever knows the address, which cannot be guessed and expires.</summary>
    Linked,

    /// <summary>Any signed-in person.</summary>
    Viewer,

    /// <summary>A signed-in person with the role user or admin.</summary>
    User,
}

/// <summary>States who may ask for an endpoint. The endpoint's own code asks <c>Admission</c>; a test walks all of them.</summary>
internal static class EndpointAccessMetadata
{
    /// <summary>States it.</summary>
    public static T Allow<T>(this T endpoint, EndpointAccess who)
        where T : IEndpointConventionBuilder
    {
        endpoint.Add(built => built.Metadata.Add(new Statement(who)));
        return endpoint;
    }

    /// <summary>What an endpoint states; null for nothing.</summary>
    public static EndpointAccess? Of(Endpoint endpoint) => endpoint.Metadata.GetMetadata<Statement>()?.Who;

    private sealed record Statement(EndpointAccess Who);
}
