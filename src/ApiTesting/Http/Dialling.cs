using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Orbit.ApiTesting.Http;

/// <summary>Times of the connection that a request opened, if it opened one.</summary>
internal sealed class DialTimes
{
    public static readonly HttpRequestOptionsKey<DialTimes> Key = new("orbit.dial");

    public double? Dns { get; set; }

    public double? Connect { get; set; }

    public double? Tls { get; set; }

    public long Connected { get; set; }

    public string? Address { get; set; }

    public Exception? Refused { get; set; }
}

/// <summary>Opens connections: resolves, looks whether the address is allowed, connects, and notes the times.</summary>
internal sealed class Dialling(IReadOnlyList<IPNetwork> forbidden)
{
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        _ = context.InitialRequestMessage.Options.TryGetValue(DialTimes.Key, out DialTimes? times);
        try
        {
            long started = Stopwatch.GetTimestamp();
            IPAddress[] addresses = await ResolveAsync(context.DnsEndPoint.Host, ct);
            long resolved = Stopwatch.GetTimestamp();
            Socket socket = await ConnectAsync(addresses, context.DnsEndPoint.Port, ct);
            if (times is not null)
            {
                times.Connected = Stopwatch.GetTimestamp();
                times.Dns = Stopwatch.GetElapsedTime(started, resolved).TotalMilliseconds;
                times.Connect = Stopwatch.GetElapsedTime(resolved, times.Connected).TotalMilliseconds;
                times.Address = socket.RemoteEndPoint?.ToString();
            }

            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (Exception refused) when (times is not null && refused is not OperationCanceledException)
        {
            times.Refused = refused;
            throw;
        }
    }

    /// <summary>After TLS, before the first byte of HTTP.</summary>
    public static ValueTask<Stream> SecuredAsync(SocketsHttpPlaintextStreamFilterContext context, CancellationToken ct)
    {
        if (context.PlaintextStream is System.Net.Security.SslStream && context.InitialRequestMessage.Options.TryGetValue(DialTimes.Key, out DialTimes? times))
        {
            times.Tls = Stopwatch.GetElapsedTime(times.Connected).TotalMilliseconds;
        }

        return ValueTask.FromResult(context.PlaintextStream);
    }

    /// <summary>Addresses of a host, all allowed.</summary>
    /// <exception cref="ForbiddenAddressException">One of them is not: a name must not lead around the rule.</exception>
    public async Task<IPAddress[]> ResolveAsync(string host, CancellationToken ct)
    {
        IPAddress[] addresses = IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? literal) ? [literal] : await Dns.GetHostAddressesAsync(host, ct);
        foreach (IPAddress address in addresses)
        {
            IPAddress plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
            if (forbidden.Any(f => f.Contains(plain)))
            {
                throw new ForbiddenAddressException(host, plain.ToString());
            }
        }

        return addresses;
    }

    private static async Task<Socket> ConnectAsync(IPAddress[] addresses, int port, CancellationToken ct)
    {
        SocketException? last = null;
        foreach (IPAddress address in addresses)
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(new IPEndPoint(address, port), ct);
                return socket;
            }
            catch (SocketException refused)
            {
                socket.Dispose();
                last = refused;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        throw last ?? new SocketException((int)SocketError.HostNotFound);
    }
}
