using System.Net;
using System.Net.Sockets;

namespace Orbit.EndToEnd.Support;

/// <summary>Ports for programs that must come back on the same one.</summary>
internal static class FreePort
{
    public static int Next()
    {
        using TcpListener probe = new(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
