using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Trust;

/// <summary>The names and addresses under which clients may reach this replica.</summary>
internal sealed class ServerNames(IOptions<TrustOptions> options, PublicUrl publicUrl)
{
    /// <summary>As they are now, each once, in an order that stays.</summary>
    public IReadOnlyList<string> Now() =>
        [.. All().Where(name => name.Length > 0).Select(name => name.ToLowerInvariant()).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private IEnumerable<string> All()
    {
        yield return "localhost";
        yield return "127.0.0.1";
        yield return "::1";
        yield return HostName(Environment.MachineName);
        if (Uri.TryCreate(publicUrl.Value, UriKind.Absolute, out Uri? url))
        {
            yield return HostName(url.DnsSafeHost);
        }

        foreach (string given in options.Value.AllNames)
        {
            yield return given;
        }

        foreach (string address in Addresses())
        {
            yield return address;
        }
    }

    /// <summary>A machine may be called something that no certificate can hold.</summary>
    private static string HostName(string name) => IPAddress.TryParse(name, out _) || Uri.CheckHostName(name) == UriHostNameType.Dns ? name : "";

    private static IEnumerable<string> Addresses() =>
        NetworkInterface.GetAllNetworkInterfaces()
            .Where(link => link.OperationalStatus is OperationalStatus.Up or OperationalStatus.Unknown)
            .SelectMany(link => link.GetIPProperties().UnicastAddresses)
            .Select(found => found.Address)
            .Where(address => address.AddressFamily is AddressFamily.InterNetwork || !address.IsIPv6LinkLocal)
            .Select(address => address.ToString());
}
