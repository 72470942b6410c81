using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Orbit.EndToEnd.Support;

/// <summary>
/// Ports for programs that must come back on the same one. They lie below those that the system gives to outgoing connections and to listeners
/// without a wish, and each is handed out once by this process: between now and the program's start nobody else takes it.
/// </summary>
internal static class FreePort
{
    private const int Lowest = 10_240;
    private static readonly int Above = Math.Max(Lowest + 10_000, int.Parse(File.ReadAllText("/proc/sys/net/ipv4/ip_local_port_range").Split('\t', ' ')[0], CultureInfo.InvariantCulture));
    private static int _next = Random.Shared.Next(Above - Lowest);

    public static int Next()
    {
        while (true)
        {
            int port = Lowest + ((Interlocked.Increment(ref _next) & int.MaxValue) % (Above - Lowest));
            try
            {
                using TcpListener probe = new(IPAddress.Loopback, port);
                probe.Start();
                return port;
            }
            catch (SocketException taken) when (taken.SocketErrorCode is SocketError.AddressAlreadyInUse)
            {
                // the next one
            }
        }
    }
}
