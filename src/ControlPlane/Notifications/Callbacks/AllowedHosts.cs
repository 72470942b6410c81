using System.Net;
using System.Net.Sockets;

namespace Orbit.ControlPlane.Notifications.Callbacks;

/// <summary>
/// The hosts that an operator lets this server call. Whoever announces builds can name addresses, so nothing else is ever called: neither an
/// unlisted host nor a listed name that leads to this machine or its link.
/// </summary>
internal sealed class AllowedHosts
{
    private readonly string[] _entries;

    public AllowedHosts(string list) =>
        _entries = [.. list.Split([',', ' ', ';'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(e => e.ToLowerInvariant())];

    /// <summary>The address, when it is one of the web and its host is listed; null otherwise.</summary>
    public Uri? Find(string text) =>
        text.Length <= 2000 && Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && (url.Scheme is "http" or "https") && url.UserInfo.Length == 0 && url.Fragment.Length == 0 && Allows(url)
            ? url
            : null;

    /// <summary>True when the host of the address is listed.</summary>
    public bool Allows(Uri url)
    {
        string host = url.IdnHost.Trim('[', ']').ToLowerInvariant();
        string withPort = $"{host}:{url.Port}";
        return Array.Exists(_entries, entry => entry.StartsWith("*.", StringComparison.Ordinal)
            ? host.EndsWith(entry[1..], StringComparison.Ordinal) || withPort.EndsWith(entry[1..], StringComparison.Ordinal)
            : entry.Trim('[', ']') == host || entry == withPort);
    }

    /// <summary>
    /// True when a listed host may be reached at an address that its name led to. An address that was listed itself may be any; a name may not
    /// lead to this machine, its link, or nowhere.
    /// </summary>
    public static bool MayConnect(string host, IPAddress address)
    {
        IPAddress plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? named) && named.Equals(plain))
        {
            return true;
        }

        byte[] bytes = plain.GetAddressBytes();
        return plain.AddressFamily == AddressFamily.InterNetwork
            ? bytes[0] is not (0 or 127 or >= 224) && !(bytes[0] == 169 && bytes[1] == 254)
            : !IPAddress.IsLoopback(plain) && !plain.IsIPv6LinkLocal && !plain.IsIPv6Multicast && !plain.Equals(IPAddress.IPv6Any);
    }
}
