using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Tests;

/// <summary>Callers for tests below the wire.</summary>
internal static class SomeCaller
{
    /// <summary>A person of that name, no admin.</summary>
    public static Caller Named(string name) => new(name, IsAdmin: false, SessionId: null, RemoteAddress: "127.0.0.1");
}
